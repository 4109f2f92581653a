"""The Run page: start a run on the chosen data, watch it, and find the earlier ones."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from finine_app import state
from finine_app.components.data.address import keep_choice, restore_choice
from finine_app.components.data.checked import check
from finine_app.components.data.file_facts import FileFacts, default_choice, facts_of
from finine_app.components.messages import nothing_yet, plain, show_problem
from finine_app.components.run.form import run_form
from finine_app.components.run.panel import run_panel
from finine_app.components.run_summary import summarise
from finine_app.state import DataChoice
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import State

LISTED_RUNS = 20  # before "show all": what fits on a screen


def render() -> None:
    """Draw the page."""
    st.title("Run")
    state.keep_data_address()
    watched = _watched()
    if watched is not None:
        run_panel(watched)
        st.button("Set up another run", key="new_run", on_click=state.watch, args=("",))
    else:
        _new_run()
    _past_runs(watched.run_id if watched else None)


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
        found = summarise(current).state
        is_idle = found is None or found is State.DONE
        if not is_idle and (not found.over or state.data_file() is None):
            state.watch(current.run_id)  # it stays in view when it ends
            return current
    return None


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


def _past_runs(shown: str | None) -> None:
    known = api.runs(state.home())
    if not known:
        return
    st.subheader("Runs")
    show_all = len(known) > LISTED_RUNS and st.toggle(f"Show all {len(known):,}", key="all_runs")
    for run in known if show_all else known[:LISTED_RUNS]:
        found = summarise(run)
        about, action = st.columns([5, 1], vertical_alignment="center")
        facts = [found.words, found.created]
        if found.validation_accuracy is not None:
            facts.append(f"{found.validation_accuracy:.1%} right on held-out rows")
        facts += [found.problem] if found.problem else []
        facts += ["shown above"] if run.run_id == shown else []
        with about.container(gap=None):
            st.markdown(f"**{plain(found.name)}**")
            st.caption(plain(" · ".join(part for part in facts if part)))
        action.button(
            "Open",
            key=f"open_{run.run_id}",
            on_click=_open,
            args=(run.run_id,),
            disabled=run.run_id == shown,
            help=f"Show {run.run_id} here and on the other pages",
            width="stretch",
        )


def _open(run_id: str) -> None:
    state.watch(run_id)
    state.select_run(run_id)
