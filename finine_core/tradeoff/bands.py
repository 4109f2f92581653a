"""How far may an empirical trade-off curve lie from the true one?

Takes the two samples behind `empirical_curve`; gives a band around it. `dkw_band` holds at every α
at once, whatever the distributions, and is wide; `bootstrap_band` holds at each α by itself, only
in the limit of many draws, and is narrow. Both are about the curve of *threshold* tests; T(P, Q)
lies on or below that curve, and equals it where the likelihood ratio is monotone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from finine_core.tradeoff.curve import Array, Curve, lower_envelope
from finine_core.tradeoff.empirical import (
    Direction,
    checked_sample,
    empirical_curve,
    resolve_direction,
    threshold_errors,
)

GRID_POINTS = 201  # α at which bands are given: steps of .005
DEFAULT_LEVEL = 0.9
DEFAULT_RESAMPLES = 500  # the 5 % and 95 % quantiles then rest on 25 resamples each
ROUNDING = 1e-12


@dataclass(frozen=True)
class Band:
    """Limits on β at each α of a common grid.

    Attributes:
        alpha: Type I errors, shape (k,), increasing from 0 to 1.
        low, high: limits on the Type II error there, shape (k,); 0 ≤ low ≤ high ≤ 1 − α.
        level: the probability with which the band was made to hold the curve.
    """

    alpha: Array
    low: Array
    high: Array
    level: float

    def contains(self, curve: Curve) -> bool:
        """Whether the curve lies in the band at every α of its grid.

        Examples:
            >>> from finine_core.tradeoff import identity_curve
            >>> dkw_band([0.0, 1.0], [0.0, 1.0]).contains(identity_curve())
            True
        """
        beta = curve.at(self.alpha)
        return bool(np.all((beta >= self.low - ROUNDING) & (beta <= self.high + ROUNDING)))


def dkw_band(
    with_row: ArrayLike,
    without_row: ArrayLike,
    level: float = DEFAULT_LEVEL,
    *,
    direction: Direction = "auto",
    points: int = GRID_POINTS,
) -> Band:
    """A band that holds the whole curve of threshold tests with probability ≥ `level`.

    By the Dvoretzky–Kiefer–Wolfowitz inequality with Massart's constant, sup |F̂ − F| ≤ ε =
    √(ln(2/δ) / 2n) with probability ≥ 1 − δ. Each sample gets δ = (1 − level)/2, so that both
    hold together by the union bound (the samples need not be independent of each other). Then
    every threshold's α is within ε_r of its estimate and its β within ε_s, hence for every α

        T̂(α + ε_r) − ε_s  ≤  T(α)  ≤  T̂(α − ε_r) + ε_s   (and 0 ≤ T(α) ≤ 1 − α):

    the curve shifted in α and in β; the envelope keeps this, because a shifted convex curve is
    convex. The bound is two-sided in F, so it holds for both directions at once, and choosing the
    direction by the data ("auto") costs nothing.

    Args:
        with_row: statistics under H0, shape (r,), independent draws of one distribution.
        without_row: statistics under H1, shape (s,), likewise.
        level: simultaneous confidence, in (0, 1).
        direction: as in `empirical_curve`.
        points: size of the even grid of α.

    Raises:
        ValueError: `level` is outside (0, 1), `points` is less than 2, or a sample is refused
            by `empirical_curve`.

    Examples:
        >>> random = np.random.default_rng(0)
        >>> band = dkw_band(random.normal(1, 1, 1000), random.normal(0, 1, 1000))
        >>> band.low[40].round(2), band.high[40].round(2)    # at α = 0.2; the truth is .44
        (np.float64(0.35), np.float64(0.55))
    """
    alpha = _grid(level, points)
    null, other = checked_sample(with_row), checked_sample(without_row)
    curve = empirical_curve(null, other, resolve_direction(null, other, direction))
    share = (1.0 - level) / 2.0
    null_error, other_error = (np.sqrt(np.log(2.0 / share) / (2.0 * x.size)) for x in (null, other))
    guess = 1.0 - alpha
    # Past its ends the curve is 0 (α > 1) or bounded by 1 − α alone (α < 0).
    low = np.clip(curve.at(np.minimum(alpha + null_error, 1.0)) - other_error, 0.0, guess)
    shifted = curve.at(np.maximum(alpha - null_error, 0.0)) + other_error
    high = np.where(alpha >= null_error, np.minimum(shifted, guess), guess)
    return Band(alpha, low, high, level)


def bootstrap_band(
    with_row: ArrayLike,
    without_row: ArrayLike,
    level: float = DEFAULT_LEVEL,
    resamples: int = DEFAULT_RESAMPLES,
    block_length: int = 1,
    seed: int = 0,
    *,
    direction: Direction = "auto",
    points: int = GRID_POINTS,
) -> Band:
    """A pointwise percentile band: at each α, where resampled threshold tests lie.

    The two samples are resampled independently of each other, draw by draw or in blocks of
    consecutive draws that wrap around (circular block bootstrap, Politis and Romano 1992), which
    keeps the autocorrelation of draws taken along one run. The direction is chosen once, from the
    samples themselves.

    The convex envelope is taken of the lower limit, not of each resample: the envelope dips into
    every chance gap, more so in a resample, which repeats draws. Percentiles of such envelopes
    held the truth at α = .3 in 82 % of trials instead of 90 % (150 draws a side, μ = 1), and in 5 %
    where μ = 0; this band in 93 % and 97 %. It always holds the samples' own `empirical_curve`.

    **It may hold the truth less often than `level` says** where α or β is within a few draws of 0,
    and with few blocks. It says nothing about all α at once.

    Args:
        with_row: statistics under H0, shape (r,), in the order they were recorded.
        without_row: statistics under H1, shape (s,), likewise.
        level: pointwise confidence, in (0, 1).
        resamples: resampled curves.
        block_length: consecutive draws kept together; 1 for the ordinary bootstrap.
        seed: the same seed gives the same band.
        direction: as in `empirical_curve`.
        points: size of the even grid of α.

    Raises:
        ValueError: `level` is outside (0, 1), `resamples` is less than 2, `points` is less than 2,
            `block_length` is not between 1 and the size of the smaller sample, or a sample is
            refused by `empirical_curve`.

    Examples:
        >>> random = np.random.default_rng(0)
        >>> band = bootstrap_band(random.normal(1, 1, 1000), random.normal(0, 1, 1000))
        >>> bool(band.low[40] < 0.44 < band.high[40])    # at α = 0.2; the truth is .44
        True
    """
    alpha = _grid(level, points)
    if resamples < 2:
        raise ValueError(f"resamples must be at least 2; got {resamples}")
    way = resolve_direction(checked_sample(with_row), checked_sample(without_row), direction)
    null, other = (np.asarray(x, dtype=np.float64) for x in (with_row, without_row))
    smaller = min(null.size, other.size)
    if not 1 <= block_length <= smaller:
        raise ValueError(
            f"block_length must lie between 1 and the draws of the smaller side, {smaller}; "
            f"got {block_length}"
        )
    random = np.random.default_rng(seed)
    betas = np.empty((resamples, points))
    for at in range(resamples):
        again, other_again = (np.sort(_resampled(x, block_length, random)) for x in (null, other))
        betas[at] = np.interp(alpha, *threshold_errors(again, other_again, way))
    limits = np.quantile(betas, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    low, high = np.minimum(limits, 1.0 - alpha)
    own = empirical_curve(null, other, way).at(alpha)
    low = lower_envelope(alpha, np.minimum(low, own)).at(alpha)
    return Band(alpha, low, np.maximum(high, own), level)


def _resampled(draws: Array, block_length: int, random: Generator) -> Array:
    """As many draws again, in blocks of consecutive ones, the last block cut short."""
    blocks = -(-draws.size // block_length)
    starts = random.integers(draws.size, size=(blocks, 1))
    places = (starts + np.arange(block_length)) % draws.size  # (blocks, block_length)
    return draws[places.ravel()[: draws.size]]


def _grid(level: float, points: int) -> Array:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie in (0, 1); got {level}")
    if points < 2:
        raise ValueError(f"points must be at least 2; got {points}")
    return np.linspace(0.0, 1.0, points)
