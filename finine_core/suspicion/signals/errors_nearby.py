"""Whether the errors that the probe makes on trusted rows nearby speak against the label.

It is the influence function of the probe: the row's own gradient times the inverse Hessian times
the mean gradient of the trusted rows, out of fold (Koh and Liang 2017, for a ridge's Hessian).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.evidence import Evidence
from finine_core.suspicion.signals.base import Signal


def _values(evidence: Evidence) -> NDArray[np.floating]:
    return evidence.opinions.against


ERRORS_NEARBY = Signal(
    "errors_nearby",
    "Would models err less on trusted rows nearby without this label?",
    _values,
)
