"""Why is a row decided on? Five reasons on the keys 1 to 5, and a note about this row alone."""

from __future__ import annotations

from functools import partial

import streamlit as st

from finine_app.components.pressing import whole
from finine_app.components.review.keys import Action

REASONS = ("wrong label", "duplicate", "unreadable", "not relevant", "other")
_NOTE, _REASON = "reason_note", "_reason"


def reasons() -> dict[str, Action]:
    """What the keys of the reasons do: choose one, or take it away where it is chosen."""
    return {
        str(place): partial(_choose, None if _chosen(reason) else reason)
        for place, reason in enumerate(REASONS, start=1)
    }


def choose_why(row: int) -> None:
    """Draw the reasons, one of which stays chosen for the next rows, and the note."""
    actions = reasons()
    with st.container(horizontal=True, gap="small", key="reasons"):
        for place, reason in enumerate(REASONS, start=1):
            chosen = _chosen(reason)
            st.button(
                f"✓ {reason}" if chosen else reason,
                key=f"reason_{place}",
                shortcut=str(place),
                type="primary" if chosen else "secondary",
                on_click=whole(actions[str(place)]),
                help="The reason written beside Delete, Needs review and a corrected label. It "
                "stays chosen for the next rows; pressed again, it is taken away.",
            )
    with st.container(key=_NOTE):
        st.text_input(
            "Note",
            key=f"{_NOTE}_{row}",  # a note is about one row and never slips to the next
            placeholder="Note about this row (optional)",
            label_visibility="collapsed",
        )


def reason_words(decision: str, row: int | None = None) -> str:
    """The reason and the row's note as the log keeps them; a row kept has no fault to name."""
    named = decision in ("delete", "review", "relabel")
    reason = st.session_state.get(_REASON) if named else None
    note = str(st.session_state.get(f"{_NOTE}_{row}") or "").strip()
    return ": ".join(part for part in (reason, note) if part)


def _chosen(reason: str) -> bool:
    return bool(st.session_state.get(_REASON) == reason)


def _choose(reason: str | None) -> None:
    st.session_state[_REASON] = reason
