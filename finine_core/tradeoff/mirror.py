"""What if the two hypotheses change places?

Takes T(P, Q), tests of "trained with the row"; gives T(Q, P), tests of "trained without it", and
curves that are the same in both directions (Dong, Roth and Su 2022, section 2).
"""

from __future__ import annotations

import numpy as np

from finine_core.tradeoff.curve import Curve, lower_envelope
from finine_core.tradeoff.validity import require_trade_off


def inverse(curve: Curve) -> Curve:
    """T(Q, P) from T(P, Q): the curve mirrored at the diagonal, its two errors swapped.

    T⁻¹(β) = inf {α : T(α) ≤ β} (Dong, Roth and Su 2022). The inverse of the inverse is
    the curve itself.

    Raises:
        ValueError: `curve` is no trade-off function (see `require_trade_off`).

    Examples:
        >>> sure = Curve(np.array([0.0, 1.0]), np.array([0.6, 0.0]))  # 40 % of Q never come from P
        >>> mirrored = inverse(sure)
        >>> mirrored.alpha, mirrored.beta
        (array([0. , 0.6, 1. ]), array([1., 0., 0.]))
    """
    require_trade_off(curve)
    betas, first = np.unique(curve.beta, return_index=True)
    alphas = curve.alpha[first]
    if betas[-1] < 1.0:  # mass of Q that P never gives: α = 0 already suffices for larger β
        betas, alphas = np.append(betas, 1.0), np.append(alphas, 0.0)
    return lower_envelope(betas, alphas)


def symmetrise(curve: Curve, *, upper: bool = False) -> Curve:
    """A curve that is its own inverse, from a curve and its inverse.

    Args:
        curve: T(P, Q).
        upper: False: the largest convex curve below both, min{f, f⁻¹}**, as in sub-sampling (Dong,
            Roth and Su 2022, section 4); it never understates how well P and Q can be told apart.
            True: max{f, f⁻¹} (ibid., section 2), for a bound known to hold in both directions.

    Raises:
        ValueError: `curve` is no trade-off function (see `require_trade_off`).

    Examples:
        >>> sure = Curve(np.array([0.0, 1.0]), np.array([0.6, 0.0]))
        >>> symmetrise(sure).at([0.0, 0.3, 0.6]).round(3)
        array([0.6, 0.3, 0. ])
        >>> symmetrise(sure, upper=True).at([0.0, 0.375, 1.0]).round(3)
        array([1.   , 0.375, 0.   ])
    """
    mirrored = inverse(curve)
    if not upper:
        return lower_envelope(
            np.concatenate([curve.alpha, mirrored.alpha]),
            np.concatenate([curve.beta, mirrored.beta]),
        )
    grid = np.union1d(curve.alpha, mirrored.alpha)
    gap = curve.at(grid) - mirrored.at(grid)
    turns = np.flatnonzero(gap[:-1] * gap[1:] < 0)
    share = gap[turns] / (gap[turns] - gap[turns + 1])
    grid = np.union1d(grid, grid[turns] + share * (grid[turns + 1] - grid[turns]))
    return lower_envelope(grid, np.maximum(curve.at(grid), mirrored.at(grid)))
