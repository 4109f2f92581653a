"""How far is the review, where does one go on, and what did others decide meanwhile?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from finine_app import state
from finine_app.components import reader
from finine_app.components.review.listing import list_changed
from finine_app.components.review.row_table import go_to
from finine_core import api

CONTINUE_KEY = "U"
# How often the page looks whether somebody else decided: a look costs a millisecond.
LOOK_SECONDS = 3.0


def show_progress(counts: dict[str, int]) -> None:
    """How many of the suspicious rows are decided."""
    total = counts.get("suspicious", 0)
    if not total:
        return
    decided = total - counts["left"]
    st.progress(
        decided / total,
        text=f"{decided:,} of {total:,} suspicious rows decided"
        + (" · all done" if decided == total else ""),
    )


def offer_to_continue(counts: dict[str, int]) -> None:
    """For a person who comes back: the suspicious rows that are left."""
    left = counts.get("left", 0)
    if left and counts["marked"]:
        rows = "1 suspicious row is" if left == 1 else f"{left:,} suspicious rows are"
        st.button(
            f"Continue where you left: {rows} undecided",
            key="continue_suspicious",
            icon=":material/resume:",
            on_click=_to_suspicious,
        )


def next_undecided_button(
    run: api.Run, target: str, where: str | None, sort: tuple[str, bool], size: int
) -> None:
    """A button that goes on where the review was left."""
    st.button(
        "Next undecided",
        key="continue",
        icon=":material/skip_next:",
        shortcut=CONTINUE_KEY,
        on_click=_go_on,
        args=(run, target, where, sort, size),
        help="Continue where you left: the next row of this list that nobody has decided on.",
    )


def watch_others(run: api.Run) -> None:
    """Draw the page again when decisions came in that it does not show yet."""
    drawn = run.log.version()

    @st.fragment(run_every=LOOK_SECONDS)
    def look() -> None:
        if run.log.version() == drawn:
            return
        new = [one for one in run.log.events() if one.event_id > drawn]
        names = sorted({one.reviewer for one in new if one.reviewer != state.reviewer()})
        if names:
            state.note_action(f"{', '.join(names)} decided meanwhile; the list is up to date.")
        st.rerun()

    look()


def _to_suspicious() -> None:
    state.select_tab("suspicious")
    st.session_state["filter_decision"] = "undecided"
    list_changed()


def _go_on(run: api.Run, target: str, where: str | None, sort: tuple[str, bool], size: int) -> None:
    listed = reader.listed(run, target, where, sort)
    open_ones = reader.listed(run, target, "decision = ''")
    undecided = np.flatnonzero(np.isin(listed, open_ones))
    if not len(undecided):
        state.note_action("Every row of this list has a decision.")
        return
    row = state.selected_row()
    here = np.flatnonzero(listed == row) if row is not None else np.empty(0, dtype=np.int64)
    after = undecided[undecided > here[0]] if len(here) else undecided
    place = int(after[0] if len(after) else undecided[0])  # at the end it begins from the top
    st.session_state["page_number"] = place // size + 1
    go_to(int(listed[place]), "next")
