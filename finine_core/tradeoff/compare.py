"""Of two trade-off functions, which is easier to tell: one of them, neither, or does it depend?

Curves are only partially ordered: they may cross, and then a strict tester and a lax one disagree
about which row is the more influential (arXiv 2510.10510, §2). Takes curves; gives words.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np

from finine_core.tradeoff.curve import Array, Curve

# Two curves closer than this are called equal: a Monte-Carlo curve from some thousand draws
# cannot resolve less.
CROSSING_TOLERANCE = 0.01

Comparison = Literal["below", "above", "crossing", "same"]


def crossings(one: Curve, other: Curve, points: int = 401) -> list[float]:
    """The α at which two trade-off functions cross, beyond Monte-Carlo noise.

    An empty list means that one curve is nowhere above the other (it dominates), or that they
    cannot be told apart.

    Examples:
        >>> from finine_core.tradeoff import gaussian_curve
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


def dominates(one: Curve, other: Curve, tolerance: float = CROSSING_TOLERANCE) -> bool:
    """Whether `one` is at least as easy to tell at every α: nowhere above `other`.

    A partial order, to within the tolerance: each curve dominates itself, and two that dominate
    each other are the same (Blackwell's order; Dong, Roth and Su 2022, section 2.1).

    Args:
        one, other: the curves; they are compared at all their corners, hence everywhere.
        tolerance: how far `one` may lie above `other` and still count as not above it; ≥ 0.

    Raises:
        ValueError: `tolerance` is negative or NaN, or a curve holds NaN.

    Examples:
        >>> from finine_core.tradeoff import gaussian_curve
        >>> dominates(gaussian_curve(2.0), gaussian_curve(1.0))
        True
        >>> dominates(gaussian_curve(1.0), gaussian_curve(2.0))
        False
    """
    return bool(_gaps(one, other, tolerance).max() <= tolerance)


def compare(one: Curve, other: Curve, tolerance: float = CROSSING_TOLERANCE) -> Comparison:
    """Where `one` lies against `other`.

    Args:
        one, other: the curves.
        tolerance: gaps up to this do not count; ≥ 0.

    Returns:
        "below": `one` is easier to tell at some α and nowhere harder; "above": the reverse;
        "crossing": easier at some α, harder at others; "same": neither, at any α.

    Raises:
        ValueError: `tolerance` is negative or NaN, or a curve holds NaN.

    Examples:
        >>> from finine_core.tradeoff import gaussian_curve
        >>> compare(gaussian_curve(2.0), gaussian_curve(1.0))
        'below'
        >>> rare = Curve(np.array([0.0, 1.0]), np.array([0.75, 0.0]))
        >>> compare(rare, gaussian_curve(0.7))
        'crossing'
    """
    gap = _gaps(one, other, tolerance)
    lower, higher = bool(gap.min() < -tolerance), bool(gap.max() > tolerance)
    if lower and higher:
        return "crossing"
    if lower:
        return "below"
    return "above" if higher else "same"


def _gaps(one: Curve, other: Curve, tolerance: float) -> Array:
    """β of `one` less β of `other` at every corner of either; between, the gap is linear."""
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be at least 0; got {tolerance}")
    grid = np.union1d(one.alpha, other.alpha)
    gap = one.at(grid) - other.at(grid)
    if np.isnan(gap).any():
        raise ValueError("a curve holds NaN; find its cause before comparing")
    return gap
