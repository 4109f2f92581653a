"""Which rows stand for all rows in the variance of a step, and how are moments had from them?

σ²_it needs the mean and variance over all rows j of ⟨g_i, g_j⟩ (docs/method.md), for every row i. A
probe of few rows j estimates both: the step's batch, which is a uniform sample, and rows drawn with
probability q_j, half uniform and half ∝ ‖g_j‖² of the previous recorded step, because few rows have
most of the variance once a model fits. Each row is weighted by the inverse of how often both parts
together draw it (the balance heuristic of Veach and Guibas 1995), so that the weighted moments aim
at those of all rows, however stale q is.

On mnist_5k 128 rows so drawn gave as consistent rankings as 256 uniform ones
(benchmarks/consistency.py; figures in docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PROBE_ROWS = 256  # see above; half of it doubles the error of the trend, on which curves rest
UNIFORM_SHARE = 0.5  # of what is drawn, and the most that the batch has of a probe: bounds weights


@dataclass(frozen=True)
class Probe:
    """Rows j with weights, both shape (m,); a row may be drawn more than once.

    Attributes:
        index: places of the rows among the training rows.
        weights: their share in the variance; all 1 when the probe is every row.
        trend_weights: their share in the trend, 0 for the batch: a trend that held the batch's own
            products would hide part of the background's deviation from it.
        batch_rows: how many of the first rows are the batch; 0 when it had no room.
    """

    index: NDArray[np.int64]
    weights: NDArray[np.float64]
    trend_weights: NDArray[np.float64]
    batch_rows: int


def draw_probe(
    rows: int,
    batch: NDArray[np.int64],
    norms: NDArray[np.floating] | None,
    count: int,
    random: np.random.Generator,
) -> Probe:
    """Draw `count` rows out of `rows`, the batch first where there is room; all when there are few.

    Args:
        norms: ‖g_j‖² of all rows up to a factor, shape (rows,), or None when none are known.

    Examples:
        >>> probe = draw_probe(100, np.arange(4), None, 8, np.random.default_rng(0))
        >>> probe.index[:4], len(probe.index), float(probe.weights.sum())
        (array([0, 1, 2, 3]), 8, 1.0)
    """
    if rows <= count:
        others = np.delete(np.arange(rows), batch)
        return Probe(np.concatenate([batch, others]), np.ones(rows), np.ones(rows), len(batch))
    room = len(batch) <= count * UNIFORM_SHARE  # else too few are drawn for the trend, or none
    uniform = batch if room else random.choice(rows, int(count * UNIFORM_SHARE), replace=False)
    total = 0.0 if norms is None else float(norms.sum(dtype=np.float64))
    chance = np.full(rows, 1 / rows)
    if norms is not None and total > 0:
        chance = UNIFORM_SHARE / rows + (1 - UNIFORM_SHARE) * norms.astype(np.float64) / total
    drawn = random.choice(rows, count - len(uniform), p=chance / chance.sum())
    index = np.concatenate([uniform, drawn])
    expected = len(uniform) / rows + len(drawn) * chance[index]  # how often a row is drawn
    alone = 1 / (rows * chance[index])  # weights when only the drawn part is looked at
    alone[: len(uniform)] = 0.0
    return Probe(index, 1 / (rows * expected), alone, len(batch) if room else 0)


def moments(pairs: Tensor, probe: Probe, rows: slice) -> tuple[Tensor, Tensor]:
    """Trend (mean) and variance over the other rows j of ⟨g_i, g_j⟩, each shape (n,).

    A row's product with itself is left out. The variance is the unbiased one for weights that say
    how reliable a value is: Σ w (x − mean)² / (W − Σ w² / W), W = Σ w.

    Args:
        pairs: (n, m), of the training rows `rows` with the probe; overwritten.
    """
    index = torch.as_tensor(probe.index, device=pairs.device)
    weights = torch.as_tensor(probe.weights, dtype=pairs.dtype, device=pairs.device)
    columns = torch.nonzero((index >= rows.start) & (index < rows.stop)).flatten()
    own = index[columns] - rows.start, columns
    for_trend = torch.as_tensor(probe.trend_weights, dtype=pairs.dtype, device=pairs.device)
    total, squares, of_trend = (
        w.sum().repeat(len(pairs)).index_add_(0, own[0], -w[columns])
        for w in (weights, weights.square(), for_trend)
    )
    pairs[own] = 0.0
    mean = pairs @ weights / total
    trend = pairs @ for_trend / of_trend
    pairs -= mean[:, None]
    pairs[own] = 0.0
    return trend, pairs.square_() @ weights / (total - squares / total)
