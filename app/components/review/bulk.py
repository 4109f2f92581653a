"""How is one decision taken on every row that meets the filter?

Draws a choice, a preview of whom it would hit, and a button that says so in full. The button is
bound to the very rows that were shown; when others meet the condition by the time it is pressed,
nothing is marked.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app import state
from finine_app.components import learned, reader
from finine_app.components.cautions import grave_cautions
from finine_app.components.messages import plain
from finine_app.components.pressing import LOG_LOCK, digest, whole
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
    "relabel": "with the label each should rather have",
    "clear": "with no decision (clear)",
}


def decide_on_all(
    run: api.Run,
    table: ReviewTable,
    target: str,
    selection: str,
    where: str | None,
    total: int,
    seen: int,
    of: str = "this list",
) -> None:
    """Mark all rows of the list (or of what else `of` says) at once, after a look at the effect.

    Args:
        seen: the log's version, read before anything of the page.
    """
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
        if decision == RELABEL:
            where = _with_suggestion(where)
        rows = reader.listed(run, target, where)
        total = len(rows)
        if not total:
            st.info("Another label is suggested for none of these rows.")
            return
        counts = table.classes(target=target, where=where).to_pandas()
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
        read = _grave_is_read(run, decision)
        with st.container(key="bulk_apply"):
            # The rows are part of the button's identity.
            st.button(
                f"Mark {_rows(total)} {CHOICES[decision]}",
                key=f"bulk_apply_{decision}_{total}_{digest(rows.tolist())}",
                type="primary",
                disabled=not read,
                on_click=whole(_apply),
                args=(run, table, target, selection, where, rows, decision, seen),
            )


def _grave_is_read(run: api.Run, decision: str) -> bool:
    """Whether somebody who is about to delete or correct many rows has read what speaks against."""
    found = grave_cautions(run) if decision in ("delete", RELABEL) else []
    for one in found:
        st.warning(plain(one.words), icon=":material/warning:")
    return not found or st.checkbox(
        "I have read this and decide on these rows all the same",
        key=f"bulk_read_{decision}_{run.run_id}",
    )


def _apply(
    run: api.Run,
    table: ReviewTable,
    target: str,
    selection: str,
    where: str | None,
    shown: NDArray[np.int64],
    decision: str,
    seen: int,
) -> None:
    reason, reviewer, report = reason_words(decision), state.reviewer(), ""
    this = (decision, selection, reviewer)
    try:
        with LOG_LOCK:
            since = [(one.decision, one.selection, one.reviewer) for one in run.log.events(seen)]
            if this not in since:
                rows = _rows_as_shown(table, target, where, shown)
                report = _report(table, target, where, learned.learns_number(run.record()))
                for label, part in _labelled(table, target, where, rows, decision).items():
                    run.log.mark(part, decision, label=label, reason=reason, reviewer=reviewer,
                                 selection=selection)  # fmt: skip
    except FinineError as error:
        state.note_problem(error)
    else:
        state.note_action(f"{_rows(len(shown))} {DONE_WORDS[decision]}{report}.")
    st.session_state["bulk_decision"] = None


def _with_suggestion(where: str | None) -> str:
    """The condition of those of the rows that the model suggests another label for."""
    suggested = f"{SUGGESTED_LABEL} <> ''"
    return f"({where}) AND {suggested}" if where else suggested


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
    table: ReviewTable, target: str, where: str | None, shown: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The rows of the list.

    Raises:
        FinineError: they are not those that were shown.
    """
    rows = table.row_numbers(target=target, where=where)
    if not np.array_equal(np.sort(rows), np.sort(shown)):
        gone, came = len(np.setdiff1d(shown, rows)), len(np.setdiff1d(rows, shown))
        raise FinineError(
            f"The list has changed meanwhile: {_rows(gone)} left it, {_rows(came)} came.",
            "Nothing was marked; look at the preview again.",
        )
    return rows
