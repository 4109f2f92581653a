"""How are the log-likelihood ratios of P and Q distributed, on a grid that can be convolved?

A segment of slope −k of T(P, Q) is a set of outcomes of likelihood ratio q/p = k, with mass dα
under P and dβ under Q: the curve *is* the distribution of log k, the privacy loss (Dong, Roth and
Su 2022, section 3; Koskela, Jälkö and Honkela 2020 for convolving it). Independent pairs multiply
their ratios, so log-ratios add and their distributions convolve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtri

from finine_core.tradeoff.curve import Array, Curve, lower_envelope

# |log q/p| beyond which a ratio counts as 0 or ∞: a mass of at most e⁻³⁰ ≈ 1e-13 is misplaced.
RATIO_LIMIT = 30.0


@dataclass(frozen=True)
class LossDistribution:
    """The distributions of log q/p under P and under Q.

    Attributes:
        step: grid step h of log q/p.
        null: P's mass at (j − m) h, shape (2m + 1,).
        other: Q's mass at the same places, shape (2m + 1,).
        null_apart: P's mass where q = 0.
        other_apart: Q's mass where p = 0.
    """

    step: float
    null: Array
    other: Array
    null_apart: float
    other_apart: float

    def plus(self, added: LossDistribution) -> LossDistribution:
        """The distribution of the sum of two independent log-ratios, on the same grid."""
        null, null_apart = _convolved(self.null, added.null, keep_above=False)
        other, other_apart = _convolved(self.other, added.other, keep_above=True)
        return LossDistribution(
            self.step,
            null,
            other,
            null_apart + _either(self.null_apart, added.null_apart),
            other_apart + _either(self.other_apart, added.other_apart),
        )

    def times(self, count: int) -> LossDistribution:
        """The sum of `count` ≥ 1 independent copies, by repeated doubling."""
        doubled, total = self, None
        while True:
            if count % 2:
                total = doubled if total is None else total.plus(doubled)
            count //= 2
            if not count:
                assert total is not None
                return total
            doubled = doubled.plus(doubled)

    def curve(self, spacing: float) -> Curve:
        """The trade-off function: reject where the ratio is largest first.

        Args:
            spacing: corners nearer than this in Φ⁻¹(α) − Φ⁻¹(β) are left out.
        """
        # Each cumulated from its own small end, so that both tails keep their digits.
        alpha = np.concatenate([[0.0], np.cumsum(self.null[::-1])])
        beta = np.concatenate([[0.0], np.cumsum(self.other)])[::-1]
        alpha, beta = np.minimum(alpha, 1.0), np.minimum(beta, 1.0)
        kept = _spaced(alpha, beta, spacing)
        return lower_envelope(np.append(alpha[kept], 1.0), np.append(beta[kept], 0.0))


def log_ratios(curve: Curve) -> tuple[Array, Array, Array]:
    """log q/p of each segment, ±∞ included, with its mass under P and under Q, each shape (k − 1,).

    Q's mass where p = 0, 1 − T(0), is no segment; it is what Q's masses lack of 1.
    """
    null, other = np.diff(curve.alpha), -np.diff(curve.beta)
    with np.errstate(divide="ignore"):
        return np.log(other) - np.log(null), null, other


def tail_exponents(curve: Curve, rates: Array) -> Array:
    """The log moment that bounds how far sums of the curve's finite log-ratios reach.

    For a rate t, log max E exp(±t log q/p) over both signs, under P and under Q (at least 0).
    By Markov's inequality a sum of k copies passes w with probability ≤ exp(k · exponent − t w).

    Args:
        curve: T(P, Q).
        rates: t > 0, shape (r,).

    Returns:
        Shape (r,).
    """
    ratio, null, other = log_ratios(curve)
    inside = np.abs(ratio) <= RATIO_LIMIT
    if not inside.any():
        return np.zeros(rates.size)
    tilted = rates[:, None] * ratio[inside]  # (r, segments)
    moments = [
        logsumexp(sign * tilted, axis=1, b=mass[inside])
        for sign in (1.0, -1.0)
        for mass in (null, other)
    ]
    return np.maximum(np.max(moments, axis=0), 0.0)


def loss_distribution(curve: Curve, step: float, half_cells: int) -> LossDistribution:
    """The curve's log-ratios on the grid of `step`, from −half_cells to half_cells.

    A segment whose log-ratio L lies between two grid points is split between them so that its mass
    under P *and* its mass under Q stay what they are ("connect the dots", Doroshenko et al. 2022).
    The original pair is then a garbling of the gridded one: the gridded curve, and every
    composition of it, lies on or below the true one (conservative: distinguishability is never
    understated).
    """
    ratio, null, other = log_ratios(curve)
    inside = np.abs(ratio) <= min(RATIO_LIMIT, (half_cells - 1) * step)
    ratio, p, q = ratio[inside], null[inside], other[inside]
    cell = np.floor(ratio / step)
    above = np.clip(ratio - cell * step, 0.0, step)  # in [0, h): distance from the lower point
    p_up = p * np.expm1(above) / np.expm1(step)
    q_up = q * np.expm1(-above) / np.expm1(-step)
    lower = cell.astype(np.int64) + half_cells
    cells = 2 * half_cells + 1
    return LossDistribution(
        step,
        _on_grid(lower, p - p_up, p_up, cells),
        _on_grid(lower, q - q_up, q_up, cells),
        null_apart=max(0.0, 1.0 - float(p.sum())),
        other_apart=max(0.0, 1.0 - float(q.sum())),
    )


def _on_grid(lower: NDArray[np.int64], stays: Array, moves: Array, cells: int) -> Array:
    """Mass that stays at each lower grid point and that moves to the one above, shape (cells,)."""
    mass = np.zeros(cells)
    np.add.at(mass, lower, stays)
    np.add.at(mass, lower + 1, moves)
    return mass


def _convolved(one: Array, two: Array, *, keep_above: bool) -> tuple[Array, float]:
    """The middle of the convolution, and the mass beyond the end where it is not negligible.

    Beyond the upper end P's mass is below e⁻³⁰ of Q's and is dropped, beyond the lower end Q's.
    """
    half = one.size // 2
    cells = one.size + two.size - 1
    fast = 1 << (cells - 1).bit_length()  # a power of two, which the FFT likes best
    spectrum = np.fft.rfft(one, fast)
    spectrum *= spectrum if one is two else np.fft.rfft(two, fast)
    full = np.maximum(np.fft.irfft(spectrum, fast)[:cells], 0.0)  # rounding may fall 1e-17 below 0
    beyond = full[half + one.size :] if keep_above else full[:half]
    return full[half : half + one.size], float(beyond.sum())


def _either(one: float, two: float) -> float:
    """The probability of at least one of two independent events."""
    return one + two - one * two


def _spaced(alpha: Array, beta: Array, spacing: float) -> Array:
    """Which corners to keep: both ends of every stretch that passes a multiple of `spacing`.

    Measured in Φ⁻¹(α) − Φ⁻¹(β), in which a Gaussian curve is even and the tails are long. A long
    segment keeps both its ends, so a kink between two long segments stays exact.
    """
    with np.errstate(invalid="ignore"):
        place = np.clip(ndtri(alpha), -8.0, 8.0) - np.clip(ndtri(beta), -8.0, 8.0)
    passes = np.diff(np.floor(place / spacing)) != 0
    kept = np.zeros(alpha.size, dtype=bool)
    kept[:-1] |= passes
    kept[1:] |= passes
    kept[[0, -1]] = True
    return kept
