"""The same again, with changes: fills the form of a new run from an earlier one.

The data and the roles of its columns become the choice of the Data page; everything else is put
into the form's fields, where a person changes what they want to see changed.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components.data.choice import DataChoice
from finine_app.components.run.every_row import COUNT, TICK, USUAL
from finine_app.components.run.form import TARGET_WORDS
from finine_core import api
from finine_core.access import require_choosable
from finine_core.errors import FinineError
from finine_core.runs.config import validation_file
from finine_core.runs.record import config_of

# Fields of the form that are called like the setting they hold.
_SAME_NAME = (
    "model", "epochs", "batch_size", "lr", "optimizer", "weight_decay", "seed", "record_epochs",
    "auxiliary", "device", "text_encoder", "image_encoder",
)  # fmt: skip
_COPIED = "_copied_from"


def duplicate(run: api.Run) -> None:
    """Fill the form from the run, and show it; for a callback, before the form is drawn.

    Raises:
        FinineError: the run cannot be read, its model is code, or its files may not be chosen.
    """
    record = run.record()
    config = config_of(record)
    if config.code:
        raise FinineError(
            f"This run's model or loss is a person's own code ({', '.join(config.code)}), which the"
            " app neither offers nor runs.",
            "Start such a run in a terminal (finine run … --model module:name) or in Python.",
        )
    for path in (Path(config.data), validation_file(config)):
        if path is not None:
            require_choosable(path, state.data_roots())
    state.choose_data_file(Path(config.data))
    told = {one.name: getattr(config, one.name) for one in fields(DataChoice)}
    state.choose_data(DataChoice(**told))
    form: dict[str, Any] = {name: getattr(config, name) for name in _SAME_NAME}
    form |= {"loss": config.loss, "class_weights": config.class_weights == "balanced"}
    for target in TARGET_WORDS:
        form[f"target_{target}"] = target in config.targets
    form |= {TICK: config.folds > 1, COUNT: config.folds if config.folds > 1 else USUAL}
    form["target_self_alone"] = True
    form["more_targets"] = [one for one in config.targets if one not in TARGET_WORDS]
    form["run_name"] = "" if record["name"] == Path(config.data).name else record["name"]
    for key, value in form.items():
        st.session_state[key] = value
    st.session_state[_COPIED] = record["name"]
    state.watch("")


def copied_from() -> str:
    """The name of the run that the form was filled from; '' when it was not."""
    return str(st.session_state.get(_COPIED) or "")


def forget_copy() -> None:
    """The form is a person's own again."""
    st.session_state.pop(_COPIED, None)
