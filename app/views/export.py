"""The Export page: what stays, what goes and why, and the cleaned file to take away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from finine_app import state
from finine_app.components import charts
from finine_app.components.export.download import download
from finine_app.components.export.removal import (
    counts_of,
    name_of,
    say_counts,
    show_log,
    show_removed,
)
from finine_app.components.messages import nothing_yet, plain, show_problem
from finine_core import api
from finine_core.curation.review import ReviewTable
from finine_core.errors import FinineError
from finine_core.verification import sentences


def render() -> None:
    """Draw the page."""
    st.title("Export")
    run = state.current_run()
    if run is None:
        nothing_yet(
            "There is no run yet",
            "An export takes out of a file what was marked for deletion after a run.",
            "data",
            "Choose data",
        )
        return
    try:
        _export(run)
    except FinineError as error:
        show_problem(error)
        st.page_link(state.page("run"), label="Look at the run", icon=":material/arrow_forward:")


def _export(run: api.Run) -> None:
    table = run.review()  # refuses a run that is not done, and says why
    st.caption(f"Of the run {name_of(run)}")
    counts = counts_of(run)
    say_counts(counts)
    if counts.removed == 0:
        nothing_yet(
            "Nothing is marked for deletion",
            "An export takes out the rows that are marked **delete**. Look at the ranked rows and "
            "mark those that are wrong; every mark can be undone.",
            "review",
            "Review the rows",
        )
        show_log(run)
        return
    st.subheader("What will be removed")
    show_removed(run, counts.removed)
    show_log(run)
    st.subheader("Classes before and after")
    _balance(table, state.target(run))
    st.subheader("Take it away")
    st.write(
        "The cleaned file keeps the format, the columns and every byte of the rows that stay. "
        "Beside it lie the removed rows, their scores, and a manifest that says what was removed, "
        "by whom and why."
    )
    _verified(run)
    download(run)


def _verified(run: api.Run) -> None:
    """What retraining found about these rows, or where to ask."""
    found = run.verification()
    if found is None:
        st.info(
            "Whether the removal makes a model better is not known yet: this page removes what "
            "people decided to remove. Training again with and without these rows tells.",
            icon=":material/science:",
        )
        st.page_link(state.page("verify"), label="Verify it", icon=":material/arrow_forward:")
        return
    st.info(
        f"**Verified.** {plain(sentences(found)[0])} The manifest says so, too.",
        icon=":material/science:",
    )
    st.page_link(state.page("verify"), label="All of it", icon=":material/arrow_forward:")


def _balance(table: ReviewTable, target: str) -> None:
    classes = table.classes(target=target).to_pandas()
    before, after = classes["rows"], classes["rows"] - classes["marked"]
    labels = classes["label"].fillna("").astype(str).tolist()
    chart, numbers = st.columns(2)
    with chart:
        charts.balance_before_after(
            labels, before.tolist(), after.tolist(), key="balance_before_after"
        )
    numbers.dataframe(
        pd.DataFrame(
            {
                "Class": labels,
                "Before": before,
                "After": after,
                "% before": before * 100 / max(before.sum(), 1),
                "% after": after * 100 / max(after.sum(), 1),
            }
        ),
        hide_index=True,
        key="balance_table",
        column_config={
            "Before": st.column_config.NumberColumn(format="localized"),
            "After": st.column_config.NumberColumn(format="localized"),
            "% before": st.column_config.NumberColumn(format="%.1f"),
            "% after": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Rows of each class before and after the removal",
    )
    st.caption("Counted over the training rows; held-out rows stay as they are.")
