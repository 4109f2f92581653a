"""From signals to scores: μ, its interval and its rank for every training row.

The interval is a block bootstrap over recorded epochs (`bootstrap.py`): it says how much μ depends
on which epochs were recorded. An estimator that was held against real retraining also knows by how
much it is off beyond that (`model_error`: other seeds, and what its model of training leaves out),
and the interval allows for it; of the others it does not hold the variation between training seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from finine_core.errors import FinineError
from finine_core.influence.bootstrap import block_draws, quantiles
from finine_core.influence.estimators import Estimator
from finine_core.influence.signals import SignalStore, TargetSignals
from finine_core.influence.targets import SELF, Target

INTERVAL = 0.90  # the share of bootstrap draws inside; printed beside every interval
TWO_SIDED = float(ndtri((1 + INTERVAL) / 2))  # deviations in an interval to either side
CHUNK_ROWS = 1024  # rows resampled at once: 200 draws of them stay in the processor's cache


@dataclass(frozen=True)
class TargetScores:
    """Scores of n training rows on one target, each shape (n,); rank 1 is the most suspicious."""

    mu: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rank: NDArray[np.int64]


def score_target(
    signals: TargetSignals,
    estimator: Estimator,
    target: Target,
    seed: int,
    row_numbers: NDArray[np.int64] | None = None,
) -> TargetScores:
    """Estimate μ for every row, with an interval and a rank.

    Args:
        signals: of all n training rows.
        estimator: how μ is had from signals.
        target: says which end is suspicious.
        seed: of the bootstrap.
        row_numbers: what messages call the rows; by default their places, 0 … n−1.

    Raises:
        FinineError: a row's signals have no variance, so that its μ is undefined.
    """
    steps, rows = signals.signal.shape
    mu = estimator.mu(signals)
    undefined = np.flatnonzero(~np.isfinite(mu))
    if len(undefined):
        named = undefined if row_numbers is None else row_numbers[undefined]
        raise FinineError(
            f"μ on target '{target.name}' is undefined for {len(undefined)} training rows"
            f" ({_listed(named)}): their gradients' products with those of other rows do not vary.",
            "Train fewer epochs, or record all of them (--record-epochs all).",
        )
    low, high = np.empty(rows), np.empty(rows)
    draws = block_draws(steps, seed)
    edges = [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2]
    for start in range(0, rows, CHUNK_ROWS):
        chunk = slice(start, min(start + CHUNK_ROWS, rows))
        part = signals.of_rows(chunk)
        resampled = estimator.mu_of_draws(part, draws)
        if part.carried:  # about its own mean, which need not be μ
            resampled += mu[chunk] - np.nanmean(resampled, axis=0)
        low[chunk], high[chunk] = quantiles(resampled, edges)
    kind = SELF.name if target.name == SELF.name else "shared"
    allowed = TWO_SIDED * estimator.model_error.get(kind, 0.0) * np.abs(mu)
    # A quantile interval of a skewed statistic can miss its own estimate by rounding; it holds it.
    below, above = np.maximum(mu - low, 0.0), np.maximum(high - mu, 0.0)
    ends = mu - np.hypot(below, allowed), mu + np.hypot(above, allowed)
    return TargetScores(mu, *ends, ranks(mu, target))


def ranks(mu: NDArray[np.float64], target: Target) -> NDArray[np.int64]:
    """The place of each row from 1, the most suspicious, on; equal ones in their order.

    Examples:
        >>> ranks(np.array([1.0, 3.0, 1.0]), SELF).tolist()
        [2, 1, 3]
    """
    order = np.argsort(-mu if target.suspicious_is_large else mu, kind="stable")
    found = np.empty(len(mu), dtype=np.int64)
    found[order] = np.arange(1, len(mu) + 1)
    return found


def auxiliary_mu(
    store: SignalStore, estimator: Estimator, target: str
) -> dict[str, NDArray[np.float64]]:
    """The column of μ in the auxiliary run, when there was one: what other random numbers say."""
    other = store.auxiliary
    if other is None:
        return {}
    return {"mu_auxiliary": estimator.mu(other.target(target, carried=estimator.carried))}


def _listed(rows: NDArray[np.int64], most: int = 5) -> str:
    more = f" and {len(rows) - most} more" if len(rows) > most else ""
    return f"rows {', '.join(map(str, rows[:most]))}{more}"
