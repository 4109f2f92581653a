"""What should a person know of the data before they train on it?

Draws the findings of the checks, the most severe first: what was found, what to do, and the first
rows concerned. Nothing here keeps a run from starting.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from finine_app import state
from finine_app.components.commands import check_command
from finine_app.components.data.checked import Checked
from finine_app.components.data.choice import DataChoice
from finine_app.components.messages import plain
from finine_core.api import Finding, Report, Severity

# A sign and a word beside the colour.
BADGES = {
    Severity.WARNING: ":orange-badge[:material/warning: Warning]",
    Severity.NOTE: ":blue-badge[:material/info: Note]",
}
TABLE_HEIGHT = 215  # five rows and the header; the others are a scroll away


def show_findings(checked: Checked, choice: DataChoice) -> None:
    """All findings, or that there are none."""
    report = checked.report
    st.subheader("Before you train")
    if not report.findings:
        st.markdown(f":material/check: **No problems found** in {report.rows:,} rows.")
    else:
        st.markdown(
            f"**{count_words(report)}.** Have a look; nothing of this keeps a run from starting."
        )
        with st.container(border=True, gap="medium"):
            for finding, rows in zip(report.findings, checked.rows_concerned, strict=True):
                _show(finding, rows, report.rows)
    st.caption(f"Looked for: {'; '.join(report.looked_for)}.")
    with st.expander("The same on the command line", icon=":material/terminal:"):
        st.code(check_command(choice), language="bash", wrap_lines=True)


def link_to_warnings(report: Report) -> None:
    """One line for the Run page, where there are warnings."""
    number = len(report.warnings)
    if number:
        words = "1 warning" if number == 1 else f"{number:,} warnings"
        st.page_link(
            state.page("data"),
            label=f"{words} about this data: have a look before you start",
            icon=":material/warning:",
        )


def count_words(report: Report) -> str:
    """How many warnings and notes there are.

    Examples:
        >>> count_words(Report(rows=9, findings=(), looked_for=()))
        'No warnings'
    """
    numbers = ((len(report.warnings), "warning"), (len(report.notes), "note"))
    told = [f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in numbers if n]
    return " and ".join(told) or "No warnings"


def _show(finding: Finding, rows: pd.DataFrame, all_rows: int) -> None:
    with st.container(gap="xxsmall"):
        st.markdown(f"{BADGES[finding.severity]} **{plain(finding.problem)}**")
        st.caption(plain(finding.mend))
        if not len(rows):
            return
        with st.expander(_rows_words(finding, all_rows), icon=":material/table_rows:"):
            st.dataframe(
                rows,
                hide_index=True,
                height=TABLE_HEIGHT if len(rows) > 5 else "content",
                key=f"finding_{finding.kind}_{'_'.join(finding.columns[:1])}",
                alt=f"Rows concerned: {finding.problem}",
            )


def _rows_words(finding: Finding, all_rows: int) -> str:
    shown = len(finding.rows)
    if finding.count == all_rows:
        return f"The first {shown:,} rows, for a look"
    if finding.count > shown:
        return f"The first {shown:,} of the {finding.count:,} rows concerned"
    return "The row concerned" if shown == 1 else f"The {shown:,} rows concerned"
