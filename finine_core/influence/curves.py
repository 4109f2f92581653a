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
# Sums of the steps that one recorded step stands for are drawn once for all: so many of them, from
# about so many values.
_LIBRARY, _LIBRARY_VALUES = (2_000, 20_000), 1_000_000
_STEPS_AT_ONCE = 256
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
    sums = _sums(shape, max(1, round(plan.total_steps / steps)), random)
    size = np.sqrt(np.stack([with_variance, without_variance]) * plan.total_steps / steps)  # (2, T)
    runs = np.zeros((2, DRAWS))
    for start in range(0, steps, _STEPS_AT_ONCE):
        part = size[:, start : start + _STEPS_AT_ONCE]
        drawn = sums[random.integers(0, len(sums), size=(2, DRAWS, part.shape[1]))]
        runs += np.einsum("srt,st->sr", drawn, part)
    return empirical_curve(with_row=runs[0] + shift, without_row=runs[1])


def _sums(shape: Floats, each: int, random: np.random.Generator) -> Floats:
    """Sums of `each` values drawn from the shape, of variance 1; fewer where each takes longer."""
    kinds = len(shape)
    count = int(np.clip(_LIBRARY_VALUES / min(each, kinds), *_LIBRARY))
    if each < kinds:
        drawn = shape[random.integers(0, kinds, size=(count, each))].sum(axis=1)
    else:
        drawn = random.multinomial(each, np.full(kinds, 1 / kinds), size=count) @ shape
    return np.asarray(drawn / np.sqrt(each))


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
