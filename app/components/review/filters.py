"""Which rows does a person want to see, and in what order?

Draws the filter and the sort of the Review page; gives one SQL condition for the review table, and
the same in words for the log. All filter widgets are part of the address, so a filtered list is a
link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from finine_app.components import reader
from finine_app.components.messages import show_problem
from finine_app.components.review.conditions import add_condition
from finine_app.components.review.listing import list_changed
from finine_app.theme import DECISION_SIGN
from finine_core import api
from finine_core.curation.decisions import DECISIONS
from finine_core.curation.expressions import EXPRESSION_HELP, contains_text, literal
from finine_core.curation.review import ReviewTable
from finine_core.errors import FinineError

ANY = "any"
UNDECIDED = "undecided"
DECISION_CHOICES = (ANY, UNDECIDED, *DECISIONS)
PAGE_SIZES = (25, 50, 100)
# What the list can be sorted by: words, column, whether largest first.
SORTS = {
    "rank, most suspicious first": ("rank", False),
    "μ, largest first": ("mu", True),
    "μ, smallest first": ("mu", False),
    "mean loss, largest first": ("mean_loss", True),
    "early loss, largest first": ("early_loss", True),
    "most often forgotten": ("forgotten", True),
    "suspicion, largest first": ("suspicion", True),
    "row number": ("row_number", False),
}
MORE_KEYS = ("filter_mu_min", "filter_mu_max", "filter_sql")
KEYS = (
    "filter_text", "filter_label", "filter_predicted", "filter_decision", "filter_disagree",
    *MORE_KEYS,
)  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What is asked for; an empty field asks for nothing."""

    text: str = ""
    label: str = ""
    predicted: str = ""
    decision: str = ANY
    disagree: bool = False
    mu_min: float | None = None
    mu_max: float | None = None
    sql: str = ""

    def where(self, searched: Callable[[str], Sequence[str]]) -> str | None:
        """The condition on the review table; None when every row will do.

        Args:
            searched: the columns that a text is looked for in.

        Examples:
            >>> Filter(label="it's", mu_min=1.5).where(lambda text: ["text"])
            "(label = 'it''s') AND (mu >= 1.5)"
            >>> Filter(decision="undecided", disagree=True).where(lambda text: ["text"])
            "(decision = '') AND (label <> predicted)"
            >>> Filter().where(lambda text: ["text"]) is None
            True
        """
        parts = []
        if self.text:
            columns = searched(self.text)
            parts.append(contains_text(columns, self.text) if columns else "false")
        if self.label:
            parts.append(f"label = {literal(self.label)}")
        if self.predicted:
            parts.append(f"predicted = {literal(self.predicted)}")
        if self.decision != ANY:
            parts.append(
                f"decision = {literal('' if self.decision == UNDECIDED else self.decision)}"
            )
        if self.disagree:
            parts.append("label <> predicted")
        if self.mu_min is not None:
            parts.append(f"mu >= {self.mu_min!r}")
        if self.mu_max is not None:
            parts.append(f"mu <= {self.mu_max!r}")
        if self.sql:
            parts.append(f"\n{self.sql}\n")  # the line break ends a comment in it
        return " AND ".join(f"({part})" for part in parts) or None

    def words(self) -> str:
        """The same for a person and for the log.

        Examples:
            >>> Filter(text="good", disagree=True, mu_max=-0.1).words()
            "text contains 'good', label differs from prediction, μ ≤ -0.1"
            >>> Filter().words()
            'all rows'
        """
        parts = [
            f"text contains '{self.text}'" if self.text else "",
            f"label {self.label}" if self.label else "",
            f"predicted {self.predicted}" if self.predicted else "",
            f"decision {self.decision}" if self.decision != ANY else "",
            "label differs from prediction" if self.disagree else "",
            f"μ ≥ {self.mu_min:g}" if self.mu_min is not None else "",
            f"μ ≤ {self.mu_max:g}" if self.mu_max is not None else "",
            f"where {self.sql}" if self.sql else "",
        ]
        return ", ".join(part for part in parts if part) or "all rows"


def choose(classes: Sequence[str]) -> Filter:
    """Draw the filters that are always in sight; those by class where there are classes."""
    label = predicted = None
    disagree = False
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        text = st.text_input(
            "Search",
            key="filter_text",
            icon=":material/search:",
            placeholder="in every column of the row",
            on_change=list_changed,
            bind="query-params",
            width=200,
        )
        if classes:
            label = _pick("Label", "filter_label", classes)
            predicted = _pick("Predicted", "filter_predicted", classes)
        decision = st.selectbox(
            "Decision",
            DECISION_CHOICES,
            format_func=lambda name: DECISION_SIGN.get(name) or name,
            key="filter_decision",
            on_change=list_changed,
            bind="query-params",
            width=125,
        )
        if classes:
            disagree = st.toggle(
                "Label ≠ prediction",
                key="filter_disagree",
                help="Only rows whose label differs from what the trained model predicts.",
                on_change=list_changed,
                bind="query-params",
            )
    return Filter(
        text=text,
        label=label or "",
        predicted=predicted or "",
        decision=decision or ANY,
        disagree=disagree,
    )


def choose_more(run: api.Run, table: ReviewTable, target: str, asked: Filter) -> Filter | None:
    """Draw the rest, folded away: range of μ and a SQL condition.

    Returns:
        `asked` with these added; None when the SQL condition is wrong, after saying how.
    """
    used = sum(st.session_state.get(key) not in (None, "") for key in MORE_KEYS)
    label = f"More filters · {used}" if used else "More filters"
    with st.popover(label, icon=":material/tune:", key="filter_more", width=170):
        low, high = st.columns(2)
        more = replace(
            asked,
            mu_min=_bound(low, "μ from", "filter_mu_min"),
            mu_max=_bound(high, "μ to", "filter_mu_max"),
            sql=_condition(),
        )
        if more.sql:
            try:  # alone, so that a message quotes it alone
                reader.listed(run, target, more.sql)
            except FinineError as error:
                show_problem(error)
                return None
        add_condition(table)
        st.caption(EXPRESSION_HELP)
    return more


def choose_sort(table: ReviewTable) -> tuple[str, bool]:
    """Draw the sort, by any column; gives a column and whether it is descending."""
    named = {column for column, _ in SORTS.values()}
    others = [name for name, _ in table.columns() if name not in named]
    there = {name for name, _ in table.columns()}
    chosen = st.selectbox(
        "Sort by",
        [*(words for words, (column, _) in SORTS.items() if column in there), *others],
        key="sort_by",
        on_change=list_changed,
        bind="query-params",
        width=235,
        help="Rank 1 is the most suspicious row for the chosen target. Mean loss is the simple "
        "baseline: how badly the model fitted the row on average over the training. Any column of "
        "the data sorts too, largest first.",
    )
    backwards = st.toggle(
        "Reverse", key="sort_reverse", on_change=list_changed, bind="query-params"
    )
    column, descending = SORTS.get(chosen, (chosen, True))
    return column, descending is not backwards


def choose_page_size() -> int:
    """Draw the choice of how many rows a page has."""
    return int(
        st.selectbox(
            "Rows a page",
            PAGE_SIZES,
            key="page_size",
            on_change=list_changed,
            bind="query-params",
            width=110,
        )
    )


def clear() -> None:
    """Ask for every row again."""
    for key in KEYS:
        st.session_state.pop(key, None)
    list_changed()


def _pick(label: str, key: str, classes: Sequence[str]) -> str | None:
    return st.selectbox(
        label,
        list(classes),
        index=None,
        placeholder=ANY,
        key=key,
        on_change=list_changed,
        bind="query-params",
        width=125,
    )


def _bound(place: DeltaGenerator, label: str, key: str) -> float | None:
    return place.number_input(
        label,
        value=None,
        step=0.1,
        format="%.3g",
        placeholder=ANY,
        key=key,
        on_change=list_changed,
        bind="query-params",
    )


def _condition() -> str:
    return st.text_input(
        "SQL condition",
        key="filter_sql",
        placeholder="mean_loss > 1 AND mu_low > 0.5",
        on_change=list_changed,
        bind="query-params",
    ).strip()
