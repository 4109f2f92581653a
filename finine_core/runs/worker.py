"""The worker process: `python -m finine_core.runs.worker <run folder>`.

Holds the folder's lock, waits for its turn, carries out the pipeline, and leaves the run in a final
state with a message a person understands. Tracebacks go to the log.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import traceback
from contextlib import ExitStack
from pathlib import Path

from finine_core.errors import Cancelled, FinineError
from finine_core.runs.folder import RunFolder, now
from finine_core.runs.progress import stop_if_cancelled
from finine_core.runs.queue import wait_for_slot
from finine_core.runs.reading import read_input
from finine_core.runs.state import State


def main(path: str) -> int:
    """Carry out the run in `path`; 0 when it is done, 1 when not."""
    folder = RunFolder(Path(path).resolve())
    with folder.held() as free:
        if not free:
            print(f"{now()} another worker is at this run; nothing to do")
            return 1
        (folder.path / "pid").write_text(str(_own_group()))
        signal.signal(signal.SIGTERM, _terminated)
        with ExitStack() as held:  # the slot is held until the end is written
            state, message = _carry_out(folder, held)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the end is known; let it be written
            folder.write_state(state, message)
            print(f"{now()} {state} {message}", flush=True)
        return 0 if state is State.DONE else 1


def _is_full_disk(error: Exception) -> bool:
    # safetensors and pyarrow raise errors of their own, which only say so in words
    words = os.strerror(errno.ENOSPC)
    return (isinstance(error, OSError) and error.errno == errno.ENOSPC) or words in str(error)


def _carry_out(folder: RunFolder, held: ExitStack) -> tuple[State, str]:
    try:
        held.enter_context(wait_for_slot(folder))
        # The CPU's time so far is what coming up took; the time in the queue is no part of the run.
        began = time.perf_counter() - time.process_time()
        folder.write_state(State.RUNNING)
        print(f"{now()} started", flush=True)
        stop_if_cancelled(folder)
        read = read_input(folder)
        stop_if_cancelled(folder)
        from finine_core.runs.pipeline import carry_out  # torch takes seconds: a wrong file is told

        carry_out(folder, read, began)
        return State.DONE, ""
    except Cancelled:
        if folder.cancel_flag.exists():
            return State.CANCELLED, "Cancelled by request."
        return State.INTERRUPTED, "The worker was told to stop (the machine is shutting down?)."
    except FinineError as error:
        return State.FAILED, str(error)
    except MemoryError:
        traceback.print_exc()
        return State.FAILED, "Out of memory. Use fewer rows or features, or a larger machine."
    except Exception as error:  # the last resort: whatever it is, the person is told
        traceback.print_exc()
        if _is_full_disk(error):
            return State.FAILED, (
                f"The disk that holds {folder.path.parent} is full."
                " Free some space, then resume the run; or use a home on another disk."
            )
        return State.FAILED, (
            f"finine itself failed ({type(error).__name__}: {error})."
            f" The traceback is in {folder.log}; please report it."
        )


def _own_group() -> int:
    import os

    return os.getpgrp()


def _terminated(_signal: int, _frame: object) -> None:
    raise Cancelled


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
