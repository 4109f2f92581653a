"""A row's trade-off curve for the whole run, from what one run recorded.

Two curves are given. The Gaussian one is G_μ. The empirical one does not assume a Gaussian: it
draws whole runs from the recorded steps. A drawn run is T_total steps, each a recorded step's
background residual (batch background less its expectation), and the row's E participations (one
per epoch), each a recorded step's signal. The test statistic is their sum, with the row's signals
(H0, trained with the row) or without them (H1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.signals import SignalPlan, TargetSignals
from finine_core.tradeoff import Curve, empirical_curve, gaussian_beta

DRAWS = 4000  # whole runs drawn on each side: resolves α and β to about .01
GRID = np.linspace(0.0, 1.0, 201)  # the α at which curves are given
_CURVE_STREAM = 13


@dataclass(frozen=True)
class RowCurve:
    """Trade-off curve of one row on one target.

    Attributes:
        row_number: 0-based position in the input file.
        target: its name.
        mu, mu_low, mu_high: the whole run's influence and its interval.
        alpha: Type I errors, shape (201,).
        beta: empirical Type II errors, shape (201,).
        gaussian_beta: G_μ at the same α.
    """

    row_number: int
    target: str
    mu: float
    mu_low: float
    mu_high: float
    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    gaussian_beta: NDArray[np.float64]

    def curve(self) -> Curve:
        """The empirical curve as a trade-off function."""
        return Curve(self.alpha, self.beta)


def row_curve(
    signals: TargetSignals,
    plan: SignalPlan,
    *,
    row_number: int,
    target: str,
    mu: float,
    mu_low: float,
    mu_high: float,
    seed: int,
) -> RowCurve:
    """The curves of one row.

    Args:
        signals: of that row alone (n = 1).
        plan: the run's; gives T_total and the epochs.
        row_number, target, mu, mu_low, mu_high: carried through to the result.
        seed: of the drawn runs; the same seed gives the same curve.
    """
    random = np.random.default_rng([seed, _CURVE_STREAM])
    steps = len(plan.steps)
    even = np.full(steps, 1.0 / steps)
    residual = _residual(signals, plan, target)  # (T,)
    background = random.multinomial(plan.total_steps, even, size=(2, DRAWS)) @ residual  # (2, R)
    signal = signals.signal[:, 0].astype(np.float64)
    own = random.multinomial(plan.epochs, even, size=DRAWS) @ signal  # (R,)
    curve = empirical_curve(with_row=background[0] + own, without_row=background[1])
    return RowCurve(
        row_number, target, mu, mu_low, mu_high, GRID, curve.at(GRID), gaussian_beta(mu, GRID)
    )


def _residual(signals: TargetSignals, plan: SignalPlan, target: str) -> NDArray[np.float64]:
    """Background less its expectation, at the size a batch's background truly has.

    Where the expectation comes from m probes it adds variance σ²/m to the batch's σ²/b; the
    factor takes that out again. The mean over recorded steps is common to both sides and goes.
    """
    residual = (signals.background - signals.trend)[:, 0].astype(np.float64)
    if target in plan.row_targets:
        residual /= np.sqrt(1.0 + plan.batch_size / min(plan.probe_rows, plan.rows))
    return residual - residual.mean()
