"""The Export page: what stays, what goes or changes and why, and the cleaned file to take away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from finine_app import state
from finine_app.components import charts, learned
from finine_app.components.cautions import show_cautions
from finine_app.components.export.correction import say_right_already, show_corrected
from finine_app.components.export.download import download
from finine_app.components.export.removal import (
    Counts,
    counts_of,
    name_of,
    say_counts,
    show_log,
    show_removed,
)
from finine_app.components.messages import nothing_yet, plain, show_problem
from finine_core import api
from finine_core.curation.export import ExportPlan
from finine_core.errors import FinineError
from finine_core.verification import headline, sentences


def render() -> None:
    """Draw the page."""
    st.title("Export")
    run = state.current_run()
    if run is None:
        nothing_yet(
            "There is no run yet",
            "An export carries out what was decided on the rows of a run.",
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
    plan = run.export_plan()  # refuses a run that is not done, and says why
    st.caption(f"Of the run {name_of(run)}")
    show_cautions(run, "export")
    counts = counts_of(run, plan)
    say_counts(counts)
    if counts.removed == 0 and counts.corrected == 0:
        nothing_yet(
            "Nothing is marked for deletion, and no label is corrected",
            "An export takes out the rows that are marked **delete** and corrects the labels of "
            "those marked **relabel**. Look at the ranked rows and decide on those that are wrong; "
            "every decision can be undone.",
            "review",
            "Review the rows",
        )
        say_right_already(plan)
        show_log(run)
        return
    st.subheader("Before and after")
    charts.rows_before_after(counts.kept, counts.corrected, counts.removed, key="rows_picture")
    _balance(plan, learned.learns_number(run.record()))
    if counts.removed:
        st.subheader("What will be removed")
        show_removed(run, plan)
    if counts.corrected:
        st.subheader("What will be corrected")
        show_corrected(run, plan)
    say_right_already(plan)
    show_log(run)
    st.subheader("What it does to a model")
    _verified(run, counts)
    st.subheader("Take it away")
    st.write(
        "The cleaned file keeps the format, the columns and every byte of the rows that stay; of a "
        "corrected row only the label is written anew, as the file writes that class elsewhere."
    )
    download(run)


def _verified(run: api.Run, counts: Counts) -> None:
    """What retraining found about these marks, or where to ask."""
    if not (counts.removed or counts.corrected):
        return
    found = run.verification()
    if found is None and run.running_verifications():
        st.info("A verification is going on; its result is told here and in the manifest of an "
                "export that is prepared after it.", icon=":material/science:")  # fmt: skip
        st.page_link(state.page("verify"), label="Watch it", icon=":material/arrow_forward:")
        return
    if found is None:
        st.info(
            "Whether this makes a model better is not known yet: this page removes and corrects "
            "what people decided to. Training again with and without these marks tells.",
            icon=":material/science:",
        )
        st.page_link(state.page("verify"), label="Verify it", icon=":material/arrow_forward:")
        return
    st.info(
        f"**Checked by training again. {plain(headline(found))}** {plain(sentences(found)[0])} The "
        "manifest says so, too.",
        icon=":material/science:",
    )
    st.page_link(state.page("verify"), label="All of it", icon=":material/arrow_forward:")


def _balance(plan: ExportPlan, number: bool) -> None:
    labels = list(plan.balance)
    before, after = (pd.Series([two[place] for two in plan.balance.values()]) for place in (0, 1))
    chart, numbers = st.columns(2)
    with chart:
        charts.balance_before_after(
            labels, before.tolist(), after.tolist(), key="balance_before_after"
        )
    numbers.dataframe(
        pd.DataFrame(
            {
                "Value" if number else "Class": labels,
                "Before": before,
                "After": after,
                "% before": before * 100 / max(before.sum(), 1),
                "% after": after * 100 / max(after.sum(), 1),
            }
        ),
        height="content" if len(labels) <= 10 else 387,
        hide_index=True,
        key="balance_table",
        column_config={
            "Before": st.column_config.NumberColumn(format="localized"),
            "After": st.column_config.NumberColumn(format="localized"),
            "% before": st.column_config.NumberColumn(format="%.1f"),
            "% after": st.column_config.NumberColumn(format="%.1f"),
        },
        alt=f"Rows of each {'band of values' if number else 'class'} before and after the export",
    )
    st.caption(
        (
            "The values are counted in bands of about as many training rows each. "
            if number
            else "Classes are counted over the training rows, a corrected label as what it "
            "becomes. "
        )
        + "Held-out rows have no μ and are not counted."
    )
