"""Errors of our own, planted in a copy of the labels, to see how well errors are found here.

Half of them in proportion to how frequent the classes are, half in the direction of the confusions
that the probe sees in the given labels: as many from class to class as are doubted so. No class
loses or gains more than a tenth of its rows, so that what can be learned stays the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHARE = 0.1  # of a class's rows that leave it, and that come to it, at most
ENOUGH = 150  # planted errors, from which shares are known to about 4 points
# Rounds of planting, where planted errors are few; and rows judged in all of them, for the time.
MOST_ROUNDS, ROWS_IN_ALL = 8, 40_000


def planted(
    codes: NDArray[np.int64],
    likelier: NDArray[np.int64],
    classes: int,
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """The labels with errors planted among the rows whose own label is not doubted.

    Args:
        codes: the given classes, shape (n,).
        likelier: what each row is confidently taken for, shape (n,).

    Examples:
        >>> codes = np.repeat([0, 1], 500)
        >>> new = planted(codes, codes, 2, np.random.default_rng(0))
        >>> 20 < int((new != codes).sum()) < 80
        True
    """
    sizes = np.bincount(codes, minlength=classes).astype(np.float64)
    by_size = np.outer(sizes, sizes) / sizes.sum() * SHARE / 2
    confused = np.zeros((classes, classes))
    np.add.at(confused, (likelier, codes), 1.0)
    new, free = codes.copy(), likelier == codes
    for wanted in (_within(by_size, sizes), _within(confused, sizes)):
        for own in np.flatnonzero(wanted.sum(axis=1) > 0):
            total = wanted[own].sum()
            there = np.flatnonzero(free & (codes == own) & (new == codes))
            count = min(int(random.poisson(total)), len(there) // 2)
            chosen = random.choice(there, count, replace=False)
            new[chosen] = random.choice(classes, count, p=wanted[own] / total)
    return new


def _within(wanted: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Made small enough that half of SHARE of no class leaves it, or comes to it."""
    found, most = wanted.copy(), SHARE / 2 * sizes
    np.fill_diagonal(found, 0.0)
    for _ in range(20):
        found *= np.minimum(1.0, most / np.maximum(found.sum(axis=1), 1e-9))[:, None]
        found *= np.minimum(1.0, most / np.maximum(found.sum(axis=0), 1e-9))[None]
    return found
