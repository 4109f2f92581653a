"""The margin over the training (AUM; Pleiss, Zhang, Elenberg and Weinberger 2020)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.evidence import Evidence
from finine_core.suspicion.signals.base import Signal


def _values(evidence: Evidence) -> NDArray[np.floating] | None:
    return None if evidence.margins is None else -evidence.margins


TRAINING_MARGIN = Signal(
    "training_margin",
    "Did the model prefer another class while it was trained on this label?",
    _values,
)
