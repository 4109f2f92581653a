"""Which run is looked at, and who decides? The choices every page shares, and the words it uses."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components.glossary import GLOSSARY
from finine_app.components.messages import plain
from finine_app.components.run_summary import summarise
from finine_app.components.tour import restart_button
from finine_core import api

LISTED_RUNS = 50  # newest runs in the choice; each costs a look at its folder on every rerun


def sidebar() -> None:
    """Draw the sidebar, and keep the view in the address."""
    state.keep_address()
    with st.sidebar:
        _choose_run()
        _name_reviewer()
        with st.expander("What do the words mean?", icon=":material/help:"):
            for word, meaning in GLOSSARY.items():
                st.markdown(f"**{word}.** {meaning}")
            st.page_link(state.page("glossary"), label="All on one page")
        restart_button()
        st.caption(f"Home: {plain(state.home())}")


def _choose_run() -> None:
    current = state.current_run()
    if current is None:
        st.caption("No runs yet. Choose data, then start one.")
        return
    state.keep_run(current.run_id)
    newest = api.runs(state.home())[:LISTED_RUNS]
    if all(one.run_id != current.run_id for one in newest):
        newest.append(current)
    found = {one.run_id: summarise(one) for one in newest}
    # The address decides; the widget follows it, and tells it when a person chooses.
    st.session_state["run_choice"] = current.run_id
    st.selectbox(
        "Run",
        list(found),
        format_func=lambda run_id: found[run_id].line if run_id in found else run_id,
        key="run_choice",
        on_change=_take_run,
        help="All pages show this run.",
    )
    shown = found[current.run_id]
    st.caption(f"{plain(shown.words)} · {plain(shown.created)}")


def _take_run() -> None:
    state.select_run(st.session_state["run_choice"])
    if state.watched_run():
        state.watch(st.session_state["run_choice"])


def _name_reviewer() -> None:
    st.session_state["reviewer_name"] = state.reviewer()
    st.text_input(
        "Your name",
        key="reviewer_name",
        on_change=lambda: state.set_reviewer(st.session_state["reviewer_name"]),
        help="Written beside every decision, so that the log says who decided.",
    )
