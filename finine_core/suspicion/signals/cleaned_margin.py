"""The same margin when rows whose label is doubted are not learned from.

Where errors have a direction, a model that has learned them half believes them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.chances import margins
from finine_core.suspicion.evidence import Evidence
from finine_core.suspicion.signals.base import Signal


def _values(evidence: Evidence) -> NDArray[np.floating]:
    return -margins(evidence.opinions.cleaned, evidence.codes)


CLEANED_MARGIN = Signal(
    "cleaned_margin",
    "Do models that learned only from rows they trust prefer another class?",
    _values,
)
