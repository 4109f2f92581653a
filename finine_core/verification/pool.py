"""Training processes: given tasks, watched, and never left behind.

`train_all` hands tasks to so many worker processes and gives each result as it comes. A process
that dies is an error with its cause, not a wait without end; when the caller stops, for whatever
reason, the processes are ended with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
from collections.abc import Generator, Sequence
from typing import IO

from finine_core.errors import FinineError
from finine_core.processes import child_environment, python_module
from finine_core.runs import RunFolder
from finine_core.verification.plan import Arm
from finine_core.verification.store import Store, Training, training_of

Task = tuple[int, Arm]

# Each process trains with one thread; a library that counts cores by itself is told so as well.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def cores() -> int:
    """How many processor cores this process may use."""
    with contextlib.suppress(AttributeError):  # not every system has affinities
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def train_all(
    folder: RunFolder, store: Store, tasks: Sequence[Task], processes: int
) -> Generator[Training, None, None]:
    """Carry out the tasks in worker processes; give results in the order in which they come.

    Close the iterator to stop early: the processes end with it.

    Raises:
        FinineError: a process died, or a training failed.
    """
    waiting = list(reversed(tasks))
    workers: list[_Worker] = []
    with store.log.open("ab") as log, selectors.DefaultSelector() as ready:
        try:
            for _ in range(min(processes, len(tasks))):
                worker = _Worker(folder, store, log)
                workers.append(worker)
                worker.give(waiting.pop())
                ready.register(worker.answers, selectors.EVENT_READ, worker)
            while ready.get_map():
                for key, _ in ready.select():
                    worker = key.data
                    result = worker.take()
                    if waiting:
                        worker.give(waiting.pop())
                    else:
                        ready.unregister(worker.answers)
                    yield result
        finally:
            for worker in workers:
                worker.end()


class _Worker:
    """One process, with at most one task at a time."""

    def __init__(self, folder: RunFolder, store: Store, log: IO[bytes]) -> None:
        self.store = store
        self.task: Task | None = None
        self.process = subprocess.Popen(
            python_module("finine_core.verification.worker", str(folder.path), str(store.plan)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the one who asked; it ends this one
            env=child_environment(_ONE_THREAD),
        )

    @property
    def answers(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def give(self, task: Task) -> None:
        assert self.process.stdin is not None
        self.task = task
        line = json.dumps({"repeat": task[0], "arm": task[1]}) + "\n"
        # a process that is dead already is told when its answer fails to come
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(line.encode("utf-8"))
            self.process.stdin.flush()

    def take(self) -> Training:
        line = self.answers.readline()
        if not line.endswith(b"\n"):
            raise self._died()
        answer = json.loads(line)
        if "problem" in answer:
            raise FinineError(f"{self._words()}: {answer['problem']}", answer["mend"])
        return training_of(answer)

    def end(self) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.answers.close()

    def _died(self) -> FinineError:
        code = self.process.wait()
        how = f"exit code {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                how = signal.Signals(-code).name
            how = f"killed by {how}"
        return FinineError(
            f"The process for {self._words()} ended before it was done ({how}); the trainings"
            " finished so far are kept.",
            "If memory ran out, use fewer --processes; then verify again."
            if code == -signal.SIGKILL
            else f"Why is in {self.store.log}; then verify again.",
        )

    def _words(self) -> str:
        if self.task is None:
            return "a training"
        repeat, arm = self.task
        return f"training {repeat}, arm '{arm}'"
