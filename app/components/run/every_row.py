"""Shall every row get an influence, the held-out ones too? A tick with its price."""

from __future__ import annotations

import streamlit as st

from finine_app.components.data.choice import DataChoice
from finine_core.runs.config import MOST_FOLDS, RunConfig
from finine_core.runs.estimate import folds_words

TICK, COUNT = "every_row", "folds"  # keys of the fields
USUAL = 3


def folds_choice(choice: DataChoice) -> int:
    """How many folds a person wants of the chosen data; 1 for none."""
    usual = RunConfig.model_fields["validation"].default
    drawn = choice.validation == usual and choice.time is None
    wanted = st.checkbox(
        f"Every row gets an influence, the held-out ones too: takes about {USUAL} × as long",
        key=TICK,
        disabled=not drawn,
        help="The rows are cut into parts. The model is trained once without each part, and "
        "a row's μ is the mean of those of the trainings that learned from it."
        if drawn
        else "Each part of the rows is held out in turn, so that the page Data must hold out the "
        "suggested share, drawn by class or in whole groups.",
    )
    if not (wanted and drawn):
        return 1
    count = st.number_input(
        "Trainings", min_value=2, max_value=MOST_FOLDS, value=USUAL, key=COUNT, width=200
    )
    st.caption(folds_words(int(count)))
    return int(count)
