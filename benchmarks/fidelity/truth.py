"""The truth: f-influence by its definition, from losses of runs with and without some rows.

A trade-off function does not change when losses are transformed monotonically, and nor does the
area under it. So the true μ is √2 Φ⁻¹(P(loss without > loss with)), over all pairs of runs; R × S
runs resolve P to 1/RS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finine_core.tradeoff import mu_from_auc

RESAMPLES = 400


def standardised(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Difference of two samples' means over the root mean of their variances."""
    return float((one.mean() - other.mean()) / np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2))


def margins(losses: NDArray[np.float32]) -> NDArray[np.float64]:
    """log p/(1−p) of the given label."""
    found: NDArray[np.float64] = -np.log(np.expm1(np.maximum(losses.astype(np.float64), 1e-12)))
    return found


def margin_mu(with_row: NDArray[np.float32], without_row: NDArray[np.float32]) -> float:
    """Difference of a row's mean margins over the root mean of both variances.

    The same as `true_mu` where margins are normal, and without a ceiling where few runs tell the
    two apart every time.
    """
    return standardised(margins(with_row), margins(without_row))


def means(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean of every figure over runs."""
    return {key: float(np.mean([one[key] for one in runs])) for key in runs[0]}


def true_mu(with_rows: ArrayLike, without_rows: ArrayLike) -> float:
    """μ of two samples of losses; positive when removing the rows raises the loss.

    Examples:
        >>> true_mu([0.0, 1.0], [0.0, 1.0])
        0.0
        >>> round(true_mu([0.0] * 8, [1.0] * 8), 2)  # told apart every time: the largest 8 × 8 show
        3.42
    """
    one, other = np.asarray(with_rows)[:, None], np.asarray(without_rows)[None, :]
    wins = float((other > one).mean() + 0.5 * (other == one).mean())
    least = 0.5 / (one.size * other.size)
    return float(mu_from_auc(np.clip(wins, least, 1 - least)))


def spread(with_rows: ArrayLike, without_rows: ArrayLike, seed: int = 0) -> float:
    """Standard error of `true_mu`, by resampling the runs of each side."""
    one, other = np.asarray(with_rows), np.asarray(without_rows)
    random = np.random.default_rng(seed)
    draws: NDArray[np.float64] = np.array(
        [
            true_mu(one[random.integers(0, len(one), len(one))],
                    other[random.integers(0, len(other), len(other))])
            for _ in range(RESAMPLES)
        ]
    )  # fmt: skip
    return float(draws.std())
