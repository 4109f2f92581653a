"""Which trade-off function do two samples show, when the tester sets a threshold on the statistic?

Takes draws of a statistic with the row (P, H0) and without it (Q, H1); gives the lower convex
envelope of the errors of every threshold (arXiv 2510.10510, §2). Where the two sides differ in
spread or in the number of modes rather than in place, thresholds are poor tests:
`neyman_pearson_curve` orders by likelihood ratio instead.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from finine_core.tradeoff.curve import Array, Curve, lower_envelope

Direction = Literal["lower", "upper", "auto"]


def empirical_curve(
    with_row: ArrayLike, without_row: ArrayLike, direction: Direction = "auto"
) -> Curve:
    """The trade-off function of two samples, by threshold tests and their mixtures.

    Every threshold, in the direction in which the samples differ, gives one point (α, β); the
    lower convex envelope adds the randomised tests.

    Args:
        with_row: statistics under H0 (trained with the row), shape (r,).
        without_row: statistics under H1 (trained without it), shape (s,).
        direction: "lower" rejects H0 for small values (a loss that falls without the row: μ < 0),
            "upper" for large ones (μ > 0), "auto" as the samples' medians say. "auto" looks at the
            data before it tests, which flatters the tester a little when the sides hardly differ.

    Raises:
        ValueError: a sample is empty, holds NaN or is not one-dimensional; `direction` is unknown.

    Examples:
        >>> curve = empirical_curve([2.0, 3.0], [0.0, 1.0])     # disjoint: perfectly told apart
        >>> curve.at([0.0, 0.5])
        array([0., 0.])
        >>> empirical_curve([0.0, 1.0], [0.0, 1.0]).at([0.5])   # the same: nobody can tell
        array([0.5])
        >>> empirical_curve([2.0, 3.0], [0.0, 1.0], direction="upper").at([0.5])  # looked away
        array([0.5])
    """
    null, other = checked_sample(with_row), checked_sample(without_row)
    return lower_envelope(*threshold_errors(null, other, resolve_direction(null, other, direction)))


def threshold_errors(
    null: Array, other: Array, direction: Literal["lower", "upper"]
) -> tuple[Array, Array]:
    """The errors of every threshold test, the strictest first: α rises, β falls; no envelope.

    Args:
        null, other: draws in increasing order (see `checked_sample`).
        direction: which values reject H0.
    """
    thresholds = np.unique(np.concatenate([null, other]))
    if direction == "lower":
        alpha = np.searchsorted(null, thresholds, side="right") / null.size
        beta = 1.0 - np.searchsorted(other, thresholds, side="right") / other.size
    else:
        alpha = 1.0 - np.searchsorted(null, thresholds[::-1], side="left") / null.size
        beta = np.searchsorted(other, thresholds[::-1], side="left") / other.size
    return np.concatenate([[0.0], alpha, [1.0]]), np.concatenate([[1.0], beta, [0.0]])


def checked_sample(sample: ArrayLike) -> Array:
    """A sample's draws in increasing order; an empty one, NaN and tables are refused."""
    draws = np.asarray(sample, dtype=np.float64)
    if draws.ndim != 1:
        raise ValueError(f"a sample must be one-dimensional; got shape {draws.shape}")
    if draws.size == 0:
        raise ValueError("a trade-off function needs at least one draw on each side")
    draws = np.sort(draws)
    if np.isnan(draws[-1]):  # NaN sorts last
        raise ValueError("a sample holds NaN; find its cause before comparing")
    return draws


def resolve_direction(null: Array, other: Array, direction: Direction) -> Literal["lower", "upper"]:
    """Which values reject H0: small ("lower") or large ("upper") ones."""
    if direction == "auto":
        return "lower" if np.median(null) >= np.median(other) else "upper"
    if direction not in ("lower", "upper"):
        raise ValueError(f"direction must be 'lower', 'upper' or 'auto'; got {direction!r}")
    return direction
