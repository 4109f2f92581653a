"""Which rows lie next to each row, and which are near-duplicates of one another?

Neighbours are looked up once, by Euclidean distance in the probe's components; labels do not come
into it, so the same neighbours serve for labels that were changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.features import Floats

NEIGHBOURS = 10
MOST_COMPARED = 20_000  # rows that others are compared with: all pairs of more would take minutes
# Of the median distance to the nearest row: what lies nearer is a copy with small changes.
NEAR = 0.15
# A table of few columns has many equal rows that mean nothing; a copy has few others.
MOST_COPIES = 6


@dataclass(frozen=True, eq=False)
class Alike:
    """The nearest rows of n rows.

    Attributes:
        nearest: shape (n, k): places of the nearest others, nearest first.
        distance: shape (n, k).
    """

    nearest: NDArray[np.int64]
    distance: Floats

    def shares(self, codes: NDArray[np.int64], classes: int) -> Floats:
        """The share of each class among a row's neighbours, shape (n, classes)."""
        rows, count = self.nearest.shape
        found = np.zeros((rows, classes), dtype=np.float32)
        places = np.repeat(np.arange(rows), count), codes[self.nearest].ravel()
        np.add.at(found, places, 1 / count)
        return found

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """A number for each row that near-duplicates share, shape (n,).

        Rows without any have a number of their own.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        rows = len(self.nearest)
        first = self.distance[:, 0]
        apart = first[first > 0]
        limit = NEAR * float(np.median(apart)) if len(apart) else 0.0
        at, k = np.nonzero(self.distance <= limit)
        pairs = coo_array((np.ones(len(at)), (at, self.nearest[at, k])), shape=(rows, rows))
        _, found = connected_components(pairs, directed=False)
        crowded = np.bincount(found)[found] > MOST_COPIES
        found[crowded] = found.max() + 1 + np.arange(crowded.sum())
        return np.unique(found, return_inverse=True)[1].astype(np.int64)


def alike(parts: Floats, seed: int, count: int = NEIGHBOURS) -> Alike:
    """The nearest `count` other rows of each row.

    Args:
        parts: shape (n, d), n at least 2.

    Examples:
        >>> found = alike(np.float32([[0], [1], [1.05], [5], [7]]), seed=0, count=1)
        >>> found.nearest[:, 0]
        array([1, 2, 1, 4, 3])
        >>> found.copies
        array([0, 1, 1, 2, 3])
    """
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    rows = len(parts)
    among = np.arange(rows)
    if rows > MOST_COMPARED:
        random = np.random.default_rng(seed)
        among = np.sort(random.choice(rows, MOST_COMPARED, replace=False))
    count = min(count, len(among) - 1)
    with threadpool_limits(1):  # sums in one order, whatever the machine
        finder = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(parts[among])
        distance, place = finder.kneighbors(parts)
    nearest = among[place]
    itself = nearest == np.arange(rows)[:, None]
    # The row itself comes first among its equals or not at all: it is dropped, or the farthest is.
    itself[~itself.any(axis=1), -1] = True
    keep = ~itself
    return Alike(
        nearest[keep].reshape(rows, count), distance[keep].reshape(rows, count).astype(np.float32)
    )
