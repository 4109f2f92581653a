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
    residual = background_residual(signals)  # (T,)
    curve = drawn_curve(
        plan,
        with_background=residual,
        without_background=residual,
        participation=signals.signal[:, 0].astype(np.float64),
        participations=plan.epochs,
        seed=seed,
    )
    return RowCurve(
        row_number, target, mu, mu_low, mu_high, GRID, curve.at(GRID), gaussian_beta(mu, GRID)
    )


def drawn_curve(
    plan: SignalPlan,
    *,
    with_background: NDArray[np.float64],
    without_background: NDArray[np.float64],
    participation: NDArray[np.float64],
    participations: int,
    seed: int,
) -> Curve:
    """The empirical curve from whole runs drawn with and without a row or a group.

    Args:
        plan: gives T_total.
        with_background, without_background: residuals of the background on each side, shape (T,).
        participation: what one participation adds at each recorded step, shape (T,).
        participations: how many of them a run has.
        seed: of the drawn runs.
    """
    random = np.random.default_rng([seed, _CURVE_STREAM])
    steps = len(participation)
    even = np.full(steps, 1.0 / steps)
    counts = random.multinomial(plan.total_steps, even, size=(2, DRAWS))  # (2, R, T)
    own = random.multinomial(participations, even, size=DRAWS) @ participation  # (R,)
    return empirical_curve(
        with_row=counts[0] @ with_background + own, without_row=counts[1] @ without_background
    )


def background_residual(signals: TargetSignals) -> NDArray[np.float64]:
    """Background of the first row less its expectation, (T,); its mean over steps is common to
    both sides and goes."""
    residual = signals.residual()[:, 0].astype(np.float64)
    return residual - residual.mean()
