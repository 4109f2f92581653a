"""Which class would a row confidently be taken for? Thresholds per class (confident learning).

A row counts as of class k when its probability of k reaches what rows labelled k have on average
(Northcutt, Jiang and Chuang 2021): no flat 70 %, which easy classes reach always and rare ones
never.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.features import Floats


def class_thresholds(chances: Floats, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each class the mean probability that its rows have of it; 1 for a class without rows.

    Examples:
        >>> class_thresholds(np.float32([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 0])).round(2)
        array([0.7, 1. ])
    """
    classes = chances.shape[1]
    own = chances[np.arange(len(codes)), codes]
    counts = np.bincount(codes, minlength=classes)
    sums = np.bincount(codes, weights=own, minlength=classes)
    found: NDArray[np.float64] = np.where(counts > 0, sums / np.maximum(counts, 1), 1.0)
    return found


def likelier_class(chances: Floats, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The likeliest class among those whose threshold a row reaches; its own where there is none.

    Examples:
        >>> chances = np.float32([[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.2, 0.8]])
        >>> likelier_class(chances, np.array([0, 0, 1, 1])).tolist()
        [0, 0, 0, 1]
    """
    reached = np.where(chances >= class_thresholds(chances, codes), chances, 0)
    return np.where(reached.max(axis=1) > 0, reached.argmax(axis=1), codes).astype(np.int64)
