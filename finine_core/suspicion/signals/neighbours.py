"""What the labels of the most similar rows say (k nearest neighbours)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.evidence import Evidence
from finine_core.suspicion.signals.base import Signal


def _values(evidence: Evidence) -> NDArray[np.floating]:
    shares = evidence.probe.alike.shares(evidence.codes, evidence.classes)
    own = shares[np.arange(len(shares)), evidence.codes]
    found: NDArray[np.floating] = shares.max(axis=1) - own
    return found


NEIGHBOURS = Signal(
    "neighbours",
    "Do the most similar rows have another label?",
    _values,
)
