"""Which label should the row have instead? The model's suggestion on a key, any other by choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from finine_app.components.messages import plain
from finine_app.components.pressing import guarded
from finine_core.curation.derived import SUGGESTED_LABEL, SURE
from finine_core.errors import FinineError

RELABEL_KEY = "T"
Relabel = Callable[[str], None]  # corrects the row's label to this one


def suggestion(line: dict[str, Any], classes: Sequence[str]) -> str:
    """The label that the model suggests for a row; '' where it suggests none."""
    return (line.get(SUGGESTED_LABEL) or "") if classes else ""


def offer_labels(line: dict[str, Any], classes: Sequence[str], relabel: Relabel) -> None:
    """Draw the suggested label, and the choice of another.

    Args:
        line: of the review table.
        classes: of the run; none where its labels are not corrected.
        relabel: corrects the shown row's label.
    """
    row, label = int(line["row_number"]), line["label"]
    suggested = suggestion(line, classes)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if suggested:
            with st.container(key="mark_relabel", width="content"):
                st.button(
                    f"Correct to {plain(suggested)}",
                    key=f"mark_relabel_{row}",
                    icon=":material/edit:",
                    shortcut=RELABEL_KEY,
                    on_click=guarded(partial(relabel, suggested)),
                    help=f"The model is at least {SURE:.0%} sure of this label. The row stays in "
                    "the data, and an export writes this label instead.",
                )
        others = [one for one in classes if one not in (label, suggested)]
        if others:
            with st.popover("Another label", key=f"another_label_{row}", icon=":material/edit:"):
                st.selectbox(
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
                    on_click=guarded(partial(_relabel_to_chosen, relabel, row)),
                )


def _relabel_to_chosen(relabel: Relabel, row: int) -> None:
    """To the label that is chosen when the button is pressed; the page may not have drawn it."""
    chosen = st.session_state.get(f"relabel_to_{row}")
    if chosen is None:
        raise FinineError("No label was chosen, so none was corrected.", "Choose one first.")
    relabel(chosen)
