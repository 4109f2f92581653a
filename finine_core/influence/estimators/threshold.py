"""The `threshold` estimator: the paper's scan for the threshold that tells best.

Every value τ of both samples is a test that says "with" above it: α_τ = P(O′ > τ), β_τ = P(O ≤ τ),
μ_τ = Φ⁻¹(1−α_τ) − Φ⁻¹(β_τ), and the one of largest magnitude is taken (arXiv 2510.10510,
Algorithm 1). Print leaves open what an empirical error of 0 or 1 means; here α and β are kept
inside [1/T, 1 − 1/T].

The largest of many noisy values is too large. With independent Gaussian steps, a true μ_step of 1
is read as 1.60, 1.50 and 1.34 at T = 20, 50 and 500, and one of 0.1 as .58, .50 and .40 (`auc`:
1.07, 1.03, 1.00 and .18, .13, .10; a test holds both to it). It is here to compare with, not to
rely on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.estimators.base import Estimator
from finine_core.influence.estimators.samples import samples
from finine_core.influence.signals import TargetSignals
from finine_core.tradeoff import mu_from_errors


class Threshold(Estimator):
    """Largest-magnitude threshold test between recorded steps with and without the row."""

    name = "threshold"
    description = "the paper's scan: the threshold test of largest |μ|; biased away from 0"

    def mu(self, signals: TargetSignals) -> NDArray[np.float64]:
        steps, rows = signals.signal.shape
        least = 1 / steps
        found = np.empty(rows)
        for at, with_row, without in samples(signals):
            best = np.zeros(with_row.shape[1])
            for level in (*with_row, *without):
                alpha = np.clip((without > level).mean(axis=0), least, 1 - least)
                beta = np.clip((with_row <= level).mean(axis=0), least, 1 - least)
                mu = mu_from_errors(alpha, beta)
                best = np.where(np.abs(mu) > np.abs(best), mu, best)
            found[at] = best
        return signals.scale * found
