"""Which label should the row have instead? The model's suggestion on a key, any other by choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from finine_app.components.messages import plain
from finine_core.curation.derived import SUGGESTED_LABEL, SURE

RELABEL_KEY = "T"
Relabel = Callable[[str], Callable[[], None]]  # a label → what a press does


def offer_labels(line: dict[str, Any], classes: Sequence[str], relabel: Relabel) -> None:
    """Draw the suggested label, and the choice of another.

    Args:
        line: of the review table.
        classes: of the run; none where its labels are not corrected.
        relabel: gives the callback that corrects the shown row's label.
    """
    row, label = int(line["row_number"]), line["label"]
    suggested = (line.get(SUGGESTED_LABEL) or "") if classes else ""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if suggested:
            with st.container(key="mark_relabel", width="content"):
                st.button(
                    f"Correct to {plain(suggested)}",
                    key=f"mark_relabel_{row}",
                    icon=":material/edit:",
                    shortcut=RELABEL_KEY,
                    on_click=relabel(suggested),
                    help=f"The model is at least {SURE:.0%} sure of this label. The row stays in "
                    "the data, and an export writes this label instead.",
                )
        others = [one for one in classes if one not in (label, suggested)]
        if others:
            with st.popover("Another label", key=f"another_label_{row}", icon=":material/edit:"):
                chosen = st.selectbox(
                    f"Correct the label of row {row} to",
                    others,
                    index=None,
                    placeholder="choose a label",
                    key=f"relabel_to_{row}",
                )
                st.button(
                    "Correct the label",
                    key=f"relabel_other_{row}",
                    type="primary",
                    disabled=chosen is None,
                    on_click=relabel(chosen) if chosen else None,
                )
