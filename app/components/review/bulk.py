"""How is one decision taken on every row that meets the filter?

Draws a choice, a preview of whom it would hit, and a button that says so in full. The button is
bound to the condition and the number of rows that were shown; when they have changed by the time
it is pressed, nothing is marked.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app import state
from finine_app.components import learned
from finine_app.components.messages import plain
from finine_app.components.review.decide import LOG_LOCK, events_since
from finine_app.components.review.why import reason_words
from finine_app.components.words import DONE_WORDS
from finine_core import api
from finine_core.curation.decisions import RELABEL
from finine_core.curation.derived import SUGGESTED_LABEL
from finine_core.curation.review import DECISION, ReviewTable
from finine_core.errors import FinineError

REPORTED_LABELS = 4  # in the line beside Undo; the preview lists all of them
CHOICES = {
    "delete": "for deletion",
    "keep": "to keep",
    "review": "as needing review",
    "relabel": "with the label the model suggests",
    "clear": "with no decision (clear)",
}


def decide_on_all(
    run: api.Run,
    table: ReviewTable,
    target: str,
    selection: str,
    where: str | None,
    total: int,
    of: str = "this list",
) -> None:
    """Mark all rows of the list (or of what else `of` says) at once, after a look at the effect."""
    if total == 0:
        return
    number = learned.learns_number(run.record())
    decision = st.selectbox(
        f"Mark all {_rows(total)} of {of} …",
        [one for one in CHOICES if one != RELABEL or learned.classes_to_correct_to(run.record())],
        index=None,
        placeholder="choose a decision, look at the preview, then confirm",
        format_func=CHOICES.__getitem__,
        key="bulk_decision",
    )
    if decision is None:
        return
    with st.container(border=True):
        counts = table.classes(target=target, where=where).to_pandas()
        if decision == RELABEL:
            total, where = _with_suggestion(table, target, where)
            counts = table.classes(target=target, where=where).to_pandas()
            if not total:
                st.info("The model suggests another label for none of these rows.")
                return
        back = "one Undo a label brings" if decision == RELABEL else "one Undo brings"
        st.markdown(
            f"**Preview.** {_rows(total)} ({plain(selection)}) would be "
            f"{DONE_WORDS[decision]}. Decisions they have now are replaced; {back} all of them "
            "back."
        )
        if number:
            marked = int(counts["marked"].sum())
            st.markdown(f"{_rows(marked)} of {of} are marked for deletion now.")
        else:
            st.dataframe(
                pd.DataFrame(
                    {
                        "label": counts["label"],
                        f"rows in {of}": counts["rows"],
                        "marked for deletion now": counts["marked"],
                    }
                ),
                hide_index=True,
                height="content" if len(counts) <= 10 else 387,
                alt="Rows of each label that would be marked",
            )
        with st.container(key="bulk_apply"):
            # The shown number and condition are part of the button's identity.
            st.button(
                f"Mark {_rows(total)} {CHOICES[decision]}",
                key=f"bulk_apply_{decision}_{total}_{hash((target, where))}",
                type="primary",
                on_click=_apply,
                args=(run, table, target, selection, where, total, decision, run.log.version()),
            )


def _apply(
    run: api.Run,
    table: ReviewTable,
    target: str,
    selection: str,
    where: str | None,
    shown: int,
    decision: str,
    seen: int,
) -> None:
    reason, reviewer, report = reason_words(decision), state.reviewer(), ""
    try:
        with LOG_LOCK:
            since = events_since(run, seen)
            if all((one.decision, one.selection) != (decision, selection) for one in since):
                rows = _rows_as_shown(table, target, where, shown)
                report = _report(table, target, where, learned.learns_number(run.record()))
                for label, part in _labelled(table, target, where, rows, decision).items():
                    run.log.mark(part, decision, label=label, reason=reason, reviewer=reviewer,
                                 selection=selection)  # fmt: skip
    except FinineError as error:
        state.note_problem(error)
    else:
        state.note_action(f"{_rows(shown)} {DONE_WORDS[decision]}{report}.")
    st.session_state["bulk_decision"] = None


def _with_suggestion(table: ReviewTable, target: str, where: str | None) -> tuple[int, str]:
    """How many of the rows the model suggests another label for, and the condition of these."""
    suggested = f"{SUGGESTED_LABEL} <> ''"
    both = f"({where}) AND {suggested}" if where else suggested
    return table.count(target=target, where=both), both


def _labelled(
    table: ReviewTable, target: str, where: str | None, rows: NDArray[np.int64], decision: str
) -> dict[str | None, NDArray[np.int64]]:
    """The rows by the label they are to get; all of them under None where none is changed."""
    if decision != RELABEL:
        return {None: rows}
    found = table.query(target=target, where=where)
    labels = np.asarray(found.column(SUGGESTED_LABEL).to_pylist(), dtype=object)
    numbers = found.column("row_number").to_numpy()
    return {str(one): numbers[labels == one] for one in sorted(set(labels))}


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _report(table: ReviewTable, target: str, where: str | None, number: bool) -> str:
    """What a bulk decision hit: rows of each label, and how many had another decision."""
    had = table.tally({"had": f"{DECISION} <> ''"}, target=target, where=where)["had"]
    if number:  # hardly two rows have the same
        return f" ({had:,} had a decision before)"
    counts = table.classes(target=target, where=where).to_pylist()
    labels = ", ".join(f"{one['rows']:,} {one['label']}" for one in counts[:REPORTED_LABELS])
    labels += ", …" if len(counts) > REPORTED_LABELS else ""
    return f" ({labels}; {had:,} had a decision before)"


def _rows_as_shown(
    table: ReviewTable, target: str, where: str | None, shown: int
) -> NDArray[np.int64]:
    """The rows of the list.

    Raises:
        FinineError: they are not as many as were shown.
    """
    rows = table.row_numbers(target=target, where=where)
    if len(rows) != shown:
        raise FinineError(
            f"The list has changed meanwhile: it had {shown:,} rows, now {len(rows):,}.",
            "Nothing was marked; look at the preview again.",
        )
    return rows
