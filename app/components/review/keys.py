"""How does a key that is struck reach the row that was in sight, once, however fast keys come?

A button's own shortcut is a message of its own: one that is struck before the button is there, or
right before another, can be lost. So a script in the page's head (app/early.py) notes each stroke
with the row in the heading, and keeps it until the server says that it was answered: all that waits
is one value of the page, which every later message carries again. A stroke has a number, by which
it is answered once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components.pressing import whole
from finine_core.errors import FinineError

Action = Callable[[], None]  # does nothing twice when it is begun again

_KEY, _ROOM, _BOUND = "review_keys", "listening_keys", "_bound_keys"
_SESSION, _ANSWERED, _NEWEST = "_keys_session", "_keys_answered", "_keys_newest"
# The page's head notes the strokes, from its first moment on; this passes them on.
_SCRIPT = """
export default function ({ data, setStateValue }) {
  const keys = window.finineKeys;
  if (!keys) return;  // then the buttons' own shortcuts are left
  if (keys.session !== data.session) {
    const before = keys.session ? [] : keys.waiting;
    Object.assign(keys, { session: data.session, waiting: before, sent: 0 });
  }
  keys.waiting = keys.waiting.filter((one) => one.id > data.answered);
  keys.send = () => {
    keys.sent = keys.last;
    setStateValue("strokes", keys.waiting);
  };
  if (keys.waiting.some((one) => one.id > keys.sent)) keys.send();
  return () => Object.assign(keys, { send: null, waiting: [] });
}
"""
_listener = st.components.v2.component("finine_review_keys", js=_SCRIPT, isolate_styles=False)


@dataclass(frozen=True)
class Stroke:
    """A key that was struck.

    Attributes:
        id: counts the strokes of a browser's session.
        key: one of the letters and digits.
        row: in the heading at that moment; None where none was shown.
    """

    id: int
    key: str
    row: int | None


@dataclass(frozen=True)
class Bound:
    """What the keys do on the page that is drawn.

    Attributes:
        of_row: the keys that act on the shown row, and on it alone.
        others: the keys that act whatever row is in sight.
        gone: told the row of a stroke that is no longer the shown one.
    """

    row: int | None
    of_row: Mapping[str, Action]
    others: Mapping[str, Action]
    gone: Callable[[int], object]


def listen() -> None:
    """Draw what notes the strokes; before the row is drawn."""
    session = st.session_state.setdefault(_SESSION, secrets.token_hex(8))
    st.html(f"<style>.st-key-{_ROOM} {{display: none}}</style>")
    with st.container(key=_ROOM):  # without a place on the page
        _listener(
            key=_KEY,
            data={"session": session, "answered": st.session_state.get(_ANSWERED, 0)},
            on_strokes_change=whole(_answer),
        )


def bind(bound: Bound) -> None:
    """Let the keys mean this from now on; right before the row is drawn."""
    st.session_state[_BOUND] = bound


def strokes(told: Any) -> list[Stroke]:
    """What a browser reports, less what is none.

    Examples:
        >>> strokes([{"id": 1, "key": "D", "row": 7}, {"id": 2, "key": "Z", "row": None}])
        [Stroke(id=1, key='D', row=7), Stroke(id=2, key='Z', row=None)]
        >>> strokes([{"id": "1", "key": "D", "row": 7}, {"id": 2}, 3]), strokes(None)
        ([], [])
    """
    found = []
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict):
            number, key, row = one.get("id"), one.get("key"), one.get("row")
            if isinstance(number, int) and isinstance(key, str) and isinstance(row, int | None):
                found.append(Stroke(number, key, row))
    return found


def _answer() -> None:
    """Do what was asked for by the strokes that were not answered yet, in their order."""
    for stroke in strokes(st.session_state[_KEY].get("strokes")):
        if stroke.id <= st.session_state.get(_ANSWERED, 0):
            continue
        try:
            _act(stroke, st.session_state.get(_BOUND))
        except FinineError as error:
            state.note_problem(error)
        st.session_state[_NEWEST] = (stroke.key, stroke.row)
        st.session_state[_ANSWERED] = stroke.id


def _act(stroke: Stroke, bound: Bound | None) -> None:
    if bound is None:
        return
    if stroke.key in bound.others:
        bound.others[stroke.key]()
    elif stroke.row == bound.row and stroke.key in bound.of_row:
        bound.of_row[stroke.key]()
    # One that was struck twice at once was answered already.
    elif stroke.row not in (None, bound.row, _newest_row(stroke.key)):
        bound.gone(stroke.row)


def _newest_row(key: str) -> int | None:
    """The row of the stroke that was answered last, if it was this key."""
    newest, row = st.session_state.get(_NEWEST, ("", None))
    return row if newest == key else None
