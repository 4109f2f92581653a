"""Which page of the ranked list is shown, and which of its rows is looked at?

Takes the review table and a filter; draws one page, sorted and cut out on the server. Rows are
known by row number throughout: positions in the table on the screen are translated at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app import state
from finine_app.components import reader
from finine_app.components.content import Content, preview
from finine_app.components.pressing import digest, whole
from finine_app.components.reader import listed
from finine_app.components.review import ticked
from finine_app.components.review.listing import take_list_changed
from finine_app.components.words import NOT_IN_INTERVAL, interval_words
from finine_app.theme import DECISION_SIGN
from finine_core import api
from finine_core.curation.decisions import RELABEL
from finine_core.curation.derived import SUGGESTED_LABEL
from finine_core.runs.columns import BY_SUSPICION, SUSPICION
from finine_core.tradeoff import gaussian_beta

TABLE_HEIGHT = 37 + 35 * 25  # pixels; a whole page of 25 rows, so that the shown one is in sight
SPARKLINE = np.linspace(0.0, 1.0, 21)  # the α of the small curves
_FOLLOW = "_follow"  # the way in which the list follows the shown row: "", "next", "previous"
# Every message of a browser carries the state of all widgets. The second of two quick presses
# brings the selection and page of before the first, which Streamlit takes for a click there. A
# true click comes alone: so a pick that comes together with a press is dropped.
_PICKED, _PRESSED, _PAGE = "_picked_row", "_pressed", "_shown_page"


@dataclass(frozen=True)
class Listing:
    """One page of the filtered, sorted list, and what lies around it.

    Attributes:
        lines: the page's rows, as columns of the review table.
        total: rows that meet the filter.
        page, pages, size: which page this is, of how many, of how many rows.
        before, after: row numbers beside the page; None at the ends of the list.
    """

    lines: list[dict[str, Any]]
    total: int
    page: int
    pages: int
    size: int
    before: int | None
    after: int | None

    @property
    def rows(self) -> list[int]:
        """The page's row numbers, in order."""
        return [int(line["row_number"]) for line in self.lines]

    def around(self, row: int) -> tuple[int | None, int | None]:
        """The rows before and after a row; from off the page one gets onto it.

        Examples:
            >>> page = Listing([{"row_number": 7}, {"row_number": 3}], 9, 2, 4, 2, 5, 8)
            >>> page.around(7), page.around(3), page.around(100)
            ((5, 3), (7, 8), (None, 7))
        """
        rows = self.rows
        if row not in rows:
            return None, rows[0] if rows else None
        ring = [self.before, *rows, self.after]
        place = rows.index(row) + 1
        return ring[place - 1], ring[place + 1]


def load(
    run: api.Run,
    target: str,
    where: str | None,
    sort: tuple[str, bool],
    size: int,
) -> Listing:
    """The page that is turned to, or the one beside it when the shown row has moved there."""
    _settle()
    rows = listed(run, target, where, sort)
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, int(st.session_state.get("page_number", 1))), pages)
    follow, row = st.session_state.pop(_FOLLOW, ""), state.selected_row()
    if follow and row is not None and row not in _page_of(rows, page, size):
        beside = page + (1 if follow == "next" else -1)
        if 1 <= beside <= pages and row in _page_of(rows, beside, size):
            page = beside
    listing = _listing(run, target, rows, page, size)
    if st.session_state.get("page_number", 1) != listing.page:
        st.session_state["page_number"] = listing.page
    st.session_state[_PAGE] = listing.page
    return listing


def shown_row(listing: Listing) -> int | None:
    """The row whose details are shown: the chosen one, else the first of the page."""
    row, rows, changed = state.selected_row(), listing.rows, take_list_changed()
    if rows and (row is None or (changed and row not in rows)):
        row = rows[0]
        state.select_row(row)
    return row


def go_to(row: int, way: str) -> None:
    """Show another row of the list, and let the page follow it (`next` or `previous`)."""
    st.session_state[_FOLLOW] = way
    st.session_state[_PRESSED] = True
    state.select_row(row)


def draw(run: api.Run, listing: Listing, target: str, content: Content, several: bool) -> None:
    """The page as a table in which one row can be chosen, or several be ticked.

    Args:
        several: whether each row has a box to tick; a click beside it still shows the row.
    """
    rows, chosen = listing.rows, state.selected_row()
    # A browser tells positions. The rows are part of the table's identity, so that a click or a
    # tick on the picture of other rows never reaches these.
    key = f"review_table_{digest(rows)}"
    wanted = [rows.index(chosen)] if chosen in rows else []
    if several:
        of_these = set(ticked.ticked(run))
        wanted = [place for place, row in enumerate(rows) if row in of_these]
    now = st.session_state.get(key, {}).get("selection", {})
    if list(now.get("rows", [])) != wanted or now.get("cells"):
        st.session_state[key] = {"selection": {"rows": wanted}}

    @whole
    def take() -> None:
        picked = st.session_state[key]["selection"]  # a click on a cell means its row
        if several:
            ticked.take(run, rows, [rows[place] for place in picked["rows"] if place < len(rows)])
        places = [cell[0] for cell in picked["cells"]] or ([] if several else picked["rows"])
        if places and places[0] < len(rows):
            st.session_state[_PICKED] = rows[places[0]]

    with st.container(key="review_table"):
        st.dataframe(
            _frame(listing, content),
            key=key,
            on_select=take,
            selection_mode=["multi-row" if several else "single-row", "single-cell"],
            hide_index=True,
            height=min(TABLE_HEIGHT, 37 + 35 * len(rows)),
            column_config=_columns(target),
            alt=f"Ranked rows, page {listing.page} of {listing.pages}",
        )


def decision_words(line: dict[str, Any]) -> str:
    """What was decided on a row: of a corrected label, which it is now.

    Examples:
        >>> decision_words({"decision": "relabel", "new_label": "cat"})
        '✎ → cat'
    """
    if line["decision"] == RELABEL and line.get("new_label"):
        return f"✎ → {line['new_label']}"
    return DECISION_SIGN[line["decision"]]


def _settle() -> None:
    """Show the row that was clicked, unless the click is an echo of an older state."""
    picked = st.session_state.pop(_PICKED, None)
    if not st.session_state.pop(_PRESSED, False):
        if picked is not None:
            state.select_row(picked)
    elif _PAGE in st.session_state:
        take_list_changed()
        st.session_state["page_number"] = st.session_state[_PAGE]


def _page_of(rows: NDArray[np.int64], page: int, size: int) -> NDArray[np.int64]:
    return rows[(page - 1) * size : page * size]


def _listing(run: api.Run, target: str, rows: NDArray[np.int64], page: int, size: int) -> Listing:
    """One page of a list of row numbers, and the rows beside it."""
    start, end = (page - 1) * size, page * size
    lines = reader.lines(run, rows[start:end], target)
    before = int(rows[start - 1]) if start else None
    after = int(rows[end]) if end < len(rows) else None
    return Listing(lines, len(rows), page, max(1, -(-len(rows) // size)), size, before, after)


def _frame(listing: Listing, content: Content) -> pd.DataFrame:
    lines = listing.lines
    columns: dict[str, list[Any]] = {
        name: [line[name] for line in lines] for name in ("rank", "row_number")
    }
    columns["decision"] = [decision_words(line) for line in lines]
    if lines and lines[0].get(SUSPICION) is not None:
        columns |= {name: [line[name] for line in lines] for name in (SUSPICION, "label")}
        columns[SUGGESTED_LABEL] = [line[SUGGESTED_LABEL] for line in lines]
    columns |= {name: [line[name] for line in lines] for name in ("label", "predicted", "mu")}
    columns["interval"] = [
        "" if line["mu"] is None else interval_words(line["mu_low"], line["mu_high"], line["mu"])
        for line in lines
    ]
    columns["content"] = [preview(line, content) for line in lines]
    columns["curve"] = [_sparkline(line["mu"]) for line in lines]
    columns |= {name: [line[name] for line in lines] for name in ("mean_loss", "row_id")}
    return pd.DataFrame(columns)


def _sparkline(mu: float | None) -> list[float]:
    if mu is None:
        return []
    return gaussian_beta(mu, SPARKLINE).round(3).tolist()


def _columns(target: str) -> dict[str, Any]:
    """How each column is headed, explained on hover, and printed."""
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    suspicious = "largest μ" if target == "self" else "smallest μ (most harmful)"
    suspicious = "highest suspicion" if target == BY_SUSPICION else suspicious
    return {
        "rank": number(
            "rank", width=45, help=f"1 is the most suspicious row: the one with the {suspicious}."
        ),
        SUSPICION: number(
            "wrong?",
            width=60,
            format="%.0f %%",
            help="Suspicion: the chance that the label is wrong, calibrated by errors that were "
            "planted in a copy of this data set.",
        ),
        SUGGESTED_LABEL: text(
            "rather",
            width=78,
            help="The label that the row should rather have; empty where its own is likelier.",
        ),
        "row_number": number(
            "row",
            width=60,
            help="Position in the input file, counted from 0. Rows are known by it.",
        ),
        "decision": text("decision", width=80, help="What was decided on the row; empty: nothing."),
        "mu": number(
            "μ",
            width=52,
            format="%.2f" if target in ("self", BY_SUSPICION) else "%.3f",
            help="Influence of the row on the target, in the units of a Gaussian test: 0 means "
            "nobody could tell whether the row was there, 1 is noticeable, 3 is hard to miss. "
            "The sign says whether removing the row raises (+) or lowers (−) the target's loss.",
        ),
        "interval": text("90 % interval", width=100, help=f"Of μ. {NOT_IN_INTERVAL}"),
        "curve": st.column_config.LineChartColumn(
            "G_μ",
            width=60,
            y_min=0,
            y_max=1,
            help="The trade-off curve that goes with this μ: misses β against false alarms α. The "
            "deeper it bends, the more the row gives itself away. The curve from what was "
            "recorded is beside the table.",
        ),
        "label": text("label", width=78, help="What the data says."),
        "predicted": text("predicted", width=78, help="What the trained model finds most likely."),
        "content": text(
            "content", width=260, help="The beginning of the row; all of it is shown beside."
        ),
        "mean_loss": number(
            "mean loss",
            width=80,
            format="%.2f",
            help="The row's loss, averaged over the training. A simple and strong baseline for "
            "wrong labels; it has no interval and says nothing about influence.",
        ),
        "row_id": text("id", width=80, help="From the id column, else the row number."),
    }
