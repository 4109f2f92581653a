"""What does recording cost? Time of a recorded training run ÷ time of the same run without.

    python benchmarks/overhead.py [--repeats 5] [--small] [--profile] [--out FILE.json]

mnist_5k, the `mlp` model, batch 64, 20 epochs, 32 recorded steps, all training rows, targets self
and validation. Plain and recorded runs alternate, in one process with one torch thread; both
train the same parameters to the same bits, which is checked. `--profile` prints where a recorded
run spends its time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mnist
import numpy as np
import torch


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def one_run(digits: mnist.Digits, recorded: bool) -> tuple[float, float, torch.Tensor]:
    """Wall and CPU seconds of a run, and its final parameters."""
    run = mnist.trainer(digits, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        observers = [mnist.recorder(run, Path(folder))] if recorded else []
        wall, cpu = timed(lambda: run.run(observers))
    parameters = torch.cat([p.detach().flatten() for p in run.model.parameters()])
    return wall, cpu, parameters


def measure(digits: mnist.Digits, repeats: int) -> dict[str, float]:
    """Medians over alternating runs, after one of each to warm up."""
    times: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for repeat in range(repeats + 1):
        ends = []
        for recorded in (False, True):
            wall, cpu, parameters = one_run(digits, recorded)
            ends.append(parameters)
            if repeat:
                times[recorded].append((wall, cpu))
        assert torch.equal(*ends), "recording changed the training run"
    plain, recorded_times = np.array(times[False]), np.array(times[True])
    ratios = recorded_times / plain
    return {
        "plain_seconds": float(np.median(plain[:, 0])),
        "recorded_seconds": float(np.median(recorded_times[:, 0])),
        "wall_ratio": float(np.median(ratios[:, 0])),
        "cpu_ratio": float(np.median(ratios[:, 1])),
        "wall_ratio_lowest": float(ratios[:, 0].min()),
        "wall_ratio_highest": float(ratios[:, 0].max()),
    }


def profile(digits: mnist.Digits) -> str:
    """The operations that a recorded run spends most time in, itself only."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as seen:
        one_run(digits, recorded=True)
    return seen.key_averages().table(sort_by="self_cpu_time_total", row_limit=16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="scikit-learn's digits instead")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    digits = mnist.load(small=chosen.small)
    found = measure(digits, chosen.repeats)
    for name, value in found.items():
        print(f"{name:20} {value:8.3f}")
    if chosen.profile:
        print(profile(digits))
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
