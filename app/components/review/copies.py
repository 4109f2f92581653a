"""The list of near-duplicates: together, and all but one of each group at hand to be marked."""

from __future__ import annotations

import streamlit as st

from finine_app.components.pressing import whole
from finine_app.components.review.conditions import SQL_KEY
from finine_app.components.review.filters import SORTS
from finine_app.components.review.listing import list_changed
from finine_app.components.review.tabs import COPIES_TAB, Tab
from finine_core.runs.columns import COPY_GROUP, COPY_PLACE

TAB = COPIES_TAB.name
ALL_BUT_ONE = f"{COPY_PLACE} > 0"


def together(tab: Tab, sort: tuple[str, bool]) -> tuple[str, bool]:
    """Near-duplicates side by side, unless somebody sorts the list otherwise."""
    by_rank = next(iter(SORTS.values()))
    return (COPY_GROUP, False) if tab is COPIES_TAB and sort == by_rank else sort


def offer_to_keep_one() -> None:
    """A button that leaves in the list what is too much of each group."""
    st.button(
        "Show all but one of each group",
        key="copies_all_but_one",
        icon=":material/filter_1:",
        help="Then mark them all below the list; the row that stays is the one whose label is "
        "likeliest right.",
        on_click=whole(_all_but_one),
    )


def _all_but_one() -> None:
    st.session_state[SQL_KEY] = ALL_BUT_ONE
    list_changed()
