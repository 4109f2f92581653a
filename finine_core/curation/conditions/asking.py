"""Which rows meet a condition that a person wrote? A process of its own is asked, with hard limits.

Such a process is started when it is needed, or before (`start`), and answers one question after
the other. One that takes too long is killed, one that needs too much memory is refused it by the
system: the person is told so, and the next question goes to a new process. Each ends when its
stdin closes, so none outlives the process that asks.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from finine_core.curation.conditions.question import ANSWER_SECONDS, MEMORY_LIMIT, Question
from finine_core.curation.expressions import EXPRESSION_HELP, shown
from finine_core.errors import FinineError
from finine_core.meanwhile import meanwhile
from finine_core.processes import child_environment, python_module

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODULE = "finine_core.curation.conditions.answering"
# At work at once; who asks beside them waits, as two take both of DuckDB's threads.
MOST_PROCESSES = 2
START_SECONDS = 60.0
# Libraries of the process that would start a thread a core, each of which takes memory.
_FEW_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


# How a process ends that is refused memory where neither Python nor DuckDB can tell.
OUT_OF_MEMORY = {-code for code in (signal.SIGABRT, signal.SIGSEGV)}


class TooMuchMemoryError(Exception):
    """The system refused the process more memory."""


class TooSlowError(Exception):
    """The process was killed, as its time was over."""


class BrokenConditionError(Exception):
    """DuckDB's word on a condition that does not work."""


class EndedError(Exception):
    """The process ended without an answer; how."""


class Answerers:
    """The processes that answer; shared by all threads of the process that asks."""

    def __init__(self, most: int = MOST_PROCESSES) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._free: list[_Process] = []
        self._at_work: list[_Process] = []
        self._owner = os.getpid()

    def start(self) -> None:
        """Start a process if there is none, without waiting for it."""
        with self._lock:
            self._forget_if_copied()
            if not (self._free or self._at_work):
                with contextlib.suppress(OSError):  # who asks is told, if it still fails then
                    self._free.append(_Process())

    def rows(
        self,
        question: Question,
        where: str,
        advice: str,
        seconds: float = ANSWER_SECONDS,
        spent: float = 0.0,
    ) -> NDArray[np.int64]:
        """The numbers of the rows that meet the condition, in no order.

        Args:
            where: the condition, for messages.
            advice: how to mend one that does not work.
            seconds: how long the answer may take; that others are answered first does not count.
            spent: so many of them are over, for the condition was parsed.

        Raises:
            FinineError: the condition does not work, takes too long or needs too much memory.
        """
        with self._places:
            over = time.monotonic() + seconds - spent
            # A text of 1 MB in each of a batch of 2,048 rows is 2 GB in a single copy. So what
            # needs too much memory is asked again of a new process, some rows at a time.
            for asked in (question, replace(question, in_parts=True)):
                try:
                    return self._ask(asked, over)
                except TooMuchMemoryError:
                    continue
                except TooSlowError as error:
                    raise FinineError(
                        f"The filter {shown(where)} takes longer than {seconds:g} seconds.",
                        "Ask for less: fewer functions, shorter patterns, or one part of it at a"
                        " time.",
                    ) from error
                except BrokenConditionError as error:
                    raise FinineError(
                        f"The filter {shown(where)} does not work: {error}.",
                        f"{EXPRESSION_HELP} {advice}",
                    ) from error
        raise FinineError(
            f"The filter {shown(where)} needs more than {MEMORY_LIMIT} of memory.",
            "Ask for less: fewer functions, or one part of it at a time.",
        )

    def _ask(self, question: Question, over: float) -> NDArray[np.int64]:
        """One try, by a process that is free or new."""
        while True:
            process, new = self._take()
            try:
                return process.rows(question, over)
            except EndedError as error:
                if new:  # else it ended while nobody asked: it was idle for long, or was killed
                    raise FinineError(
                        f"The process that answers filters ended ({error}).",
                        "Try again; if it ends again, ask for one part of the filter at a time.",
                    ) from error
            finally:
                self._give_back(process)

    def end(self) -> None:
        """End the processes that wait for a question."""
        with self._lock:
            self._forget_if_copied()
            while self._free:
                self._free.pop().end()

    def numbers(self) -> list[int]:
        """The process numbers of all of them."""
        with self._lock:
            return [one.process.pid for one in (*self._free, *self._at_work)]

    def _take(self) -> tuple[_Process, bool]:
        """A process, and whether it is a new one."""
        with self._lock:
            self._forget_if_copied()
            process = self._free.pop() if self._free else None
            new = process is None
            process = process or _Process()
            self._at_work.append(process)
            return process, new

    def _give_back(self, process: _Process) -> None:
        with self._lock:
            self._at_work.remove(process)
            if process.sound:
                self._free.append(process)
        if not process.sound:
            process.end()

    def _forget_if_copied(self) -> None:
        """In a copy of the process (fork), the processes belong to the one that was copied."""
        if self._owner != os.getpid():
            self._free, self._at_work, self._owner = [], [], os.getpid()


class _Process:
    """One process, with at most one question at a time."""

    def __init__(self) -> None:
        self.sound = True  # whether it waits for a question
        self._ready = False
        self.process = subprocess.Popen(
            python_module(MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the one who asked; it ends this one
            env=child_environment(_FEW_THREADS),
        )

    def rows(self, question: Question, over: float) -> NDArray[np.int64]:
        """The numbers of the rows that meet the condition.

        Args:
            over: when the time is over, by the monotonic clock.

        Raises:
            TooMuchMemoryError, TooSlowError, BrokenConditionError, EndedError: as they say.
        """
        import numpy as np

        self.sound = False  # until the answer is whole
        self._await_start()
        head, content, late = self._answer(question, over - time.monotonic())
        if late:
            raise TooSlowError
        if head is None:
            code = self.process.wait()
            if code in OUT_OF_MEMORY:
                raise TooMuchMemoryError
            raise EndedError(_how(code))
        if head.get("problem") == "memory":
            raise TooMuchMemoryError  # it ends
        self.sound = True
        if "problem" in head:
            raise BrokenConditionError(head["problem"])
        return np.frombuffer(content, dtype=np.int64)

    def _await_start(self) -> None:
        if not self._ready:
            assert self.process.stdout is not None
            with self._killed_after(START_SECONDS):
                line = self.process.stdout.readline()
            if line != b"ready\n":
                code = self.process.wait()
                if code == 0:
                    raise EndedError(_how(code))
                raise FinineError(
                    f"The process that answers filters cannot start ({_how(code)}).",
                    f"`{' '.join(python_module(MODULE))}` in a terminal says why.",
                )
            self._ready = True

    def _answer(
        self, question: Question, seconds: float
    ) -> tuple[dict[str, Any] | None, bytes, bool]:
        """The answer's line and rows, and whether the process was killed for its slowness."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        head, content = None, b""
        with self._killed_after(seconds) as late:
            # one that ended is told by the answer that fails to come
            with contextlib.suppress(BrokenPipeError):
                question.send(self.process.stdin)
            line = self.process.stdout.readline()
            if line.endswith(b"\n"):
                head = json.loads(line)
                size = 8 * head.get("rows", 0)
                content = self.process.stdout.read(size)
                head = head if len(content) == size else None
        return head, content, late.is_set()

    @contextlib.contextmanager
    def _killed_after(self, seconds: float) -> Any:
        late = threading.Event()

        def watch(over: threading.Event) -> None:
            if not over.wait(seconds):
                late.set()
                self.process.kill()

        with meanwhile(watch):
            yield late

    def end(self) -> None:
        """Kill it, in whatever state it is."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()


def _how(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


# A process has one set of them, whichever run is asked about: each may take much memory.
ANSWERERS = Answerers()
