"""−μ on the held-out rows, each weighing by how far its own label is trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.evidence import Evidence
from finine_core.suspicion.signals.base import Signal

WEIGHT = 0.5  # it is coarse where the model is sure of everything


def _values(evidence: Evidence) -> NDArray[np.floating] | None:
    return None if evidence.influence is None else -evidence.influence


HARM = Signal(
    "harm",
    "Does the row harm the held-out rows that can be trusted?",
    _values,
    WEIGHT,
)
