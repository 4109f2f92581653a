"""How is a press carried out whole and once, and on nothing but what its picture showed?

A press carries what was on the page when it was drawn: the row or rows, and the log's version,
which is read before anything of the page. What it does is asked of the log and not remembered, so
that a press which is begun again does nothing twice.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from functools import wraps

from streamlit.runtime.scriptrunner import RerunException, get_script_run_ctx

from finine_app import state
from finine_core.curation.decisions import Event
from finine_core.curation.saved_groups import SavedGroup, SavedGroups
from finine_core.errors import FinineError
from finine_core.told import told_of_files

# Between the look at the log and the writing into it no other page may write.
LOG_LOCK = threading.Lock()


def whole(action: Callable[..., None]) -> Callable[..., None]:
    """A callback that comes to its end though another press comes in meanwhile.

    Streamlit ends a callback at any touch of its state when a newer message waits, and answers that
    one. Here the callback is begun again first, and the newer message is answered after it.

    Args:
        action: does nothing twice when it is begun again.
    """

    @wraps(action)
    def act(*args: object) -> None:
        waiting: RerunException | None = None
        while True:
            try:
                action(*args)
                break
            except RerunException as newer:
                waiting = newer if waiting is None else _both(waiting, newer)
        if waiting is not None:
            raise waiting

    return act


def guarded(action: Callable[..., None]) -> Callable[..., None]:
    """A whole callback whose problem is shown on the page instead of breaking it."""

    @wraps(action)
    def act(*args: object) -> None:
        try:
            with told_of_files():
                action(*args)
        except FinineError as error:
            state.note_problem(error)

    return whole(act)


def names_of_others(events: Iterable[Event]) -> str:
    """Who of these are not the person at this page, in words; '' when nobody."""
    return ", ".join(sorted({one.reviewer for one in events} - {state.reviewer()}))


def digest(rows: Iterable[int]) -> int:
    """A number that tells rows, in their order, from others: part of a widget's key.

    Examples:
        >>> digest([3, 5]) == digest([3, 5]), digest([3, 5]) == digest([5, 3])
        (True, False)
    """
    return hash(tuple(rows)) & sys.maxsize


def save_once(groups: SavedGroups, rows: Iterable[int], name: str, selection: str) -> SavedGroup:
    """Save rows under a name; where these are saved under it already, that group."""
    name, wanted = " ".join(name.split()), sorted(rows)
    for one in groups.all():
        if one.name == name and groups.rows_of(one.group_id).tolist() == wanted:
            return one
    return groups.save(wanted, name, selection=selection, reviewer=state.reviewer())


def _both(first: RerunException, second: RerunException) -> RerunException | None:
    """Two messages that came during one callback: Streamlit itself makes one of them.

    They are put back, and come again as one at the next touch of its state.
    """
    ctx = get_script_run_ctx()
    if ctx is None or ctx.script_requests is None:
        return second
    for one in (first, second):
        ctx.script_requests.request_rerun(one.rerun_data)
    return None
