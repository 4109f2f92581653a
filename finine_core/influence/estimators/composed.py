"""The `composed` estimator: each step's μ, added in squares.

μ_step,i² = (1/T) Σ_t (s_it / σ_it)² with the sign of Σ_t s_it: the composition of Gaussian steps
(docs/method.md). Steps count by their own signal-to-noise ratio, so late steps weigh as much as
early ones even where gradients have become small.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.estimators.base import Estimator
from finine_core.influence.signals import TargetSignals


class Composed(Estimator):
    """Root mean square of the steps' signal-to-noise ratios."""

    name = "composed"
    description = "root mean square of each recorded step's μ, with the sign of the mean signal"

    def mu(self, signals: TargetSignals) -> NDArray[np.float64]:
        signal = signals.signal.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            squares = signal**2 / signals.variance
        size = signals.scale * np.sqrt(squares.mean(axis=0))
        return np.sign(signal.sum(axis=0)) * size
