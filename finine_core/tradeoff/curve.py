"""What is a trade-off function, and what may be asked of one?

T(P, Q)(α) is the least Type II error β of any test of P (H0) against Q (H1) whose Type I error is
at most α (Dong, Roth and Su 2022, definition 2.1; arXiv 2510.10510, §2). A `Curve` holds one by its
corners. Takes and gives plain numpy arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Rounds in which whole arrays of points are thinned before they are taken one by one: each round
# about halves the points of a noisy curve, so that few are left after this many.
THINNING_ROUNDS = 30


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

    def alpha_at(self, beta: ArrayLike) -> Array:
        """The budget of false alarms that buys a given β: the least α with T(α) ≤ β.

        Args:
            beta: Type II errors, any shape.

        Returns:
            α, in the shape of `beta`; 0 where even the strictest test misses less than β.

        Raises:
            ValueError: a β is NaN or outside [0, 1].

        Examples:
            >>> Curve(np.array([0.0, 0.5, 1.0]), np.array([0.8, 0.0, 0.0])).alpha_at([0.9, 0.4, 0])
            array([0.  , 0.25, 0.5 ])
        """
        # np.unique keeps the first, hence the least, α of each β.
        betas, first = np.unique(self.beta, return_index=True)
        return np.interp(checked_errors(beta, "β"), betas, self.alpha[first])

    def auc(self) -> float:
        """P(a draw of one side is ranked above one of the other) = 1 − area under the curve.

        Examples:
            >>> Curve(np.array([0.0, 1.0]), np.array([1.0, 0.0])).auc()
            0.5
        """
        return float(1.0 - np.trapezoid(self.beta, self.alpha))


def identity_curve() -> Curve:
    """1 − α: nobody can do better than guess. The neutral element of composition.

    Examples:
        >>> identity_curve().at([0.0, 0.3])
        array([1. , 0.7])
    """
    return Curve(np.array([0.0, 1.0]), np.array([1.0, 0.0]))


def checked_errors(values: ArrayLike, name: str) -> Array:
    """Error probabilities as an array; NaN and anything outside [0, 1] is refused."""
    found = np.asarray(values, dtype=np.float64)
    if np.isnan(found).any():
        raise ValueError(f"{name} holds NaN; find its cause first")
    if np.any((found < 0) | (found > 1)):
        raise ValueError(f"{name} must lie in [0, 1]; got {found.min()} … {found.max()}")
    return found


def lower_envelope(alpha: ArrayLike, beta: ArrayLike) -> Curve:
    """The lower convex envelope of points: mixtures of tests are tests too.

    Args:
        alpha, beta: the points' errors in any order, each shape (k,).

    Examples:
        >>> lower_envelope([0.0, 1.0, 0.5, 0.6], [1.0, 0.0, 0.2, 0.9]).alpha
        array([0. , 0.5, 1. ])
    """
    x, y = (np.asarray(errors, dtype=np.float64) for errors in (alpha, beta))
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    first = np.concatenate([[True], np.diff(x) > 0])  # sorted by β within one α: the lowest
    x, y = _without_inner_points(x[first], y[first])
    hull: list[tuple[float, float]] = []  # Andrew's monotone chain, lower half
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(hull) >= 2 and _turns_right(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    corners = np.asarray(hull)
    return Curve(corners[:, 0], corners[:, 1])


def _without_inner_points(x: Array, y: Array) -> tuple[Array, Array]:
    """Drop, in whole-array rounds, points on or above the chord of their two neighbours.

    Such a point is no corner of the envelope, whatever becomes of its neighbours. A round looks at
    every other point, so that no dropped point is judged by another one that is dropped with it.
    """
    for turn in range(THINNING_ROUNDS):
        before, here, after = slice(None, -2), slice(1, -1), slice(2, None)
        turn_left = (x[here] - x[before]) * (y[after] - y[before]) - (y[here] - y[before]) * (
            x[after] - x[before]
        )
        inner = turn_left <= 0
        if not inner.any():
            break
        inner[turn % 2 :: 2] = False
        kept = np.concatenate([[True], ~inner, [True]])
        x, y = x[kept], y[kept]
    return x, y


def _turns_right(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0
