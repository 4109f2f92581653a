"""Where does a small decision tree cut one column of numbers?

Takes sorted values with their labels, gives the thresholds between its leaves. It is the usual
greedy tree (Gini impurity, CART), written for a single column: sorted once, every possible cut of
a stretch is judged in one pass over cumulative class counts.
"""

from __future__ import annotations

import numpy as np

DEPTH = 4  # up to 16 stretches: several bands of values, and no row by row
FEWEST_IN_LEAF = 5  # a stretch of fewer rows is luck


def thresholds(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The cuts (k,), ascending: a row with value v lies in leaf searchsorted(cuts, v, 'right').

    Args:
        values: (m,) ascending, without NaN.
        labels: (m,) int64, from 0.

    Examples:
        >>> values = np.arange(40.0)
        >>> thresholds(values, (values >= 30).astype(int)).tolist()
        [29.5]
        >>> thresholds(values, np.zeros(40, dtype=int)).tolist()
        []
    """
    classes = int(labels.max(initial=0)) + 1
    # (m + 1, classes): how many of each class lie before position i
    before = np.zeros((len(labels) + 1, classes))
    np.cumsum(labels[:, None] == np.arange(classes), axis=0, out=before[1:])
    cuts: list[float] = []
    stretches = [(0, len(labels))]
    for _ in range(DEPTH):
        halves = []
        for begin, end in stretches:
            at = _best_cut(values[begin:end], before[begin : end + 1])
            if at:
                cuts.append(_between(values[begin + at - 1], values[begin + at]))
                halves += [(begin, begin + at), (begin + at, end)]
        stretches = halves
    return np.sort(np.array(cuts))


def _best_cut(values: np.ndarray, before: np.ndarray) -> int:
    """How many rows of a stretch (m,) lie left of its best cut; 0 where no cut makes it purer."""
    rows = len(values)
    if rows < 2 * FEWEST_IN_LEAF:
        return 0
    sizes = np.arange(FEWEST_IN_LEAF, rows - FEWEST_IN_LEAF + 1)
    left = before[sizes] - before[0]
    total = before[-1] - before[0]
    right = total - left
    # Gini impurity falls as the sum of squared class counts over sizes rises.
    purity = (left**2).sum(axis=1) / sizes + (right**2).sum(axis=1) / (rows - sizes)
    purity[values[sizes - 1] == values[sizes]] = -np.inf
    best = int(purity.argmax())
    gain = purity[best] - (total**2).sum() / rows
    return int(sizes[best]) if gain > 1e-9 * rows else 0


def _between(low: float, high: float) -> float:
    """A cut above low and at most high; neighbouring floats have no number between them."""
    middle = low / 2 + high / 2
    return float(middle if low < middle else high)
