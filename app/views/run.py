"""The Run page: start a run on the chosen data, watch it, and find the earlier ones."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from finine_app import state
from finine_app.components.data.address import keep_choice, restore_choice
from finine_app.components.data.checked import check
from finine_app.components.data.choice import DataChoice
from finine_app.components.data.file_facts import FileFacts, default_choice, facts_of
from finine_app.components.messages import nothing_yet, plain, show_problem
from finine_app.components.run.duplicate import copied_from, duplicate, forget_copy
from finine_app.components.run.form import run_form
from finine_app.components.run.panel import run_panel
from finine_app.components.run.past_runs import past_runs
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import State

_PROBLEM = "_run_problem"


def render() -> None:
    """Draw the page."""
    st.title("Run")
    state.keep_data_address()
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        show_problem(problem)
    watched = _watched()
    if watched is not None:
        run_panel(watched)
        with st.container(horizontal=True):
            st.button("Set up another run", key="new_run", on_click=_other)
            st.button(
                "Duplicate with changes",
                key="duplicate_run",
                icon=":material/content_copy:",
                on_click=_duplicate,
                args=(watched,),
                help="Fill the form of a new run with the settings of this one.",
            )
    else:
        _new_run()
    past_runs(watched.run_id if watched else None)


def _watched() -> api.Run | None:
    """The run to show: the one asked for, else the current one while it wants attention."""
    wanted = state.watched_run()
    if wanted:
        try:
            return api.open_run(wanted, state.home())
        except FinineError:
            state.watch("")
            return None
    current = state.current_run()
    if wanted is None and current is not None:
        found = _state_of(current)
        if found not in (None, State.DONE) and (not found.over or state.data_file() is None):
            state.watch(current.run_id)  # it stays in view when it ends
            return current
    return None


def _state_of(run: api.Run) -> State | None:
    try:
        return run.status().state
    except FinineError:
        return None


def _other() -> None:
    state.watch("")
    forget_copy()


def _duplicate(run: api.Run) -> None:
    try:
        duplicate(run)
    except FinineError as error:
        st.session_state[_PROBLEM] = error


def _new_run() -> None:
    path = state.data_file()
    if path is None:
        nothing_yet(
            "No data is chosen yet",
            "A run learns from a file with one row per example and a label column. Choose one of "
            "the samples or a file of yours first.",
            "data",
            "Choose data",
        )
        return
    try:
        facts = facts_of(path)
        restore_choice(path, facts)
        keep_choice(path, facts)
        choice = state.data_choice() or _suggested(path, facts)
        checked = check(choice)
    except FinineError as error:
        st.subheader("Not ready yet")
        show_problem(error)
        st.page_link(state.page("data"), label="Back to Data", icon=":material/arrow_back:")
        return
    if copied := copied_from():
        st.info(
            f"Filled in from the run **{plain(copied)}**. Change what should be different.",
            icon=":material/content_copy:",
        )
    run_form(choice, checked)
    st.page_link(
        state.page("data"),
        label=f"Change the data or the columns of {plain(path.name)}",
        icon=":material/arrow_back:",
    )


def _suggested(path: Path, facts: FileFacts) -> DataChoice:
    if facts.label is None:
        raise FinineError(
            f"No column of {path.name} looks like a label.", "Choose it on the Data page."
        )
    return default_choice(path, facts, facts.label)
