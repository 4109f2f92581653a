"""The worker process: `python -m finine_core.runs.worker <run folder>`.

Holds the folder's lock, waits for its turn, carries out the pipeline, and leaves the run in a final
state with a message a person understands. Tracebacks go to the log.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from finine_core.errors import Cancelled, FinineError
from finine_core.files import is_full_disk, orphans, write_atomically
from finine_core.heard import heard, to_log
from finine_core.runs.checksums import unseal
from finine_core.runs.folder import RunFolder, now
from finine_core.runs.jobs.heartbeat import MEMORY_MEND, beating
from finine_core.runs.jobs.memory import memory_now
from finine_core.runs.jobs.progress import drop_torn_event, stop_if_cancelled
from finine_core.runs.jobs.queue import wait_for_slot
from finine_core.runs.state import State
from finine_core.runs.work.earlier import drop_what_others_made
from finine_core.runs.work.reading import read_input

if TYPE_CHECKING:
    from finine_core.runs.work.recipe import Own

# A shutdown, a person at a terminal, or a terminal that is closed: all want an orderly end.
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# How torch says it on a processor and on a card; other libraries raise MemoryError.
_NO_MEMORY = ("can't allocate memory", "out of memory")


def main(path: str) -> int:
    """Carry out the run in `path`; 0 when it is done, 1 when not."""
    folder = RunFolder(Path(path).resolve())
    with folder.held() as free:
        if not free:
            print(f"{now()} another worker is at this run; nothing to do")
            return 1
        with write_atomically(folder.path / "pid", durable=False) as temporary:
            temporary.write_text(str(os.getpgrp()), encoding="ascii")
        for number in STOPS:
            signal.signal(number, _stopped)
        return 0 if to_its_end(folder, _let_it_be_written) is State.DONE else 1


def _let_it_be_written() -> None:
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


def to_its_end(
    folder: RunFolder, end_known: Callable[[], None] = lambda: None, own: Own | None = None
) -> State:
    """Carry out a run whose folder is held, and store how it ended.

    Args:
        end_known: called when it is over, before that is stored.
        own: a model and a loss that are objects of this process.
    """
    with ExitStack() as held:  # the slot is held until the end is written
        state, message = _carry_out(folder, held, own)
        end_known()
        if not (folder.path / "run.json").exists():
            return State.FAILED  # it was deleted, and must not come back
        folder.write_state(state, message)
        folder.free_reserve()
        for orphan in orphans(folder.path):  # of workers that were killed
            orphan.unlink(missing_ok=True)
        with suppress(OSError):
            print(f"{now()} {state} {message}", flush=True)
    return state


def _carry_out(folder: RunFolder, held: ExitStack, own: Own | None) -> tuple[State, str]:
    try:
        held.enter_context(beating(folder))
        held.enter_context(wait_for_slot(folder))
        # The CPU's time so far is what coming up took; the time in the queue is no part of the run.
        began = time.perf_counter() - time.process_time()
        folder.set_reserve_aside()
        folder.write_state(State.RUNNING)
        unseal(folder.path)
        drop_torn_event(folder)
        print(f"{now()} started", flush=True)
        drop_what_others_made(folder)
        stop_if_cancelled(folder)
        read = read_input(folder)
        stop_if_cancelled(folder)
        # torch takes seconds: a wrong file is told before
        from finine_core.runs.work.pipeline import carry_out
        from finine_core.runs.work.recipe import NOTHING

        carry_out(folder, read, began, own or NOTHING)
        return State.DONE, ""
    except Cancelled:
        if folder.cancel_flag.exists():
            return State.CANCELLED, "Cancelled by request."
        return State.INTERRUPTED, "The worker was told to stop (the machine is shutting down?)."
    except Exception as error:
        return State.FAILED, _why(folder, error)


def _why(folder: RunFolder, error: Exception) -> str:
    """What to tell of a failure, whatever it is."""
    if is_full_disk(error) or (error.__cause__ and is_full_disk(error.__cause__)):
        return (
            f"The disk that holds {folder.path.parent} is full."
            " Free some space, then resume the run; or use a home on another disk."
        )
    if isinstance(error, FinineError):
        return str(error)
    with suppress(OSError):  # the log may be on a full disk; the state can still be told
        traceback.print_exc()
    if isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY):
        return f"Out of memory: the worker used {memory_now().words}. {MEMORY_MEND}"
    return (
        f"finine itself failed ({type(error).__name__}: {error})."
        f" The traceback is in {folder.log}; please report it."
    )


def _stopped(_signal: int, _frame: object) -> None:
    raise Cancelled


if __name__ == "__main__":
    with heard(to_log):
        sys.exit(main(sys.argv[1]))
