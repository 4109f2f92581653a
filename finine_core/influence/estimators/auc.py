"""The `auc` estimator: how often does a step with the row beat a step without it?

μ_step = √2 Φ⁻¹(P(O > O′)), over all pairs of recorded steps: for unit normals μ apart
it is μ, and it needs no variance. T steps resolve P to 1/T²; a row that wins every time is read as
if half a comparison were lost, so |μ_step| never exceeds √2 Φ⁻¹(1 − 1/2T²): 4.7 for 32 steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.estimators.base import Estimator
from finine_core.influence.estimators.samples import samples
from finine_core.influence.signals import TargetSignals
from finine_core.tradeoff import mu_from_auc


class Auc(Estimator):
    """Rank comparison of recorded steps with and without the row."""

    name = "auc"
    description = "how often a recorded step with the row beats one without it; no variance needed"

    def mu(self, signals: TargetSignals) -> NDArray[np.float64]:
        steps, rows = signals.signal.shape
        least = 0.5 / steps**2
        found = np.empty(rows)
        for at, with_row, without in samples(signals):
            wins = np.zeros(with_row.shape[1])
            for one in with_row:  # a step with the row against all without
                wins += (one > without).sum(axis=0) + 0.5 * (one == without).sum(axis=0)
            found[at] = mu_from_auc(np.clip(wins / steps**2, least, 1 - least))
        return signals.scale * found
