"""A job that goes on by itself: started, watched and stopped from elsewhere.

An app cannot wait for a long computation, and closing it must not lose one. `Background.start`
starts a process that outlives who asked; everybody else reads what it leaves in the job's folder:
its lock says whether somebody is at it, progress.json how far that is, problem.json why it failed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from finine_core.errors import FinineError
from finine_core.files import read_json, write_json
from finine_core.runs.folder import RunFolder

START_SECONDS = 60.0  # a process that holds no lock after this never came up (imports are slow)
STOP_SECONDS = 10.0  # it ends the processes it started first
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Background:
    """The folder of one job; `progress` is written by the job, and first by who starts it."""

    path: Path

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def progress(self) -> Path:
        return self.path / "progress.json"

    @property
    def problem(self) -> Path:
        return self.path / "problem.json"

    @property
    def job(self) -> Path:
        return self.path / "job.json"

    @property
    def begun(self) -> bool:
        """Whether whoever was started last has come so far as to hold the lock."""
        times = [one.stat().st_mtime_ns for one in (self.job, self.progress) if one.exists()]
        return len(times) == 2 and times[1] > times[0]

    def held(self) -> AbstractContextManager[bool]:
        """Hold this folder's lock; gives False when another process holds it."""
        self.path.mkdir(parents=True, exist_ok=True)
        return RunFolder(self.path).held()  # a lock file in a folder, as a run has

    def start(self, module: str, *arguments: str) -> None:
        """Start `python -m module arguments` in a process group of its own.

        This folder's path must be among the arguments: the process is known by it.
        """
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        write_json(self.job, {"pid": process.pid})
        threading.Thread(target=process.wait, daemon=True).start()  # reaps it

    def alive(self) -> bool:
        """Whether a process is at it, or was just started."""
        if not self.path.exists():
            return False
        if RunFolder(self.path).is_held():
            return True
        with contextlib.suppress(FileNotFoundError):
            young = time.time() - self.job.stat().st_mtime < START_SECONDS
            return young and not self.begun and self.own_process() is not None
        return False

    def own_process(self) -> int | None:
        """The process that `start` started, if it still runs."""
        pid = read_json(self.job).get("pid")
        if not isinstance(pid, int):
            return None
        if not Path("/proc/self").exists():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, 0)
                return pid
            return None
        with contextlib.suppress(OSError):  # its number may have been given to another meanwhile
            if str(self.path).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    def stop(self, elsewhere: FinineError) -> None:
        """End the process that `start` started.

        Raises:
            FinineError: `elsewhere` when another process is at it; or it will not stop.
        """
        if not self.alive():
            return
        pid = self.own_process()
        if pid is None:
            raise elsewhere
        for number in (signal.SIGTERM, signal.SIGKILL):  # a long call in C hears only the second
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if not self.alive():
                    return
                time.sleep(_POLL_SECONDS)
        raise FinineError(
            f"Process {pid} will not stop.", f"End it by hand; its log is {self.log}."
        )

    def failure(self) -> FinineError | None:
        """Why the last one failed; None when it did not."""
        if not self.problem.exists():
            return None
        why = read_json(self.problem)
        return FinineError(why.get("problem", "It failed."), why.get("mend", ""))

    def carry_out(self, work: Callable[[], None]) -> int:
        """What the process does: `work`, whose problem is left for others; 0 when it was done."""

        def end(*_: object) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what it started is ended in peace
            sys.exit(1)

        signal.signal(signal.SIGTERM, end)
        try:
            work()
        except BusyError:
            return 1  # whoever is at it tells how it goes
        except FinineError as error:
            write_json(self.problem, {"problem": error.problem, "mend": error.mend})
            return 1
        except Exception as error:  # the last resort: whatever it is, the person is told
            traceback.print_exc()
            problem = f"finine itself failed ({type(error).__name__}: {error})."
            mend = f"The traceback is in {self.log}; please report it."
            write_json(self.problem, {"problem": problem, "mend": mend})
            return 1
        return 0


class BusyError(FinineError):
    """Another process does the same."""


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Two starts, in two browsers, come one after the other."""
    with (folder / "start.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield  # closing the file gives the lock up
