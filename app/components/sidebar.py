"""Which run is looked at, and who decides? The choices every page shares, and the words it uses."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components.entry import log_out_button
from finine_app.components.glossary import GLOSSARY
from finine_app.components.messages import plain
from finine_app.components.pressing import whole
from finine_app.components.run_summary import line_state, line_words, local_time
from finine_app.components.tour import restart_button
from finine_core import api

LISTED_RUNS = 50  # newest runs in the choice; the Run page finds the others


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
    known = api.lines(state.home())
    shown = [*known[:LISTED_RUNS], *(o for o in known[LISTED_RUNS:] if o.run_id == current.run_id)]
    found = {one.run_id: one for one in shown}
    if current.run_id not in found:
        return  # put into the trash just now, by somebody else
    # The address decides; the widget follows it, and tells it when a person chooses.
    st.session_state["run_choice"] = current.run_id
    st.selectbox(
        "Run",
        list(found),
        format_func=lambda run_id: line_words(found[run_id]) if run_id in found else run_id,
        key="run_choice",
        on_change=whole(_take_run),
        help="All pages show this run.",
    )
    line = found[current.run_id]
    st.caption(f"{plain(line_state(line))} · {plain(local_time(line.created_at))}")


def _take_run() -> None:
    state.select_run(st.session_state["run_choice"])
    if state.watched_run():
        state.watch(st.session_state["run_choice"])


def _name_reviewer() -> None:
    if state.account():
        st.caption(f"Logged in as {plain(state.account())}")
        log_out_button()
        return
    st.session_state["reviewer_name"] = state.reviewer()
    st.text_input(
        "Your name",
        key="reviewer_name",
        on_change=whole(lambda: state.set_reviewer(st.session_state["reviewer_name"])),
        help="Written beside every decision, so that the log says who decided.",
    )
