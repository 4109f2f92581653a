"""Near-duplicates as a person looks at them: groups, those that disagree in their label first.

Of a group the row whose label is likeliest right comes first: it is the one to keep.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Copies:
    """Groups of near-duplicates among n rows.

    Attributes:
        group: shape (n,), from 1 on, groups that disagree in their labels first; 0 without copies.
        place: shape (n,), within the group, 0 for the row to keep.
        disagree: shape (n,), whether the group's rows have more than one label.
    """

    group: NDArray[np.int64]
    place: NDArray[np.int64]
    disagree: NDArray[np.bool_]


def copies_of(
    alike: NDArray[np.int64], codes: NDArray[np.int64], suspicion: NDArray[np.floating]
) -> Copies:
    """Near-duplicates by group.

    Args:
        alike: equal numbers for rows that are copies of one another, shape (n,).
        codes: the given classes, shape (n,).
        suspicion: of the rows, shape (n,).

    Examples:
        >>> found = copies_of(np.array([5, 7, 5, 8, 7]), np.array([0, 1, 0, 1, 0]),
        ...     np.array([9.0, 80.0, 3.0, 1.0, 2.0]))
        >>> found.group.tolist(), found.place.tolist()
        ([2, 1, 2, 0, 1], [1, 1, 0, 0, 0])
        >>> found.disagree.tolist()
        [False, True, False, False, True]
    """
    _, number, size = np.unique(alike, return_inverse=True, return_counts=True)
    several = size[number] > 1
    pairs = np.unique(np.stack([number, codes]), axis=1)
    labels = np.bincount(pairs[0], minlength=len(size))
    disagree = several & (labels[number] > 1)
    order = np.lexsort((number, ~disagree, ~several))
    first_seen = dict.fromkeys(number[order[: several.sum()]].tolist())
    of_number = np.zeros(len(size), dtype=np.int64)
    of_number[list(first_seen)] = np.arange(1, len(first_seen) + 1)
    group = of_number[number]
    place = np.zeros(len(alike), dtype=np.int64)
    sorted_rows = np.lexsort((np.arange(len(alike)), suspicion, group))
    starts = np.flatnonzero(np.diff(group[sorted_rows], prepend=-1))
    lengths = np.diff(np.append(starts, len(alike)))
    place[sorted_rows] = np.arange(len(alike)) - np.repeat(starts, lengths)
    return Copies(group, np.where(several, place, 0), disagree)
