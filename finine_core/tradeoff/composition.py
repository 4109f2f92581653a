"""How well can a tester tell, who sees the outcomes of several steps?

f ⊗ g = T(P × P′, Q × Q′) for f = T(P, Q) and g = T(P′, Q′) (Dong, Roth and Su 2022, definition 3.1;
arXiv 2510.10510, §2). Gaussian influences compose in squares; general curves by convolving the
distributions of their log-likelihood ratios.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from finine_core.tradeoff.curve import Curve, identity_curve
from finine_core.tradeoff.loss import (
    RATIO_LIMIT,
    LossDistribution,
    log_ratios,
    loss_distribution,
    tail_exponents,
)
from finine_core.tradeoff.validity import require_trade_off

# Splitting a log-ratio between two grid points h apart adds at most h²/4 to its variance, which is
# μ² for a Gaussian curve. The step is chosen so that all curves together add at most this.
ADDED_VARIANCE = 1e-6
MAX_HALF_CELLS = 2**20  # 16 MB an array; only far more than 10⁴ curves come up against it
# Rates t at which the sum's reach is bounded (Chernoff); t ≈ √60 / μ is best for G_μ.
TAIL_RATES = np.geomspace(0.5, 1024.0, 23)
CORNER_SPACING = 0.004  # of the result's corners in Φ⁻¹(α) − Φ⁻¹(β): a few thousand corners


def compose_gaussian(mus: ArrayLike) -> float:
    """The μ of a composition of Gaussian influences: √Σ μ².

    G_μ1 ⊗ G_μ2 ⊗ … = G_√(μ1² + μ2² + …) (Dong, Roth and Su 2022, corollary 3.3). A tester who sees
    every step uses each step's own direction, so signs do not cancel: the result is a magnitude.

    Args:
        mus: influences, any sign, shape (k,); none: 0.

    Raises:
        ValueError: a μ is NaN.

    Examples:
        >>> compose_gaussian([3.0, -4.0])
        5.0
    """
    values = np.asarray(mus, dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError("μ holds NaN; find its cause first")
    return float(np.linalg.norm(values.ravel()))


def compose(curves: Sequence[Curve], step: float | None = None) -> Curve:
    """f_1 ⊗ … ⊗ f_k: the trade-off function of independent steps seen together.

    Each curve's log-likelihood ratios are put on one grid and convolved by FFT. **Rounding is
    conservative**: each ratio is split between its two neighbours on the grid so that its mass
    under H0 and under H1 is kept, which can only make the sides easier to tell. The result lies on
    or below the true composition (of the curves as given, linear between corners): by at most about
    k · step² / (8 μ) in terms of μ where many ratios add up, and by step / 4 times an outcome's
    probability where single outcomes stand out. Two roundings are not on that side: the FFT's
    (some 1e-10 of α, so that T(0) itself is not to be trusted) and the chords between the result's
    few thousand corners (some 1e-6; up to 1e-4 beside single outcomes).

    Args:
        curves: f_1 … f_k; none: 1 − α, that is, nothing was seen. One that stands for a smooth
            function needs corners in its tails (`gaussian_curve(…, even_in="quantile")`).
        step: of the grid of log q/p, > 0; None: so that all curves together add at most 1e-6 to
            the log-ratio's variance (μ² for Gaussian curves).

    Raises:
        ValueError: a curve is no trade-off function, or `step` is not positive or so small that the
            grid would not fit.

    Examples:
        >>> from finine_core.tradeoff import gaussian_curve, mu_from_curve
        >>> steps = [gaussian_curve(mu, 2001, even_in="quantile") for mu in (0.6, 0.8)]
        >>> round(mu_from_curve(compose(steps)), 3)
        1.0
    """
    for number, curve in enumerate(curves):
        try:
            require_trade_off(curve)
        except ValueError as error:
            raise ValueError(f"curve {number} of {len(curves)}: {error}") from error
    return _composed([(curve, 1) for curve in curves], step)


def compose_power(curve: Curve, count: int, step: float | None = None) -> Curve:
    """f^⊗k: the same step k times, by repeated doubling.

    As k grows and each step's influence shrinks like 1/√k, it approaches some G_μ whatever f is
    (Dong, Roth and Su 2022, theorem 3.5). Rounding and `step` are as in `compose`.

    Args:
        curve: f.
        count: k ≥ 0; 0 gives 1 − α.
        step: as in `compose`.

    Raises:
        ValueError: `count` is negative, or as in `compose`.

    Examples:
        >>> from finine_core.tradeoff import gaussian_curve, mu_from_curve
        >>> step = gaussian_curve(0.5, 2001, even_in="quantile")
        >>> round(mu_from_curve(compose_power(step, 16)), 3)
        2.0
    """
    if count < 0:
        raise ValueError(f"count must be at least 0; got {count}")
    require_trade_off(curve)
    return _composed([(curve, count)] if count else [], step)


def _composed(powers: list[tuple[Curve, int]], step: float | None) -> Curve:
    """The composition of curves, each taken so many times."""
    total_count = sum(count for _, count in powers)
    if total_count == 0:
        return identity_curve()
    if total_count == 1:
        return powers[0][0]
    step, half_cells = _grid(powers, step)
    total: LossDistribution | None = None
    for curve, count in powers:
        part = loss_distribution(curve, step, half_cells).times(count)
        total = part if total is None else total.plus(part)
    assert total is not None
    return total.curve(CORNER_SPACING)


def _grid(powers: list[tuple[Curve, int]], step: float | None) -> tuple[float, int]:
    """The grid's step, and how many steps it reaches on each side of 0."""
    total_count = sum(count for _, count in powers)
    largest = 0.0  # |log q/p| that the sum can reach at all, short of 0 and ∞
    exponents = np.zeros(TAIL_RATES.size)
    for curve, count in powers:
        ratio = np.abs(log_ratios(curve)[0])
        largest += count * float(ratio.max(initial=0.0, where=ratio <= RATIO_LIMIT))
        exponents += count * tail_exponents(curve, TAIL_RATES)
    # … and that it passes with probability e⁻³⁰ only, the same mass that RATIO_LIMIT gives away.
    likely = float(((exponents + RATIO_LIMIT) / TAIL_RATES).min())
    chosen = 2.0 * np.sqrt(ADDED_VARIANCE / total_count) if step is None else step
    if not (np.isfinite(chosen) and chosen > 0):
        raise ValueError(f"step must be positive; got {step}")
    reach = min(largest + total_count * chosen, likely + chosen, RATIO_LIMIT + chosen)
    half_cells = int(np.ceil(reach / chosen)) + 1
    if half_cells > MAX_HALF_CELLS:
        if step is not None:
            raise ValueError(
                f"step {step:g} needs {2 * half_cells + 1} cells to reach ±{reach:.3g}; "
                f"at most {2 * MAX_HALF_CELLS + 1} are allowed"
            )
        chosen = reach / (MAX_HALF_CELLS - 2)
        half_cells = MAX_HALF_CELLS
    return float(chosen), half_cells
