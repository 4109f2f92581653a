"""What will be taken out, by whom and why, and what is the story of the decisions?

Takes a finished run; gives counts and small tables for the Export page. Of many rows only the
first are fetched, so that the page stays light.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from finine_app.components.messages import plain
from finine_app.components.run_summary import local_time
from finine_app.theme import DECISION_SIGN
from finine_core import api
from finine_core.curation.decisions import Event
from finine_core.curation.export import ExportPlan

LISTED_ROWS = 200  # of the rows to be removed; all of them are in the export
LISTED_EVENTS = 500  # of the log, newest first


@dataclass(frozen=True)
class Counts:
    """Rows of the file, and how they are decided; held-out rows are part of all of them."""

    all: int
    held_out: int
    removed: int
    corrected: int
    in_review: int

    @property
    def kept(self) -> int:
        """Rows that stay in the file."""
        return self.all - self.removed


def counts_of(run: api.Run, plan: ExportPlan) -> Counts:
    """How many rows stay, go, and stay with another label, by the plan alone."""
    dataset = run.record()["dataset"]
    decided = Counter(plan.decided.column("decision").to_pylist())
    return Counts(
        all=dataset["rows"],
        # a second validation file is not part of the file that is exported
        held_out=dataset["rows"] - run.scored,
        removed=decided["delete"],
        corrected=plan.corrected.num_rows,
        in_review=decided["review"],
    )


def show_removed(run: api.Run, plan: ExportPlan) -> None:
    """The rows to be removed: by reason and reviewer, and the first of them one by one."""
    deleted = plan.deleted
    count = deleted.num_rows
    groups = deleted.group_by(["reason", "reviewer"]).aggregate([("row_number", "count")])
    table = groups.to_pandas().rename(
        columns={"reason": "Reason", "reviewer": "Decided by", "row_number_count": "Rows"}
    )
    table["Reason"] = table["Reason"].replace("", "(none given)")
    table = table.sort_values(["Rows", "Reason"], ascending=[False, True])
    st.dataframe(
        table[["Rows", "Reason", "Decided by"]],
        hide_index=True,
        key="removed_groups",
        alt="Rows to be removed, by reason and reviewer",
    )
    target = run.rankings[0]  # by suspicion, which has held-out rows too
    page = run.review().query(target=target, where="decision = 'delete'", limit=LISTED_ROWS)
    heading = f"μ ({run.targets[0]})"
    with st.expander(f"The rows, one by one ({count:,})", icon=":material/list:"):
        frame = page.select(["row_number", "row_id", "label", "predicted", "mu"]).to_pandas()
        frame = frame.rename(
            columns={
                "row_number": "Row",
                "row_id": "Id",
                "label": "Label",
                "predicted": "Model says",
                "mu": heading,
            }
        )
        st.dataframe(
            frame,
            hide_index=True,
            key="removed_rows",
            column_config={heading: st.column_config.NumberColumn(format="%.2f")},
            alt="The first rows to be removed, most suspicious first",
        )
        if count > LISTED_ROWS:
            st.caption(f"The first {LISTED_ROWS} by rank; all {count:,} are in the export.")


def show_log(run: api.Run) -> None:
    """Every decision, newest first; what was undone says so."""
    events = run.decisions()
    with st.expander(f"The log of decisions ({len(events):,})", icon=":material/history:"):
        if not events:
            st.write("Nothing was decided yet.")
            return
        newest = events[::-1][:LISTED_EVENTS]
        frame = pd.DataFrame(
            {
                "When": [local_time(event.at) for event in newest],
                "Who": [event.reviewer for event in newest],
                "What": [_what(event) for event in newest],
                "Rows": [event.rows for event in newest],
                "In force": [_force(event) for event in newest],
                "Reason": [event.reason for event in newest],
                "How the rows were chosen": [event.selection for event in newest],
            }
        )
        st.dataframe(frame, hide_index=True, key="decision_log", alt="The log of decisions")
        if len(events) > LISTED_EVENTS:
            st.caption(f"The newest {LISTED_EVENTS} of {len(events):,}.")


def say_counts(counts: Counts) -> None:
    """The counts as figures, and what becomes of the held-out rows."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Rows in the file", f"{counts.all:,}", width="content")
        st.metric("Stay", f"{counts.kept:,}", width="content")
        st.metric("Will be removed", f"{counts.removed:,}", width="content")
        st.metric("Labels corrected", f"{counts.corrected:,}", width="content")
        st.metric(
            "Still marked for review",
            f"{counts.in_review:,}",
            help="They stay in the file as long as nobody marks them for deletion.",
            width="content",
        )
    if counts.held_out:
        st.caption(
            f"{counts.held_out:,} of the rows were held out for validation in this run. They have "
            "no μ; what was decided about them is carried out like the rest."
        )


def name_of(run: api.Run) -> str:
    """The run's name, for markdown."""
    return plain(run.record()["name"])


def _what(event: Event) -> str:
    if event.kind != "mark":
        return f"{event.kind} of no. {event.of_event}"
    decision = event.decision or ""
    new = f" to {event.label}" if event.label is not None else ""
    return f"no. {event.event_id}: {DECISION_SIGN.get(decision, decision)}{new}"


def _force(event: Event) -> str:
    if event.kind != "mark":
        return ""
    return "yes" if event.active else "no, undone"
