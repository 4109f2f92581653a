"""What is influence measured on? The choice of target, with what it means for the list."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain
from finine_app.components.pressing import whole
from finine_app.components.review.listing import list_changed
from finine_app.components.words import TARGET_NAMES, TARGET_WORDS
from finine_core import api
from finine_core.influence.targets import target_named

TEXT_WIDTH = 480  # pixels; beside the choice where there is room, else below it


def choose_target(run: api.Run, key: str) -> str:
    """Draw the choice of target and its meaning; gives the target."""
    # The address decides; the widget follows it, and tells it when a person chooses.
    st.session_state[key] = state.target(run)

    @whole
    def take() -> None:
        if st.session_state[key]:
            state.select_target(st.session_state[key])
        list_changed()

    target = state.target(run)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.segmented_control(
            "Influence on",
            run.targets,
            format_func=lambda name: f"Influence on {TARGET_NAMES.get(name) or plain(name)}",
            key=key,
            on_change=take,
            required=True,
            label_visibility="collapsed",
        )
        with st.container(width=TEXT_WIDTH):
            st.caption(TARGET_WORDS.get(target) or plain(target_named(target).description))
    return target
