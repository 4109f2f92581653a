"""Gaussian influence: which curve has a given μ, and which μ has a given curve?

G_μ = T(N(0, 1), N(μ, 1)), so G_μ(α) = Φ(Φ⁻¹(1−α) − μ) and, at every one of its points,
μ = Φ⁻¹(1−α) − Φ⁻¹(β) (Dong, Roth and Su 2022, section 2.2; arXiv 2510.10510, §2). μ is signed in
finine; a curve only knows its magnitude.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from finine_core.tradeoff.curve import Array, Curve, checked_errors
from finine_core.tradeoff.validity import require_trade_off

# μ is read off a general curve only where both errors keep this far from 0 and 1: nearer, the
# empirical curve of some hundred draws hangs on a handful of them.
ERROR_MARGIN = 0.05
TAIL = 8.5  # standard deviations beyond which a normal's mass is below a double's precision
RESOLVED_MU = 25.0  # influence at which α near 0 is about to leave the range of doubles
BOUND_POINTS = 2001  # α at which μ is read off, beside the corners


def gaussian_beta(mu: ArrayLike, alpha: ArrayLike) -> Array:
    """G_μ(α) = Φ(Φ⁻¹(1−α) − |μ|): the least Type II error when influence is Gaussian.

    μ is signed in finine; the sign says which way the tester looks, so |μ| shapes the curve.

    Args:
        mu: influence, any shape that broadcasts with `alpha`; infinite: told apart perfectly.
        alpha: Type I errors.

    Raises:
        ValueError: α is NaN or outside [0, 1], or μ is NaN.

    Examples:
        >>> gaussian_beta(0.0, [0.05, 0.5]).round(3)
        array([0.95, 0.5 ])
        >>> gaussian_beta(-1.0, [0.05]).round(3)
        array([0.74])
    """
    level = checked_errors(alpha, "α")
    size = np.abs(np.asarray(mu, dtype=np.float64))
    if np.isnan(size).any():
        raise ValueError("μ holds NaN; find its cause first")
    with np.errstate(invalid="ignore"):  # ∞ − ∞, at α = 0 of G_∞, which is 0 everywhere
        beta = ndtr(-ndtri(level) - size)
    return np.asarray(np.where(np.isinf(size), 0.0, beta))


def gaussian_alpha(mu: ArrayLike, beta: ArrayLike) -> Array:
    """G_μ⁻¹(β): the least Type I error of a test that misses with probability at most β.

    G_μ is its own inverse, because either normal may be called H0.

    Args:
        mu: influence, any shape that broadcasts with `beta`.
        beta: Type II errors.

    Raises:
        ValueError: β is NaN or outside [0, 1], or μ is NaN.

    Examples:
        >>> gaussian_alpha(1.0, gaussian_beta(1.0, [0.05, 0.5])).round(6)
        array([0.05, 0.5 ])
    """
    return gaussian_beta(mu, checked_errors(beta, "β"))


def gaussian_curve(
    mu: float, points: int = 201, *, even_in: Literal["alpha", "quantile"] = "alpha"
) -> Curve:
    """G_μ as a `Curve`.

    Between grid points the curve is a chord, hence above G_μ; on an even grid of α that shows near
    α = 0 when μ is large, where G_μ falls steeply.

    Args:
        mu: influence; its magnitude counts.
        points: corners, at least 2.
        even_in: "alpha": an even grid of α, to draw or to print; "quantile": even in Φ⁻¹(α), dense
            in both tails, to compute with (`compose`).

    Raises:
        ValueError: μ is NaN, or `points` is less than 2.

    Examples:
        >>> round(float(gaussian_curve(1.0).at(0.05)), 3)
        0.74
        >>> round(float(gaussian_curve(3.0, even_in="quantile").at(0.002)), 3)
        0.452
    """
    if points < 2:
        raise ValueError(f"points must be at least 2; got {points}")
    if even_in == "quantile":
        # From where β rounds to 1 to where α rounds to 1; Φ⁻¹(β) lies |μ| below −Φ⁻¹(α).
        left = -TAIL - min(abs(mu), RESOLVED_MU)
        alpha = np.unique(np.concatenate([[0.0], ndtr(np.linspace(left, TAIL, points)[1:-1]), [1]]))
    else:
        alpha = np.linspace(0.0, 1.0, points)
    return Curve(alpha, gaussian_beta(mu, alpha))


def mu_from_errors(alpha: ArrayLike, beta: ArrayLike) -> Array:
    """μ = Φ⁻¹(1−α) − Φ⁻¹(β): the Gaussian influence on whose curve the point (α, β) lies.

    Raises:
        ValueError: an error is NaN or outside [0, 1], or a point is (0, 1) or (1, 0), which lies
            on the curve of every μ.

    Examples:
        >>> mu_from_errors(0.05, gaussian_beta(1.5, 0.05)).round(6)
        np.float64(1.5)
    """
    level, miss = checked_errors(alpha, "α"), checked_errors(beta, "β")
    if np.any((level == 0) & (miss == 1)) or np.any((level == 1) & (miss == 0)):
        raise ValueError("(α, β) = (0, 1) and (1, 0) lie on the curve of every μ; clip them first")
    return np.asarray(-ndtri(level) - ndtri(miss))[()]


def mu_from_auc(auc: ArrayLike) -> Array:
    """μ = √2 Φ⁻¹(AUC), AUC = P(draw of P > draw of Q) for unit normals μ apart.

    Raises:
        ValueError: AUC is NaN or outside [0, 1].

    Examples:
        >>> round(float(mu_from_auc(0.5)), 6)
        0.0
    """
    return np.asarray(np.sqrt(2.0) * ndtri(checked_errors(auc, "AUC")))[()]


def mu_from_curve(curve: Curve) -> float:
    """One number for a whole curve: the μ ≥ 0 whose G_μ has the same area below it.

    The area is 1 − AUC, so this is the AUC route applied to the curve. It uses every α alike and
    does not hang on one threshold (the largest-magnitude scan is biased upward); but it hides where
    the curve departs from G_μ: `mu_bounds` says by how much.

    Returns:
        μ, a magnitude; infinite where the area is 0.

    Raises:
        ValueError: `curve` is no trade-off function (see `require_trade_off`).

    Examples:
        >>> round(mu_from_curve(gaussian_curve(1.5, points=2001)), 3)
        1.5
    """
    require_trade_off(curve)
    # On a curve that is valid to within rounding, AUC may fall short of ½ or pass 1 by as much.
    return float(mu_from_auc(min(max(curve.auc(), 0.5), 1.0)))


def mu_bounds(curve: Curve, margin: float = ERROR_MARGIN) -> tuple[float, float]:
    """The least and the greatest μ that points of the curve stand for.

    G_low lies on or above the curve and G_high on or below it, over the α where both errors lie in
    [margin, 1 − margin]. The two are equal exactly where the curve is Gaussian there.

    Args:
        curve: T(P, Q).
        margin: how far both errors keep from 0 and 1; in (0, ½).

    Returns:
        (low, high), magnitudes.

    Raises:
        ValueError: `margin` is outside (0, ½), `curve` is no trade-off function, or none of its
            points keeps the margin (P and Q are told apart almost perfectly).

    Examples:
        >>> tuple(round(bound, 2) for bound in mu_bounds(gaussian_curve(1.0)))
        (1.0, 1.0)
        >>> rare = Curve(np.array([0.0, 1.0]), np.array([0.75, 0.0]))  # telling, one time in four
        >>> tuple(round(bound, 2) for bound in mu_bounds(rare))
        (0.14, 1.08)
    """
    if not 0.0 < margin < 0.5:
        raise ValueError(f"margin must lie in (0, 0.5); got {margin}")
    require_trade_off(curve)
    first = max(margin, float(curve.alpha_at(1.0 - margin)))
    last = min(1.0 - margin, float(curve.alpha_at(margin)))
    if first > last:
        raise ValueError(
            f"no point of the curve has both errors in [{margin:g}, {1 - margin:g}]: the two sides "
            "are told apart almost perfectly, and μ has no bounds there"
        )
    corners = curve.alpha[(curve.alpha > first) & (curve.alpha < last)]
    alpha = np.concatenate([np.linspace(first, last, BOUND_POINTS), corners])
    mu = mu_from_errors(alpha, np.clip(curve.at(alpha), margin, 1.0 - margin))
    return max(float(mu.min()), 0.0), max(float(mu.max()), 0.0)
