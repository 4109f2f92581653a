"""How is a run told to a person in one line: its name, when it was made, and its state?

Takes a run; gives words. A run whose folder is damaged still gets a line, with the problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import State

# A sign beside the word, so that the state is seen at a glance and does not hang on colour.
STATE_SIGN = {
    State.QUEUED: "○",
    State.RUNNING: "▶",
    State.CANCELLING: "◼",
    State.CANCELLED: "◼",
    State.FAILED: "✕",
    State.INTERRUPTED: "‖",
    State.DONE: "✓",
}


@dataclass(frozen=True)
class RunSummary:
    """One line about a run; `state` is None and `problem` says why where it cannot be read."""

    run_id: str
    name: str
    created: str
    state: State | None
    rows: int | None = None
    validation_accuracy: float | None = None
    problem: str = ""

    @property
    def words(self) -> str:
        """Sign and name of the state."""
        return "! cannot be read" if self.state is None else state_words(self.state)

    @property
    def line(self) -> str:
        """State, name and time, for a list; the state first, because a list cuts ends off."""
        sign = "!" if self.state is None else STATE_SIGN[self.state]
        return " · ".join(part for part in (f"{sign} {self.name}", self.created) if part)


def summarise(run: api.Run) -> RunSummary:
    """What a list says about a run."""
    try:
        record = run.record()
        state, _ = run.folder.read_state()
        if not state.over:  # only then must the progress be read to know how it stands
            state = run.status().state
    except (FinineError, OSError) as error:
        return RunSummary(run.run_id, run.run_id, "", None, problem=str(error))
    return RunSummary(
        run_id=run.run_id,
        name=record["name"],
        created=local_time(record["created_at"]),
        state=state,
        rows=(record.get("dataset") or {}).get("rows"),
        validation_accuracy=(record["results"] or {}).get("validation_accuracy"),
    )


def state_words(state: State) -> str:
    """Sign and name of a state.

    Examples:
        >>> state_words(State.DONE)
        '✓ done'
    """
    return f"{STATE_SIGN[state]} {state.value}"


def local_time(at: str) -> str:
    """A stored UTC time as this machine's clock shows it.

    Examples:
        >>> len(local_time("2026-11-22T10:15:00+00:00"))
        18
    """
    return f"{datetime.fromisoformat(at).astimezone():%d %b %Y, %H:%M}"


def seconds_in_words(seconds: float) -> str:
    """A duration as a person says it.

    Examples:
        >>> seconds_in_words(0.234), seconds_in_words(42.1), seconds_in_words(200)
        ('0.2 s', '42 s', '3 min 20 s')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
