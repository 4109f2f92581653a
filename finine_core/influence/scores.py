"""From signals to scores: μ, its interval and its rank for every training row.

The interval is a block bootstrap over recorded steps: whole blocks are drawn, because
neighbouring steps resemble each other (of carried signals, in units of their deviations). That says
how much μ depends on which steps were recorded. An estimator that was held against real retraining
also knows by how much it is off beyond that (`model_error`: other seeds, and what its model of
training leaves out), and the interval allows for it; of the others it does not hold the variation
between training seeds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from finine_core.errors import FinineError
from finine_core.influence.estimators import Estimator
from finine_core.influence.signals import SignalStore, TargetSignals
from finine_core.influence.targets import SELF, Target

INTERVAL = 0.90  # the share of bootstrap draws inside; printed beside every interval
TWO_SIDED = float(ndtri((1 + INTERVAL) / 2))  # deviations in an interval to either side
RESAMPLES = 200  # enough for 5 % tails of 10 draws each; costs about a second per 50,000 rows
CHUNK_ROWS = 4096  # rows resampled at once, to bound memory
_BOOTSTRAP_STREAM = 11


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
            "Record more steps (--record-steps) or train fewer epochs.",
        )
    low, high = np.empty(rows), np.empty(rows)
    draws = block_draws(steps, seed)
    edges = [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2]
    for start in range(0, rows, CHUNK_ROWS):
        chunk = slice(start, min(start + CHUNK_ROWS, rows))
        part = signals.of_rows(chunk)
        resampled = np.stack([estimator.mu(_redrawn(part, draw)) for draw in draws])
        if part.carried:  # about its own mean, which need not be μ
            resampled += mu[chunk] - np.nanmean(resampled, axis=0)
        low[chunk], high[chunk] = np.nanquantile(resampled, edges, axis=0)
    order = np.argsort(-mu if target.suspicious_is_large else mu, kind="stable")
    rank = np.empty(rows, dtype=np.int64)
    rank[order] = np.arange(1, rows + 1)
    kind = SELF.name if target.name == SELF.name else "shared"
    allowed = TWO_SIDED * estimator.model_error.get(kind, 0.0) * np.abs(mu)
    # A quantile interval of a skewed statistic can miss its own estimate by rounding; it holds it.
    below, above = np.maximum(mu - low, 0.0), np.maximum(high - mu, 0.0)
    return TargetScores(mu, mu - np.hypot(below, allowed), mu + np.hypot(above, allowed), rank)


def _redrawn(signals: TargetSignals, steps: NDArray[np.int64]) -> TargetSignals:
    """The signals of other steps in the places of the recorded ones.

    What is left of a carried step depends on its place in the run, which is no matter of chance: a
    draw without the last steps would have little left. So deviations stay in their places, and
    signals in units of them are drawn.
    """
    if not signals.carried:
        return signals.of_steps(steps)
    deviation = np.sqrt(signals.variance)
    units = np.divide(
        signals.signal, deviation, out=np.zeros_like(signals.signal), where=deviation > 0
    )
    return replace(signals, signal=units[steps] * deviation)


def auxiliary_mu(
    store: SignalStore, estimator: Estimator, target: str
) -> dict[str, NDArray[np.float64]]:
    """The column of μ in the auxiliary run, when there was one: what other random numbers say."""
    other = store.auxiliary
    if other is None:
        return {}
    return {"mu_auxiliary": estimator.mu(other.target(target, carried=estimator.carried))}


def block_draws(steps: int, seed: int) -> NDArray[np.int64]:
    """Positions among the recorded steps for each bootstrap draw, shape (RESAMPLES, steps).

    Blocks are of length ⌈T^⅓⌉, the usual rate for a mean of dependent values.

    Examples:
        >>> block_draws(32, seed=0).shape
        (200, 32)
    """
    length = int(np.ceil(steps ** (1 / 3)))
    random = np.random.default_rng([seed, _BOOTSTRAP_STREAM])
    blocks = int(np.ceil(steps / length))
    starts = random.integers(0, steps - length + 1, size=(RESAMPLES, blocks))
    return (starts[:, :, None] + np.arange(length)).reshape(RESAMPLES, -1)[:, :steps]


def _listed(rows: NDArray[np.int64], most: int = 5) -> str:
    more = f" and {len(rows) - most} more" if len(rows) > most else ""
    return f"rows {', '.join(map(str, rows[:most]))}{more}"
