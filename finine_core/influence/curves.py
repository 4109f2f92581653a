"""A row's trade-off curve for the whole run, from what one run recorded.

Two curves are given. The Gaussian one is G_μ. The empirical one does not assume a Gaussian: it
draws whole runs. Every recorded epoch stands for T_total / T steps of a drawn run. What they add
varies as stored, in the shape that the T recorded background residuals have together: each over its
own deviation, drawn at random. The
test statistic is the sum over the run, with the row's E participations (one an epoch, evenly over
the run; H0, trained with the row) or without them (H1).

The band around the empirical curve is that of μ's interval: the same drawn runs, with what the row
adds to them moved to where μ is at either end of the interval. So it holds what the interval holds,
which epochs were recorded and (for `carried`) by how much μ was off against real retraining, and it
is as wide as the interval says. What it takes as given is the noise: the shape of the recorded
residuals and the 4,000 runs drawn from it, good to about .01.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.signals import SignalPlan, TargetSignals
from finine_core.tradeoff import Curve, empirical_curve, gaussian_beta

Floats = NDArray[np.float64]
# Sums of the steps that one recorded epoch stands for are drawn once for all: so many of them, from
# about so many values.
_LIBRARY, _LIBRARY_VALUES = (2_000, 20_000), 1_000_000
# Up to so many draws for each value, drawing them is quicker than drawing how often each comes.
_ONE_BY_ONE = 10
_MOST_TUPLES = 2**16  # sums of tuples kept at once: half a megabyte, which fits a processor's cache
_STEPS_AT_ONCE = 256
DRAWS = 4000  # whole runs drawn on each side: resolves α and β to about .01
GRID = np.linspace(0.0, 1.0, 201)  # the α at which curves are given
_CURVE_STREAM = 13


@dataclass(frozen=True)
class DrawnCurve:
    """A trade-off curve from drawn runs, with what is drawn beside it.

    Attributes:
        alpha: Type I errors, shape (201,).
        beta: empirical Type II errors, shape (201,).
        gaussian_beta: G_μ at the same α.
        beta_low, beta_high: band of the empirical curve, that of μ's interval (see the module).
    """

    alpha: Floats
    beta: Floats
    gaussian_beta: Floats
    beta_low: Floats
    beta_high: Floats

    @property
    def lines(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """All of its arrays, in the order above."""
        return self.alpha, self.beta, self.gaussian_beta, self.beta_low, self.beta_high

    def curve(self) -> Curve:
        """The empirical curve as a trade-off function."""
        return Curve(self.alpha, self.beta)


@dataclass(frozen=True)
class RowCurve(DrawnCurve):
    """Trade-off curve of one row on one target.

    Attributes:
        row_number: 0-based position in the input file.
        target: its name.
        mu, mu_low, mu_high: the whole run's influence and its interval.
    """

    row_number: int
    target: str
    mu: float
    mu_low: float
    mu_high: float


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
    drawn = drawn_curves(
        plan,
        with_variance=variance,
        without_variance=variance,
        shape=residual_shape(signals),
        shifts=shifts_of(signals, plan, variance, (mu, mu_low, mu_high)),
        seed=seed,
    )
    beta, low, high = with_band(drawn)
    smooth = gaussian_beta(mu, GRID)
    return RowCurve(GRID, beta, smooth, low, high, row_number, target, mu, mu_low, mu_high)


def shifts_of(
    signals: TargetSignals,
    plan: SignalPlan,
    variance: Floats,
    interval: tuple[float, float, float],
) -> list[float]:
    """What the first row or group adds to a whole run: as recorded, then where its band lies.

    Args:
        variance: of a step's background, shape (T,).
        interval: μ and both ends of its interval; the band's shifts are as far from the recorded
            one as these ends are from μ, in deviations of a whole run. A shift of 0 is among them
            where it lies between, since there the two sides are hardest to tell apart.
    """
    recorded = plan.epochs * float(signals.signal[:, 0].mean(dtype=np.float64))
    deviation = float(np.sqrt(plan.total_steps * variance.mean()))
    mu, *ends = interval
    low, high = (recorded + (end - mu) * deviation for end in ends)
    return [recorded, low, high, *([0.0] if low < 0 < high else [])]


def with_band(curves: Sequence[Curve]) -> tuple[Floats, Floats, Floats]:
    """β of the first curve at the α of `GRID`, and the least and largest β of all of them there."""
    betas = np.stack([one.at(GRID) for one in curves])
    return betas[0], betas.min(axis=0), betas.max(axis=0)


def drawn_curves(
    plan: SignalPlan,
    *,
    with_variance: Floats,
    without_variance: Floats,
    shape: Floats,
    shifts: Sequence[float],
    seed: int,
) -> list[Curve]:
    """Empirical curves from whole runs drawn with and without a row or a group, one for each shift.

    All are made of the same drawn runs, so that they differ by the shift and not by the draw.

    Args:
        plan: gives T_total.
        with_variance, without_variance: of a step's background on each side, shape (T,).
        shape: what backgrounds look like, of mean 0 and variance 1.
        shifts: what the row or group adds to a whole run.
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
    runs.sort(axis=1)  # once for all shifts
    return [empirical_curve(with_row=runs[0] + shift, without_row=runs[1]) for shift in shifts]


def _sums(shape: Floats, each: int, random: np.random.Generator) -> Floats:
    """Sums of `each` values drawn from the shape, of variance 1; fewer where each takes longer."""
    kinds = len(shape)
    count = int(np.clip(_LIBRARY_VALUES / min(each, kinds), *_LIBRARY))
    tuples, size = _tuple_sums(shape, each)
    if each < _ONE_BY_ONE * kinds * size:
        drawn = np.empty(count)
        at_once = max(1, _LIBRARY_VALUES * size // each)
        for start in range(0, count, at_once):
            part = drawn[start : start + at_once]
            part[:] = _drawn_sums(tuples, each // size, len(part), random)
            part += _drawn_sums(shape, each % size, len(part), random)
    else:
        drawn = random.multinomial(each, np.full(kinds, 1 / kinds), size=count) @ shape
    return np.asarray(drawn / np.sqrt(each))


def _tuple_sums(shape: Floats, each: int) -> tuple[Floats, int]:
    """The sums of all tuples of values, and how long the tuples are.

    To draw one of them is to draw its members, in a fraction of the time.
    """
    sums, size = shape, 1
    while len(sums) * len(shape) <= _MOST_TUPLES and size < each:
        sums, size = np.add.outer(sums, shape).ravel(), size + 1
    return sums, size


def _drawn_sums(values: Floats, each: int, count: int, random: np.random.Generator) -> Floats:
    index = random.integers(0, len(values), size=(count, each), dtype=np.uint32)
    return np.asarray(values[index].sum(axis=1))


def residual_shape(signals: TargetSignals) -> Floats:
    """Background of the first row less its expectation over its deviation, mean 0, variance 1.

    One value a recorded epoch that varies; ±1 when fewer than two do, or all are alike.
    """
    variance = signals.variance[:, 0].astype(np.float64)
    seen = variance > 0
    shape = signals.residual()[seen, 0].astype(np.float64) / np.sqrt(variance[seen])
    if len(shape) < 2 or shape.std() == 0:
        return np.array([-1.0, 1.0])
    return np.asarray((shape - shape.mean()) / shape.std())
