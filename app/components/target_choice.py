"""What is influence measured on? The choice of target, with what it means for the list."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain
from finine_app.components.pressing import whole
from finine_app.components.review.listing import list_changed
from finine_app.components.words import TARGET_NAMES, TARGET_WORDS
from finine_core import api
from finine_core.influence.targets import target_named
from finine_core.runs.columns import BY_SUSPICION

TEXT_WIDTH = 480  # pixels; beside the choice where there is room, else below it


def choose_ranking(run: api.Run, key: str) -> str:
    """Draw the choice of ranking, by suspicion or by influence, and its meaning."""
    return _choose(run.rankings, state.ranking(run), key)


def choose_target(run: api.Run, key: str) -> str:
    """Draw the choice of target and its meaning; gives the target."""
    return _choose(run.targets, state.target(run), key)


def _choose(known: Sequence[str], chosen: str, key: str) -> str:
    # The address decides; the widget follows it, and tells it when a person chooses.
    st.session_state[key] = chosen

    @whole
    def take() -> None:
        if st.session_state[key]:
            state.select_target(st.session_state[key])
        list_changed()

    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.segmented_control(
            "Influence on",
            known,
            format_func=ranking_name,
            key=key,
            on_change=take,
            required=True,
            label_visibility="collapsed",
        )
        with st.container(width=TEXT_WIDTH):
            st.caption(TARGET_WORDS.get(chosen) or plain(target_named(chosen).description))
    return chosen


def ranking_name(name: str) -> str:
    """What a ranking is called.

    Examples:
        >>> ranking_name("suspicion"), ranking_name("validation")
        ('Is the label wrong?', 'Influence on validation rows')
    """
    if name == BY_SUSPICION:
        return "Is the label wrong?"
    return f"Influence on {TARGET_NAMES.get(name) or plain(name)}"
