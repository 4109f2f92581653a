"""Whose turn is it? A home has one slot (or a few) for workers; the other runs queue up.

`<home>/slots/N.lock` is held by the worker that has slot N, and the kernel gives it up when that
worker dies, however it dies. `<home>/slots/queue` holds a ticket for each run that waits, in the
order in which they were started: the first of them takes the next free slot. Waiting needs no
scheduler, no app and no torch.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from finine_core.errors import FinineError
from finine_core.runs.folder import RunFolder, now
from finine_core.runs.jobs.progress import stop_if_cancelled
from finine_core.runs.state import State

WORKERS_VARIABLE = "FININE_WORKERS"
DEFAULT_WORKERS = 1  # two trainings on one machine take each other's cores and memory
MOST_WORKERS = 64  # a slip of the keyboard must not start a thousand
LOOK_SECONDS = 0.2  # between two looks of a worker that waits: nobody notices, and it costs nothing
# A ticket whose worker has not come up after this no longer keeps the others waiting (imports take
# a second or two); should it come up yet, it goes to the end of the queue.
COMING_SECONDS = 20.0


def worker_slots() -> int:
    """How many runs of one home may train at once: $FININE_WORKERS, else one.

    Raises:
        FinineError: the variable is no whole number from 1 to 64.

    Examples:
        >>> worker_slots() >= 1
        True
    """
    value = os.environ.get(WORKERS_VARIABLE, "").strip()
    if not value:
        return DEFAULT_WORKERS
    if not (value.isdecimal() and 1 <= int(value[:9]) <= MOST_WORKERS):
        raise FinineError(
            f"{WORKERS_VARIABLE} is {value!r}.",
            f"Set it to a whole number from 1 to {MOST_WORKERS}, or not at all.",
        )
    return int(value)


def take_ticket(folder: RunFolder) -> None:
    """Put a run at the end of the queue of its home."""
    return_ticket(folder)
    queue = _queue(folder.home)
    queue.mkdir(parents=True, exist_ok=True)
    # names in order are times in order, also when the clock was set back since the last one
    last = max((_number(ticket) for ticket in queue.iterdir()), default=0)
    (queue / f"{max(time.time_ns(), last + 1):020d}-{folder.run_id}").touch()


def return_ticket(folder: RunFolder) -> None:
    """Take a run out of the queue, if it is in it."""
    for ticket in _tickets_of(folder):
        ticket.unlink(missing_ok=True)


def wait_for_slot(folder: RunFolder) -> TextIO:
    """Wait until it is this run's turn; gives the open lock file of its slot, to be closed after.

    Raises:
        Cancelled: a person cancelled the run meanwhile.
        FinineError: the number of slots is set to nonsense.
    """
    slots = worker_slots()
    if not _tickets_of(folder):
        take_ticket(folder)
    if ahead := runs_ahead(folder):
        print(f"{now()} queued behind {ahead}", flush=True)
    try:
        while True:
            stop_if_cancelled(folder)
            if next(_ahead(folder), None) is None:
                for number in range(slots):
                    if (stream := _try_slot(folder.home, number)) is not None:
                        return stream
            time.sleep(LOOK_SECONDS)
    finally:
        return_ticket(folder)


def runs_ahead(folder: RunFolder) -> int:
    """How many runs a waiting run has before it: those that train, and those that wait longer."""
    ahead = _taken(folder.home) + sum(1 for _ in _ahead(folder))
    return ahead if _tickets_of(folder) else 0  # it was given a slot meanwhile


def _ahead(folder: RunFolder) -> Iterator[Path]:
    """Tickets of live runs before that of this run, first come first."""
    try:
        tickets = sorted(_queue(folder.home).iterdir())
    except FileNotFoundError:
        return
    for ticket in tickets:
        if _run_of(ticket) == folder.run_id:
            return
        if _is_waiting(ticket):
            yield ticket


def _tickets_of(folder: RunFolder) -> list[Path]:
    found = _queue(folder.home).glob(f"*-{folder.run_id}")
    return [ticket for ticket in found if _run_of(ticket) == folder.run_id]


def _is_waiting(ticket: Path) -> bool:
    """Whether a ticket counts; one whose worker died, or whose folder is gone, is removed."""
    if _is_alive(ticket):
        return True
    if not _folder_of(ticket).is_held():
        ticket.unlink(missing_ok=True)
    return False


def _is_alive(ticket: Path) -> bool:
    """Whether the ticket's run has a worker that waits, or one that is coming up."""
    other = _folder_of(ticket)
    with contextlib.suppress(FinineError, OSError, ValueError):
        if other.read_state()[0] is State.QUEUED:
            coming = not other.came_up and other.state_age() < COMING_SECONDS
            if other.is_held() or coming:
                return True
    return False


def _folder_of(ticket: Path) -> RunFolder:
    return RunFolder(ticket.parents[2] / "runs" / _run_of(ticket))


def dead_tickets(home: Path) -> list[Path]:
    """Tickets whose worker is gone; nothing is changed."""
    queue = _queue(home)
    found = sorted(queue.iterdir()) if queue.exists() else []
    return [ticket for ticket in found if not _is_alive(ticket)]


def _try_slot(home: Path, number: int) -> TextIO | None:
    path = _slots(home) / f"{number}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("a")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return None
    return stream


def _taken(home: Path) -> int:
    """Slots that a worker holds now; also those beyond the number that is set here."""
    taken = 0
    for path in _slots(home).glob("*.lock"):
        with path.open("r") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                taken += 1
    return taken


def _slots(home: Path) -> Path:
    return home / "slots"


def _queue(home: Path) -> Path:
    return _slots(home) / "queue"


def _number(ticket: Path) -> int:
    digits = ticket.name.partition("-")[0]
    return int(digits) if digits.isdecimal() else 0


def _run_of(ticket: Path) -> str:
    return ticket.name.partition("-")[2]
