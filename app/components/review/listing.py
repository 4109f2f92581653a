"""What happens to the shown page when a person asks for another list?"""

from __future__ import annotations

import streamlit as st

_MOVED = "_list_changed"


def list_changed() -> None:
    """The person asked for another list: it begins at page 1, with its own first row."""
    st.session_state["page_number"] = 1
    st.session_state[_MOVED] = True


def page_turned() -> None:
    """The person turned the page: its first row is shown."""
    st.session_state[_MOVED] = True


def take_list_changed() -> bool:
    """Whether the list was changed since the last look; asking forgets it."""
    return bool(st.session_state.pop(_MOVED, False))
