"""The Groups page: rows that somebody saved together, and which kinds of rows help or hurt."""

from __future__ import annotations

import streamlit as st

from finine_app import state, theme
from finine_app.components.export.removal import name_of
from finine_app.components.groups import kinds, saved
from finine_app.components.groups.card import TARGET
from finine_app.components.messages import nothing_yet, show_problem
from finine_app.components.review import decide
from finine_app.views.review import show_finished
from finine_core import api


def render() -> None:
    """Draw the page."""
    show_finished("Groups", _groups)


def _groups(run: api.Run) -> None:
    seen = run.log.version()  # before what is told of the decisions
    theme.compact()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.title("Groups", width="content")
        st.markdown(f"**{name_of(run)}**", width="content")
    judged = TARGET in run.targets
    if judged:
        st.write(
            "The influence of many rows on the held-out rows, all taken out at once and other rows "
            "seen in their place: are these rows better or worse than random ones? It comes from "
            "the same run, without training."
            + (
                " It is told by the first training, of the rows with fold <> 1 alone."
                if run.folds > 1
                else ""
            )
        )
    else:
        nothing_yet(
            "This run recorded no influence on validation rows",
            "Groups of rows are judged by the rows that were held out. Start a run with held-out "
            "rows and the target *validation*.",
            "run",
            "Start a run",
        )
    decide.undo_bar(run, seen)
    with st.container():  # there with and without it, so that nothing below moves its place
        if (problem := state.last_problem()) is not None:
            show_problem(problem)
            state.note_problem(None)
    saved.show(run, seen)
    if judged:
        kinds.show(run)
