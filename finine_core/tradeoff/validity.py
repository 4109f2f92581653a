"""Is this curve a trade-off function, and if not, which rule does it break and where?

The rules are proposition 2.2 of Dong, Roth and Su (2022): convex, continuous, non-increasing and
at most 1 − α. Nothing is mended here: a broken rule has a cause that should be found.
"""

from __future__ import annotations

import numpy as np

from finine_core.tradeoff.curve import Array, Curve, lower_envelope

# A curve that was stored in single precision must stay valid; 1e-6 is some ten of its last digits.
VALIDITY_TOLERANCE = 1e-6


def require_trade_off(curve: Curve) -> None:
    """Refuse a curve that is no trade-off function, and say which rule it breaks and where.

    The rules (Dong, Roth and Su 2022, proposition 2.2): β in [0, 1], non-increasing, convex and
    at most 1 − α, each to within `VALIDITY_TOLERANCE`; here also finite corners, α increasing
    from 0 to 1.

    Raises:
        ValueError: a rule is broken.

    Examples:
        >>> require_trade_off(Curve(np.array([0.0, 1.0]), np.array([1.0, 0.0])))
        >>> require_trade_off(Curve(np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.7, 0.0])))
        Traceback (most recent call last):
        ...
        ValueError: not a trade-off function: β = 0.7 at α = 0.5 is above 1 − α = 0.5
    """
    alpha, beta = curve.alpha, curve.beta
    rule = "not a trade-off function: "
    if alpha.ndim != 1 or alpha.shape != beta.shape or alpha.size < 2:
        raise ValueError(
            f"{rule}α of shape {alpha.shape} and β of shape {beta.shape}; both must be (k,), k ≥ 2"
        )
    if np.isnan(alpha).any() or np.isnan(beta).any():
        place = int(np.flatnonzero(np.isnan(alpha) | np.isnan(beta))[0])
        raise ValueError(f"{rule}corner {place} holds NaN; find its cause first")
    if alpha[0] != 0 or alpha[-1] != 1 or np.any(np.diff(alpha) <= 0):
        raise ValueError(
            f"{rule}α must increase strictly from 0 to 1; it runs from {alpha[0]:g} to "
            f"{alpha[-1]:g} with least step {np.diff(alpha).min():g}"
        )
    here = "β = {beta:g} at α = {alpha:g}"
    _refuse(curve, np.maximum(-beta, beta - 1.0), f"{rule}{here} is outside [0, 1]")
    _refuse(curve, beta + alpha - 1.0, f"{rule}{here} is above 1 − α = {{guess:g}}")
    _refuse(curve, np.diff(beta, prepend=beta[0]), f"{rule}{here} is above the β before it")
    chord = lower_envelope(alpha, beta).at(alpha)
    _refuse(curve, beta - chord, f"{rule}{here} is above a chord of the curve: not convex")


def _refuse(curve: Curve, excess: Array, words: str) -> None:
    """Raise with the worst corner where a rule is overstepped by more than the tolerance."""
    worst = int(excess.argmax())
    if excess[worst] > VALIDITY_TOLERANCE:
        alpha = float(curve.alpha[worst])
        raise ValueError(
            words.format(alpha=alpha, beta=float(curve.beta[worst]), guess=1.0 - alpha)
        )
