"""Which labels will be corrected, from what to what, by whom and why?

Takes the plan of an export; gives the corrections in groups and the first of them one by one.
"""

from __future__ import annotations

import streamlit as st

from finine_core import api
from finine_core.curation.export import ExportPlan

LISTED_ROWS = 200  # one by one; all of them are in the export


def show_corrected(run: api.Run, plan: ExportPlan) -> None:
    """The labels to be corrected: by old and new label, reason and reviewer, then by row."""
    found = plan.corrected.to_pandas()
    names = {"old_label": "Label now", "new_label": "Corrected to", "reason": "Reason",
             "reviewer": "Decided by"}  # fmt: skip
    groups = found.groupby(list(names), sort=False).size().reset_index(name="Rows")
    groups["reason"] = groups["reason"].replace("", "(none given)")
    groups = groups.sort_values("Rows", ascending=False, kind="stable").rename(columns=names)
    st.dataframe(
        groups[["Rows", *names.values()]],
        hide_index=True,
        height="content" if len(groups) <= 10 else 387,
        key="corrected_groups",
        alt="Labels to be corrected, by old and new label, reason and reviewer",
    )
    count, target = len(found), run.targets[0]
    with st.expander(f"The labels, one by one ({count:,})", icon=":material/list:"):
        columns = ["row_number", "row_id", *names, "mu"]
        heads = {"row_number": "Row", "row_id": "Id", "mu": f"μ ({target})", **names}
        st.dataframe(
            found[columns].head(LISTED_ROWS).rename(columns=heads),
            hide_index=True,
            key="corrected_rows",
            column_config={heads["mu"]: st.column_config.NumberColumn(format="%.2f")},
            alt="The first labels to be corrected, in row order",
        )
        if count > LISTED_ROWS:
            st.caption(f"The first {LISTED_ROWS} by row; all {count:,} are in the export.")


def say_right_already(plan: ExportPlan) -> None:
    """Rows whose corrected label is the one they have."""
    if plan.right_already:
        rows = "row has" if plan.right_already == 1 else "rows have"
        st.caption(
            f"{plan.right_already:,} more {rows} the label already that somebody gave as the "
            "correction; nothing changes there."
        )
