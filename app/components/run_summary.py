"""How is a run told to a person in one line: its name, when it was made, and its state?

Takes the line that the core keeps of a run; gives words. A run whose folder is damaged still gets
a line, with the problem.
"""

from __future__ import annotations

from datetime import datetime

from finine_core.runs import RunLine, State, Status

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
DAMAGED = "! cannot be read"


def line_state(line: RunLine) -> str:
    """Sign and name of a run's state, and what it waits for.

    Examples:
        >>> line_state(RunLine("r1", "a", "", status=Status(State.QUEUED, ahead=1)))
        '○ queued, waiting for 1 run before it'
        >>> line_state(RunLine("r1", "a", ""))
        '! cannot be read'
    """
    if line.status is None:
        return DAMAGED
    waiting = waiting_words(line.status)
    return state_words(line.status.state) + (f", {waiting}" if waiting else "")


def line_words(line: RunLine) -> str:
    """State, name and time, for a choice; the state first, because a choice cuts ends off."""
    sign = "!" if line.state is None else STATE_SIGN[line.state]
    return f"{sign} {line.name} · {local_time(line.created_at)}"


def waiting_words(status: Status) -> str:
    """What a queued run waits for; empty when it is its turn.

    Examples:
        >>> waiting_words(Status(State.QUEUED, ahead=2)), waiting_words(Status(State.QUEUED))
        ('waiting for 2 runs before it', '')
    """
    if not status.ahead:
        return ""
    return f"waiting for {status.ahead} run{'s' if status.ahead > 1 else ''} before it"


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
