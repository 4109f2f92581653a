"""Which of the lists of rows is shown: all, the suspicious, those with a mark, kept, in the trash?

Draws the choice with a count on each; gives the condition that the list adds to the filter. The
choice is part of the address.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from finine_app import state
from finine_app.components import reader
from finine_app.components.pressing import whole
from finine_app.components.review.listing import list_changed
from finine_core import api
from finine_core.curation.derived import OTHERWISE_WORDS, SUSPICIOUS, SUSPICIOUS_WORDS
from finine_core.curation.review import DECISION, ReviewTable
from finine_core.runs.columns import COPY_GROUP, SUSPICION

UNDECIDED = f"{DECISION} = ''"


@dataclass(frozen=True)
class Tab:
    """One list of rows.

    Attributes:
        name: in the address.
        label: for people.
        condition: on the review table.
        meaning: one sentence for people.
        empty: what to say when no row is in it.
    """

    name: str
    label: str
    condition: str
    meaning: str
    empty: str


ALL = Tab("all", "All", "true", "Every row that was judged.", "There are no rows.")
SUSPICIOUS_TAB = Tab(
    "suspicious",
    "Suspicious",
    SUSPICIOUS,
    f"Rows that deserve a look first: {SUSPICIOUS_WORDS}.",
    "No row is suspicious: of no label it is likelier that it is wrong than that it is right. The "
    "list *All* begins with the rows to look at first.",
)
# What the list is where numbers or several labels are learned, and in runs from before.
NOT_JUDGED = f"Rows that deserve a look first: {OTHERWISE_WORDS}."
COPIES_TAB = Tab(
    "copies",
    "Near-duplicates",
    f"{COPY_GROUP} IS NOT NULL",
    "Rows that are nearly the same as another one, group by group; those that disagree in their "
    "label come first. Of each group the row whose label is likeliest right comes first.",
    "No row is nearly the same as another one.",
)
TABS = (
    ALL,
    SUSPICIOUS_TAB,
    COPIES_TAB,
    Tab(
        "marked",
        "Marked",
        f"{DECISION} <> ''",
        "Every row that has a decision.",
        "No row has a decision yet. Use the keys printed on the buttons beside a row.",
    ),
    Tab(
        "kept",
        "Kept",
        f"{DECISION} = 'keep'",
        "Rows that somebody looked at and found right.",
        "No row was kept on purpose yet. *Keep* says: looked at, and right.",
    ),
    Tab(
        "trash",
        "Trash",
        f"{DECISION} = 'delete'",
        "Rows marked for deletion. They stay in your file; an export leaves them out. *Clear* "
        "restores one.",
        "Nothing is marked for deletion.",
    ),
)


def choose_tab(table: ReviewTable, run: api.Run, target: str) -> tuple[Tab, dict[str, int]]:
    """Draw the lists with their counts; gives the chosen one, and the counts by name.

    The count of the undecided suspicious rows is called `left`.
    """
    needs = {SUSPICIOUS_TAB: SUSPICIOUS, COPIES_TAB: COPY_GROUP}
    there = {name for name, _ in table.columns()}
    known = [one for one in TABS if needs.get(one, SUSPICIOUS) in there or one not in needs]
    asked = {one.name: one.condition for one in known}
    if SUSPICIOUS_TAB in known:
        asked["left"] = f"{SUSPICIOUS} AND {UNDECIDED}"
    counts = reader.tally(run, target, asked)
    chosen = next((one for one in known if one.name == state.tab()), ALL)
    by_name = {one.name: one for one in known}
    # The address decides; the widget follows it, and tells it when a person chooses.
    st.session_state["review_tab"] = chosen.name

    @whole
    def take() -> None:
        if st.session_state["review_tab"]:
            state.select_tab(st.session_state["review_tab"])
        list_changed()

    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.segmented_control(
            "List",
            list(by_name),
            format_func=lambda name: _labelled(by_name[name], counts),
            key="review_tab",
            on_change=take,
            required=True,
            label_visibility="collapsed",
        )
        if chosen is not ALL:
            with st.container(width=560):
                judged = chosen is not SUSPICIOUS_TAB or SUSPICION in there
                st.caption(chosen.meaning if judged else NOT_JUDGED)
    return chosen, counts


def _labelled(tab: Tab, counts: dict[str, int]) -> str:
    """A list's name with its count; of the suspicious also how many are decided.

    Examples:
        >>> _labelled(SUSPICIOUS_TAB, {"suspicious": 412, "left": 365}), _labelled(ALL, {"all": 9})
        ('Suspicious 47 / 412 decided', 'All 9')
    """
    if tab is SUSPICIOUS_TAB:
        decided = counts[tab.name] - counts["left"]
        return f"{tab.label} {decided:,} / {counts[tab.name]:,} decided"
    return f"{tab.label} {counts[tab.name]:,}"


def in_list(tab: Tab, where: str | None) -> str | None:
    """The condition of a list, with that of a filter.

    Examples:
        >>> in_list(ALL, "mu > 1"), in_list(SUSPICIOUS_TAB, None)
        ('mu > 1', 'suspicious')
        >>> in_list(SUSPICIOUS_TAB, "mu > 1")
        'suspicious AND (mu > 1)'
    """
    if tab is ALL:
        return where
    return f"{tab.condition} AND ({where})" if where else tab.condition


def in_list_words(tab: Tab, words: str) -> str:
    """The same for a person and for the log.

    Examples:
        >>> in_list_words(SUSPICIOUS_TAB, "label cat"), in_list_words(ALL, "all rows")
        ('list Suspicious, label cat', 'all rows')
    """
    return words if tab is ALL else f"list {tab.label}, {words}"
