"""What does the command line say to a bad input?

`in_process` calls the command's own entry point here, which is fast; `in_child` starts a process
of its own under limits of time and memory, for inputs that could hang or fill the machine.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from benchmarks.reliability.bad_inputs.case import Case
from benchmarks.reliability.bad_inputs.outcome import Outcome
from benchmarks.reliability.bad_inputs.sandbox import Sandbox, arguments, inside, options, sandbox
from finine_core.meanwhile import meanwhile
from finine_core.processes import child_environment, python_module

ROOT = Path(__file__).parents[3]
ADDRESS_SPACE = 12 * 1024**3  # of a child: libraries reserve far more than they use
END_SECONDS = 120.0  # by the clock, for a process that waits and takes no time of the processor
MEANWHILE_SECONDS = 0.005  # between two changes of a file that does not hold still
QUICK_RUN = ("--epochs", "1")


def in_process(case: Case) -> Outcome:
    """Try a case with the command's entry point in this process."""
    with sandbox() as box:
        path = case.make(box.input)
        before = box.picture()
        out, err = io.StringIO(), io.StringIO()
        started = time.process_time()
        with (
            inside(box),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.object(sys, "argv", ["finine", *arguments(case, path, box)]),
        ):
            from finine_core.cli import main

            code = 0
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        seconds = time.process_time() - started
        told = (err if code else out).getvalue()
        changed = differences(before, box.picture())
        return Outcome(code != 0, box.tidy(told), seconds, changed=changed)


def in_child(case: Case, *, run: bool = False) -> Outcome:
    """Try a case with `finine check` (or `run`, or `apply`) in a process of its own."""
    with sandbox() as box:
        path = made(case, box)
        command = arguments(case, path, box)
        if run:
            given = options(case.options_in(box.input))
            command = ["run", *given, *QUICK_RUN, "--", str(path)]
        return limited(python_module("finine_core.cli", *command), case, path, box)


def made(case: Case, box: Sandbox) -> Path:
    """Write the input; of a heavy case in a process of its own, for making a bomb takes memory."""
    if not case.alone:
        return case.make(box.input)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            (box.root / "path").write_text(str(case.make(box.input)))
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
    noted = box.root / "path"
    path = Path(noted.read_text())
    noted.unlink()
    return path


def limited(command: list[str], case: Case, path: Path, box: Sandbox) -> Outcome:
    """Run a command in the sandbox under limits; what it says, and what it took."""
    before = box.picture()
    environment = child_environment(
        {**box.environment(), "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
    )
    err, out = box.home / "stderr", box.home / "stdout"
    with err.open("wb") as to_err, out.open("wb") as to_out, changing(case, path):
        process = subprocess.Popen(
            command, cwd=box.work, env=environment, stdin=subprocess.DEVNULL, stdout=to_out,
            stderr=to_err, start_new_session=True, preexec_fn=_limits,
        )  # fmt: skip
        clock = threading.Timer(END_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        clock.start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        clock.cancel()
    code = process.returncode
    told = (err if code else out).read_text(encoding="utf-8", errors="replace")
    after = box.picture()
    if case.meanwhile:  # it was we who changed it
        before.pop(str(path)), after.pop(str(path))
    seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    if code < 0:
        told = (
            f"Traceback: it was ended by signal {-code} after {END_SECONDS:.0f} s or less. {told}"
        )
    return Outcome(code != 0, box.tidy(told), seconds, megabytes, differences(before, after))


def differences(before: dict[str, object], after: dict[str, object]) -> tuple[str, ...]:
    """The paths that are not as they were."""
    names = sorted(before.keys() | after.keys())
    return tuple(name for name in names if before.get(name) != after.get(name))


@contextlib.contextmanager
def changing(case: Case, path: Path) -> Iterator[None]:
    """While the body runs, the file is changed over and over where the case says so."""
    if case.meanwhile is None:
        yield
        return
    change_it = case.meanwhile

    def change(over: threading.Event) -> None:
        while not over.wait(MEANWHILE_SECONDS):
            change_it(path)

    with meanwhile(change):
        yield


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
