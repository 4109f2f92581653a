"""The margin of models that have not seen the row, classes half balanced."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.evidence import Evidence
from finine_core.suspicion.probe import out_of_fold_margin
from finine_core.suspicion.signals.base import Signal


def _values(evidence: Evidence) -> NDArray[np.floating]:
    return -out_of_fold_margin(evidence.opinions, evidence.codes)


OUT_OF_FOLD = Signal(
    "out_of_fold_margin",
    "Do models that have not seen the row prefer another class?",
    _values,
)
