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
from finine_core.files import is_full_disk, read_json, write_json
from finine_core.processes import child_environment, python_module
from finine_core.runs.folder import RunFolder
from finine_core.runs.process import Process

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
        return self._as_folder.held()

    @property
    def _as_folder(self) -> RunFolder:
        """A lock file and a reserve in a folder, as a run has."""
        return RunFolder(self.path)

    def start(self, module: str, *arguments: str) -> None:
        """Start `python -m module arguments` in a process group of its own."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                python_module(module, *arguments),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, env=child_environment(),
            )  # fmt: skip
        write_json(self.job, Process.of(process.pid).stored)
        threading.Thread(target=process.wait, daemon=True).start()  # reaps it

    def alive(self) -> bool:
        """Whether a process is at it, was just started, or is about to tell how it ended."""
        if not self.path.exists():
            return False
        if self._as_folder.is_held():
            return True
        with contextlib.suppress(FileNotFoundError):
            young = time.time() - self.job.stat().st_mtime < START_SECONDS
            return (young or self.begun) and self.own_process() is not None
        return False

    def own_process(self) -> int | None:
        """The number of the process that `start` started, if it still runs."""
        process = Process.read(read_json(self.job))
        return process.pid if process and process.alive() else None

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

        def leave(problem: str, mend: str) -> None:
            self._as_folder.free_reserve()  # the disk may be full
            write_json(self.problem, {"problem": problem, "mend": mend})

        signal.signal(signal.SIGTERM, end)
        try:
            self._as_folder.set_reserve_aside()
            work()
        except BusyError:
            return 1  # whoever is at it tells how it goes
        except FinineError as error:
            leave(error.problem, error.mend)
            return 1
        except Exception as error:  # the last resort: whatever it is, the person is told
            if is_full_disk(error):
                leave(f"The disk that holds {self.path} is full.", "Free some space; then again.")
                return 1
            traceback.print_exc()
            leave(
                f"finine itself failed ({type(error).__name__}: {error}).",
                f"The traceback is in {self.log}; please report it.",
            )
            return 1
        finally:
            self._as_folder.free_reserve()
        return 0


class BusyError(FinineError):
    """Another process does the same."""


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Two starts, in two browsers, come one after the other."""
    with (folder / "start.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield  # closing the file gives the lock up
