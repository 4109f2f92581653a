"""Trade-off functions: how well can a tester tell P from Q?

Answers, for two distributions of a test statistic (P: trained with the row, Q: without it), which
Type II error β is the least that any test of Type I error α can have (arXiv 2510.10510, §2; Dong,
Roth and Su 2022). Takes and gives plain numpy arrays; depends on nothing of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]

# Two curves closer than this are called equal: a Monte-Carlo curve from some thousand draws
# cannot resolve less.
CROSSING_TOLERANCE = 0.01


@dataclass(frozen=True)
class Curve:
    """A trade-off function, given by its corners and linear between them.

    Attributes:
        alpha: Type I errors, shape (k,), increasing from 0 to 1.
        beta: Type II errors at those α, shape (k,), non-increasing and convex.
    """

    alpha: Array
    beta: Array

    def at(self, alpha: ArrayLike) -> Array:
        """β at the given α (randomised tests fill the gaps between corners).

        Examples:
            >>> Curve(np.array([0.0, 1.0]), np.array([1.0, 0.0])).at([0.25])
            array([0.75])
        """
        return np.interp(np.asarray(alpha, dtype=np.float64), self.alpha, self.beta)

    def auc(self) -> float:
        """P(a draw of one side is ranked above one of the other) = 1 − area under the curve.

        Examples:
            >>> Curve(np.array([0.0, 1.0]), np.array([1.0, 0.0])).auc()
            0.5
        """
        return float(1.0 - np.trapezoid(self.beta, self.alpha))


def gaussian_beta(mu: ArrayLike, alpha: ArrayLike) -> Array:
    """G_μ(α) = Φ(Φ⁻¹(1−α) − |μ|): the least Type II error when influence is Gaussian.

    μ is signed in finine; the sign says which way the tester looks, so |μ| shapes the curve.

    Examples:
        >>> gaussian_beta(0.0, [0.05, 0.5]).round(3)
        array([0.95, 0.5 ])
        >>> gaussian_beta(-1.0, [0.05]).round(3)
        array([0.74])
    """
    level = np.asarray(alpha, dtype=np.float64)
    if np.any((level < 0) | (level > 1)):
        raise ValueError(f"α must lie in [0, 1]; got {level.min()} … {level.max()}")
    return np.asarray(ndtr(-ndtri(level) - np.abs(np.asarray(mu, dtype=np.float64))))


def gaussian_curve(mu: float, points: int = 201) -> Curve:
    """G_μ as a `Curve` on an even grid of α.

    Examples:
        >>> round(float(gaussian_curve(1.0).at(0.05)), 3)
        0.74
    """
    alpha = np.linspace(0.0, 1.0, points)
    return Curve(alpha, gaussian_beta(mu, alpha))


def mu_from_errors(alpha: ArrayLike, beta: ArrayLike) -> Array:
    """μ = Φ⁻¹(1−α) − Φ⁻¹(β): the Gaussian influence on whose curve the point (α, β) lies.

    Examples:
        >>> mu_from_errors(0.05, gaussian_beta(1.5, 0.05)).round(6)
        np.float64(1.5)
    """
    return np.asarray(-ndtri(np.asarray(alpha)) - ndtri(np.asarray(beta)))[()]


def mu_from_auc(auc: ArrayLike) -> Array:
    """μ = √2 Φ⁻¹(AUC), AUC = P(draw of P > draw of Q) for unit normals μ apart.

    Examples:
        >>> round(float(mu_from_auc(0.5)), 6)
        0.0
    """
    return np.asarray(np.sqrt(2.0) * ndtri(np.asarray(auc, dtype=np.float64)))[()]


def empirical_curve(with_row: ArrayLike, without_row: ArrayLike) -> Curve:
    """The trade-off function of two samples, by threshold tests and their mixtures.

    Every threshold, in the direction in which the samples differ, gives one point (α, β); the
    lower convex envelope adds the randomised tests.

    Args:
        with_row: statistics under H0 (trained with the row), shape (r,).
        without_row: statistics under H1 (trained without it), shape (s,).

    Raises:
        ValueError: a sample is empty or holds NaN.

    Examples:
        >>> curve = empirical_curve([2.0, 3.0], [0.0, 1.0])     # disjoint: perfectly told apart
        >>> curve.at([0.0, 0.5])
        array([0., 0.])
        >>> empirical_curve([0.0, 1.0], [0.0, 1.0]).at([0.5])   # the same: nobody can tell
        array([0.5])
    """
    null, other = (np.sort(np.asarray(x, dtype=np.float64)) for x in (with_row, without_row))
    if null.size == 0 or other.size == 0:
        raise ValueError("a trade-off function needs at least one draw on each side")
    if np.isnan(null[-1]) or np.isnan(other[-1]):
        raise ValueError("a sample holds NaN; find its cause before comparing")
    if np.median(null) >= np.median(other):  # reject H0 for small values, else for large ones
        thresholds = np.unique(np.concatenate([null, other]))
        alpha = np.searchsorted(null, thresholds, side="right") / null.size
        beta = 1.0 - np.searchsorted(other, thresholds, side="right") / other.size
    else:
        thresholds = np.unique(np.concatenate([null, other]))[::-1]
        alpha = 1.0 - np.searchsorted(null, thresholds, side="left") / null.size
        beta = np.searchsorted(other, thresholds, side="left") / other.size
    return _lower_envelope(
        np.concatenate([[0.0], alpha, [1.0]]), np.concatenate([[1.0], beta, [0.0]])
    )


def crossings(one: Curve, other: Curve, points: int = 401) -> list[float]:
    """The α at which two trade-off functions cross, beyond Monte-Carlo noise.

    An empty list means that one curve is nowhere above the other (it dominates), or that they
    cannot be told apart.

    Examples:
        >>> crossings(gaussian_curve(1.0), gaussian_curve(2.0))
        []
    """
    grid = np.linspace(0.0, 1.0, points)
    gap = one.at(grid) - other.at(grid)
    firm = np.flatnonzero(np.abs(gap) > CROSSING_TOLERANCE)
    found = []
    for left, right in pairwise(firm.tolist()):
        if gap[left] * gap[right] < 0:
            between = gap[left : right + 1]
            zero = left + int(np.argmin(np.abs(between)))
            found.append(float(grid[zero]))
    return found


def _lower_envelope(alpha: Array, beta: Array) -> Curve:
    """The lower convex envelope of points (Andrew's monotone chain, lower half)."""
    hull: list[tuple[float, float]] = []
    for x, y in sorted(zip(alpha.tolist(), beta.tolist(), strict=True)):
        while len(hull) >= 2 and _turns_right(hull[-2], hull[-1], (x, y)):
            hull.pop()
        if hull and hull[-1][0] == x:
            continue  # sorted by β within one α: the first is the lower
        hull.append((x, y))
    corners = np.asarray(hull)
    return Curve(corners[:, 0], corners[:, 1])


def _turns_right(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0
