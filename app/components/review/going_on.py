"""How far is the review, where does one go on, and what did others decide meanwhile?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from finine_app import state
from finine_app.components import reader
from finine_app.components.pressing import names_of_others, whole
from finine_app.components.review.keys import Action
from finine_app.components.review.listing import list_changed
from finine_app.components.review.row_table import go_to
from finine_core import api

CONTINUE_KEY = "U"
# How often the page looks whether somebody else decided: a look costs a millisecond.
LOOK_SECONDS = 3.0
_TOLD, _MEANWHILE = "_told_version", "_meanwhile"


@dataclass(frozen=True)
class Moment:
    """What a page stands for.

    Attributes:
        version: of the log, read before anything else: whatever came later may be missing on the
            page, and is looked for.
        meanwhile: what others decided since the last page, in words; '' when they did not.
    """

    version: int
    meanwhile: str


def moment(run: api.Run) -> Moment:
    """The moment of a page that is about to be drawn; before anything of it is read."""
    version = run.log.version()
    run_id, told = st.session_state.get(_TOLD, ("", 0))
    if run_id != run.run_id:
        return Moment(version, "")
    names = names_of_others(run.log.events(told)) if version != told else ""
    if names:
        return Moment(version, f"{names} decided meanwhile; the list is up to date.")
    action, meanwhile = st.session_state.get(_MEANWHILE, ("", ""))
    return Moment(version, meanwhile if action == state.last_action() else "")


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
            on_click=whole(_to_suspicious),
        )


def to_next_undecided(
    run: api.Run, target: str, where: str | None, sort: tuple[str, bool], size: int
) -> dict[str, Action]:
    """What the key does that goes on where the review was left."""
    return {CONTINUE_KEY: partial(_go_on, run, target, where, sort, size)}


def next_undecided_button(action: Action) -> None:
    """A button that goes on where the review was left."""
    st.button(
        "Next undecided",
        key="continue",
        icon=":material/skip_next:",
        shortcut=CONTINUE_KEY,
        on_click=whole(action),
        help="Continue where you left: the next row of this list that nobody has decided on.",
    )


def watch_others(run: api.Run, drawn: Moment) -> None:
    """Draw the page again when decisions came in that it may not show; at the page's end.

    Args:
        drawn: what the page stands for.
    """
    # Only a page that came to its end has told what it had to tell.
    st.session_state[_TOLD] = (run.run_id, drawn.version)
    st.session_state[_MEANWHILE] = (state.last_action(), drawn.meanwhile)

    @st.fragment(run_every=LOOK_SECONDS)
    def look() -> None:
        if run.log.version() != drawn.version:
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
