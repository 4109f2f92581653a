"""What are the rows in the area that was drawn, what do they do together, and what is decided?

Takes the points and which of them are selected; draws their number, labels, influence and curve,
and the buttons that mark or save exactly these rows.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app import state
from finine_app.components import curve_charts, reader
from finine_app.components.map.points import DECISIONS as CODES
from finine_app.components.map.points import Points, decisions
from finine_app.components.messages import show_problem
from finine_app.components.named_curve import of_group
from finine_app.components.pressing import LOG_LOCK, guarded, save_once, whole
from finine_app.components.words import DONE_WORDS, EXAMPLE_ALPHA, group_words, mu_words
from finine_core import api
from finine_core.errors import FinineError
from finine_core.influence import GroupCurve

GROUP_TARGET = "validation"
LINKED_ROWS = 500  # more row numbers make an address that browsers cut off
DELETE = CODES.index("delete")
BUTTONS = {
    "delete": ("for deletion", ":material/delete:"),
    "keep": ("to keep", ":material/check:"),
    "review": ("as needing review", ":material/question_mark:"),
}


def show(
    run: api.Run, known: Points, mask: NDArray[np.bool_], hidden: int, kind: str, seen: int
) -> None:
    """The selected rows.

    Args:
        mask: which of the points are selected.
        hidden: how many of them are not drawn.
        kind: of the map they were selected on.
        seen: the log's version, read before anything is told of the decisions.
    """
    rows = known.row_number[mask]
    with st.container(key="map_count"):
        st.markdown(f"#### {_rows(len(rows))} selected")
    if hidden:
        st.caption(f"{hidden:,} of them are not drawn.")
    st.button("Clear selection", key="map_clear", type="tertiary", on_click=whole(_clear))
    if not len(rows):
        st.caption("No row lies in that area; draw around some points.")
        return
    st.markdown(
        f"Mean loss **{known.mean_loss[mask].mean():.2f}** (all rows {known.mean_loss.mean():.2f}) "
        f"· mean μ **{known.mu[mask].mean():.3g}** (all rows {known.mu.mean():.3g})"
    )
    _labels(known, mask, decisions(run, known, seen) == DELETE)
    found = _influence(run, rows)
    _decide(run, rows, f"lasso on the map ({kind.upper()}): {_rows(len(rows))}", seen)
    if found is not None:
        named = of_group(found, f"of {_rows(len(rows))}")
        curve_charts.trade_off([named], alpha=EXAMPLE_ALPHA, key="map_curve")


def _labels(known: Points, mask: NDArray[np.bool_], deleted: NDArray[np.bool_]) -> None:
    selected, everywhere, marked = (
        np.bincount(known.label[one], minlength=len(known.labels))
        for one in (mask, slice(None), mask & deleted)
    )
    order = np.argsort(-selected, kind="stable")[: np.count_nonzero(selected)]
    st.dataframe(
        pd.DataFrame(
            {
                "label": [known.labels[place] for place in order],
                "rows": selected[order],
                "share": selected[order] / selected.sum(),
                "of all": everywhere[order] / len(known),
                "marked": marked[order],
            }
        ),
        hide_index=True,
        height="content" if len(order) <= 6 else 247,
        column_config={
            "rows": st.column_config.NumberColumn(format="localized", width=50),
            "share": st.column_config.NumberColumn(
                format="percent", width=55, help="Of the selected rows."
            ),
            "of all": st.column_config.NumberColumn(
                format="percent", width=55, help="The label's share of all training rows."
            ),
            "marked": st.column_config.NumberColumn(
                width=55, help="Selected rows that are marked for deletion now."
            ),
        },
        alt="Labels of the selected rows",
    )


def _influence(run: api.Run, rows: NDArray[np.int64]) -> GroupCurve | None:
    """μ of the group in words; gives its curve."""
    if GROUP_TARGET not in run.targets:
        st.caption("This run has no held-out rows, so that groups have no influence to show.")
        return None
    try:
        found = reader.curve_of_rows(run, rows, GROUP_TARGET)
    except FinineError as error:
        show_problem(error)
        return None
    one = found.influence
    with st.container(key="map_mu"):
        st.markdown(
            f"Taken out together: **μ = {mu_words(one.mu, one.low, one.high)}** on the held-out "
            f"rows. {group_words(one)}"
        )
    if one.left_out:
        st.caption(one.left_out_words)
    if one.large:
        st.caption("So large a group changes where training goes: mark it and verify.")
    return found


def _decide(run: api.Run, rows: NDArray[np.int64], selection: str, seen: int) -> None:
    # The rows are part of the buttons' identity: a press can never mean another selection.
    name = hashlib.sha256(rows.tobytes()).hexdigest()[:12]
    for decision, (words, icon) in BUTTONS.items():
        with st.container(key=f"map_mark_{decision}"):
            st.button(
                f"Mark {_rows(len(rows))} {words}",
                key=f"map_mark_{decision}_{name}",
                icon=icon,
                width="stretch",
                help="Decisions they have now are replaced; one Undo brings all of them back.",
                on_click=guarded(_mark),
                args=(run, rows, decision, selection, seen),
            )
    with (
        st.form(f"map_save_{name}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input("Save these rows as a group", key=f"map_name_{name}", placeholder="its name")
        st.form_submit_button(
            "Save", key="map_save", icon=":material/bookmark_add:",
            on_click=guarded(_save), args=(run, rows, selection, f"map_name_{name}"),
        )  # fmt: skip
    if len(rows) <= LINKED_ROWS:
        st.page_link(
            state.page("review"),
            label="Look at these rows in Review",
            icon=":material/fact_check:",
            query_params={
                "run": run.run_id,
                "filter_sql": f"row_number IN ({', '.join(map(str, rows.tolist()))})",
            },
        )
    else:
        st.caption(f"Up to {LINKED_ROWS} selected rows can be listed in Review.")


def _mark(run: api.Run, rows: NDArray[np.int64], decision: str, selection: str, seen: int) -> None:
    this = (decision, selection, state.reviewer())
    with LOG_LOCK:
        since = [(one.decision, one.selection, one.reviewer) for one in run.log.events(seen)]
        if this not in since:
            run.log.mark(rows, decision, reviewer=state.reviewer(), selection=selection)
    state.note_action(f"{_rows(len(rows))} {DONE_WORDS[decision]}.")


def _save(run: api.Run, rows: NDArray[np.int64], selection: str, key: str) -> None:
    name = str(st.session_state.get(key) or "")
    saved = save_once(run.groups, rows.tolist(), name, selection)
    state.note_action(f"{_rows(len(rows))} saved as the group {saved.name}.")


def _clear() -> None:
    state.select_lasso(None)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
