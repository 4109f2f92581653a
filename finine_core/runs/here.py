"""A run in this process: for a model or a loss that is an object here and has no name to import.

The folder, its state, its log and its results are those of any other run, and others see it go on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from finine_core.errors import FinineError
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs.control import wait
from finine_core.runs.jobs.queue import take_ticket
from finine_core.runs.state import State, Status
from finine_core.runs.work.recipe import Own
from finine_core.runs.worker import to_its_end


def run_here(
    folder: RunFolder, own: Own, on_progress: Callable[[Status], None] | None = None
) -> None:
    """Carry out a run that was created, and come back when it is over, however it ends.

    Args:
        on_progress: called with each change, in another thread.
    """
    with folder.held() as free, torch_as_it_was():
        if not free:
            raise FinineError(f"Somebody is at run {folder.run_id} already.")
        take_ticket(folder)
        watching = threading.Thread(target=wait, args=(folder, on_progress), daemon=True)
        if on_progress:
            watching.start()
        with folder.log.open("a", encoding="utf-8") as log:
            try:
                with redirect_stdout(log), redirect_stderr(log):
                    to_its_end(folder, own=own)
            except KeyboardInterrupt:
                folder.write_state(State.CANCELLED, "Stopped with Ctrl-C.")
                raise
    if on_progress:
        watching.join()


@contextmanager
def torch_as_it_was() -> Iterator[None]:
    """What training changes of torch for the whole process is put back afterwards."""
    import torch

    threads, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    state = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(exact)
        torch.set_rng_state(state)
