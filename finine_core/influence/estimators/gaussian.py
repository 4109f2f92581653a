"""The `gaussian` estimator: pooled mean over pooled deviation.

μ_step,i = Σ_t s_it / √(L Σ_t σ²_it) over the L recorded epochs t; the whole run's
μ_i = p √T_total · μ_step,i.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.bootstrap import Draws, in_units
from finine_core.influence.estimators.base import Estimator
from finine_core.influence.signals import TargetSignals


class Gaussian(Estimator):
    """Mean signal over pooled standard deviation."""

    name = "gaussian"
    description = "mean signal over the pooled deviation of the recorded epochs"

    def mu(self, signals: TargetSignals) -> NDArray[np.float64]:
        total = signals.signal.sum(axis=0, dtype=np.float64)
        variance = signals.variance.sum(axis=0, dtype=np.float64)
        return _ratio(signals, total, variance)

    def mu_of_draws(self, signals: TargetSignals, draws: Draws) -> NDArray[np.float64]:
        if not signals.carried:
            return _ratio(signals, draws.totals(signals.signal), draws.totals(signals.variance))
        variance = signals.variance.sum(axis=0, dtype=np.float64)  # deviations stay in their places
        return _ratio(signals, draws.weighted(*in_units(signals)), variance)


def _ratio(
    signals: TargetSignals, total: NDArray[np.float64], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """μ from sums over lines."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return signals.scale * total / np.sqrt(len(signals.signal) * variance)
