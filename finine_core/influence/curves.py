"""A row's trade-off curve for the whole run, from what one run recorded.

Two curves are given. The Gaussian one is G_μ. The empirical one does not assume a Gaussian: it
draws whole runs. Every recorded step stands for T_total / T steps of a drawn run. What they add
varies as stored (the variance comes from a probe of hundreds of rows), in the shape that the T
recorded background residuals have together: each over its step's deviation, drawn at random. The
test statistic is the sum over the run, with the row's E participations (one an epoch, evenly over
the run; H0, trained with the row) or without them (H1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.signals import SignalPlan, TargetSignals
from finine_core.tradeoff import Curve, empirical_curve, gaussian_beta

Floats = NDArray[np.float64]
_LIBRARY = 20_000  # sums of the steps that one recorded step stands for, drawn once for all
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
    variance = signals.variance[:, 0].astype(np.float64)
    curve = drawn_curve(
        plan,
        with_variance=variance,
        without_variance=variance,
        shape=residual_shape(signals),
        shift=plan.epochs * float(signals.signal[:, 0].mean(dtype=np.float64)),
        seed=seed,
    )
    return RowCurve(
        row_number, target, mu, mu_low, mu_high, GRID, curve.at(GRID), gaussian_beta(mu, GRID)
    )


def drawn_curve(
    plan: SignalPlan,
    *,
    with_variance: Floats,
    without_variance: Floats,
    shape: Floats,
    shift: float,
    seed: int,
) -> Curve:
    """The empirical curve from whole runs drawn with and without a row or a group.

    Args:
        plan: gives T_total.
        with_variance, without_variance: of a step's background on each side, shape (T,).
        shape: what backgrounds look like, of mean 0 and variance 1.
        shift: what the row or group adds to a whole run.
        seed: of the drawn runs.
    """
    random = np.random.default_rng([seed, _CURVE_STREAM])
    steps = len(with_variance)
    each = max(1, round(plan.total_steps / steps))
    even = np.full(len(shape), 1 / len(shape))
    sums = random.multinomial(each, even, size=_LIBRARY) @ shape / np.sqrt(each)
    drawn = sums[random.integers(0, _LIBRARY, size=(2, DRAWS, steps))]  # (2, R, T), variance 1
    with_row, without_row = (
        one @ np.sqrt(variance * plan.total_steps / steps)
        for one, variance in zip(drawn, (with_variance, without_variance), strict=True)
    )
    return empirical_curve(with_row=with_row + shift, without_row=without_row)


def residual_shape(signals: TargetSignals) -> Floats:
    """Background of the first row less its expectation over its deviation, mean 0, variance 1.

    One value a recorded step that varies; ±1 when fewer than two do, or all are alike.
    """
    variance = signals.variance[:, 0].astype(np.float64)
    seen = variance > 0
    shape = signals.residual()[seen, 0].astype(np.float64) / np.sqrt(variance[seen])
    if len(shape) < 2 or shape.std() == 0:
        return np.array([-1.0, 1.0])
    return np.asarray((shape - shape.mean()) / shape.std())
