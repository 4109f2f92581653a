"""The process of one contestant: imports it once, then answers one question after another.

Started by `harness.py` as `python worker.py CONTESTANT`. The first line it writes says who it is;
then each line of JSON it reads is a question, which a fork of it answers, so that every
measurement starts from the same state, right after the imports, and a crash costs one answer only.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import resource
import signal
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import rss
import torch
from cases import CASES, Work, build
from contestants import Contestant, Task, load
from contestants.vmap_gemm import products
from torch import Tensor, nn

EXACT = "exact"  # the contestant's name that stands for the answer key
WARM_UP_ROWS = 4  # enough to load what is loaded lazily, too few to matter for memory
WARM_UP_BATCH = 2
# A call shorter than this is repeated until the time is long against the clock's noise, ...
LEAST_SECONDS = {"full": 0.5, "quick": 0.05}
MOST_CALLS = 50
# ... and one longer than this is not repeated to spare its warm-up, which is then a small share.
LONG_SECONDS = {"full": 5.0, "quick": 0.2}
EXACT_BATCH = 16
POLL_SECONDS = 0.005


def main() -> None:
    name = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to the log
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    contestant: Contestant | None = None
    try:
        hello: dict[str, Any] = {"python": platform.python_version(), "torch": torch.__version__}
        if name != EXACT:
            contestant = load(name)
            hello |= {
                "packages": {package: version(package) for package in contestant.packages},
                "chooses_batch": contestant.chooses_batch,
                "computes": contestant.computes,
            }
    except ImportError as missing:
        hello = {"problem": f"not installed: {missing}"}
    _say(answers, hello)
    if "problem" in hello:
        return
    gc.freeze()  # what was imported stays; peers that collect garbage often need not walk it
    for line in sys.stdin:
        _say(answers, _in_a_fork(contestant, json.loads(line)))


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _in_a_fork(contestant: Contestant | None, job: dict[str, Any]) -> dict[str, Any]:
    """The job's answer; a crash, a time-out or an exception is an answer too."""
    answer = Path(job["folder"], "answer.json")
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            _limit_memory(job["memory_limit"])
            found = _exact(job) if contestant is None else _measure(contestant, job)
        except BaseException as error:
            found = {"problem": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        answer.write_text(json.dumps(found))
        os._exit(0)
    status = _wait(child, job["time_limit"])
    if status is None:
        return {"problem": f"not done after {job['time_limit']:.0f} s"}
    if status != 0 or not answer.exists():
        return {"problem": f"its process died (status {status})"}
    found = json.loads(answer.read_text())
    assert isinstance(found, dict)
    return found


def _wait(child: int, seconds: float) -> int | None:
    """The child's exit status, or None when it had to be stopped."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(POLL_SECONDS)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _limit_memory(limit: int) -> None:
    """Let an allocation beyond the limit fail as an exception, before the machine suffers."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _measure(contestant: Contestant, job: dict[str, Any]) -> dict[str, Any]:
    """Seconds of one call, peak memory over the state before it, and the numbers, in a file."""
    task: Task = job["task"]
    small = build(CASES[job["case"]], WARM_UP_ROWS, WARM_UP_ROWS)
    contestant.prepare(small, task, WARM_UP_BATCH)()
    work = build(CASES[job["case"]], job["rows"], job["probes"])
    call = contestant.prepare(work, task, job["batch"])
    rss.reset_peak()
    before = rss.resident()
    numbers, seconds = _timed(call, LEAST_SECONDS[job["mode"]], LONG_SECONDS[job["mode"]])
    after = rss.peak()
    np.save(Path(job["folder"], "numbers.npy"), numbers.detach().double().numpy())
    return {
        "seconds": statistics.median(cpu for cpu, _ in seconds),
        "wall_seconds": statistics.median(wall for _, wall in seconds),
        "calls": len(seconds),
        "peak_bytes": None if before is None or after is None else after - before,
        "covered": _covered(contestant, CASES[job["case"]].model()),
    }


def _timed(
    call: Callable[[], Tensor], least: float, long: float
) -> tuple[Tensor, list[tuple[float, float]]]:
    """The numbers, and CPU and wall seconds of each call; the first is left out unless it is long.

    CPU seconds are those of the whole process, so a contestant that started threads would pay.
    """
    seconds: list[tuple[float, float]] = []
    numbers = torch.empty(0)
    while len(seconds) < 2 or (
        sum(cpu for cpu, _ in seconds[1:]) < least and len(seconds) <= MOST_CALLS
    ):
        cpu, wall = time.process_time(), time.perf_counter()
        numbers = call()
        seconds.append((time.process_time() - cpu, time.perf_counter() - wall))
        if seconds[0][0] > long:
            return numbers, seconds
    return numbers, seconds[1:]


def _covered(contestant: Contestant, fresh: nn.Module) -> list[str] | None:
    """The parameters the contestant takes into account, of those not frozen; None means all.

    Needs a fresh model of the case: a peer may have wrapped the layers of the one it got.
    """
    trained = {name for name, p in fresh.named_parameters() if p.requires_grad}
    covered = {
        f"{prefix}.{name}" if prefix else name
        for prefix, layer in fresh.named_modules()
        if contestant.covers(layer)
        for name, _ in layer.named_parameters(recurse=False)
    } & trained
    return None if covered == trained else sorted(covered)


def _exact(job: dict[str, Any]) -> dict[str, Any]:
    """The answer key: `vmap(grad)` in float64 over the named parameters, in a file."""
    work = build(CASES[job["case"]], job["rows"], job["probes"])
    inputs, probes = _double(work.inputs), _double(work.probe_inputs)
    double = Work(work.model.double(), inputs, work.labels, probes, work.probe_labels)
    task = job["task"]
    if task == "probes":  # ‖g_j‖² of the probes: the scale of what the pairs' errors are
        double, task = replace(double, inputs=probes, labels=work.probe_labels), "self"
    names = {name for name, p in double.model.named_parameters() if p.requires_grad}
    total = sum(p.numel() for n, p in double.model.named_parameters() if n in names)
    if job["parameters"] is not None:
        names = set(job["parameters"])
    share = sum(p.numel() for n, p in double.model.named_parameters() if n in names) / total
    numbers = products(double, task, EXACT_BATCH, names)
    np.save(Path(job["folder"], "numbers.npy"), numbers.numpy())
    return {"share": share, "parameters": total}


def _double(x: Tensor) -> Tensor:
    return x.double() if x.is_floating_point() else x


if __name__ == "__main__":
    main()
