"""Into which fold does each row go, so that it is judged by rows that do not know it?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.dataset.holding_out.together import joined, stratified_folds

FOLDS = 5


def folds_of(
    codes: NDArray[np.int64],
    together: NDArray[np.int64],
    seed: int,
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """The fold of each row, 0 … FOLDS−1: classes are spread evenly, near-duplicates kept together.

    A row whose copy has another label would be judged by that copy otherwise. Groups are kept
    together, too: who knows a patient's other rows knows more of a row than of a stranger's.

    Args:
        codes: shape (n,), the class of each row.
        together: shape (n,), equal numbers for rows that go into one fold.
        groups: shape (n,), the same of a person's groups; None where there are none.

    Examples:
        >>> folds = folds_of(np.repeat([0, 1], 10), np.arange(20), seed=0)
        >>> np.bincount(folds).tolist(), np.bincount(folds[:10]).tolist()
        ([4, 4, 4, 4, 4], [2, 2, 2, 2, 2])
    """
    if groups is not None:
        whole = joined(groups, together)
        # Copies can link group to group until little is left to spread: then groups count alone.
        room = max(int(np.bincount(groups).max()), len(codes) // FOLDS)
        if np.bincount(whole).max() > room:
            whole = groups
        return stratified_folds(codes, FOLDS, seed, whole)
    random = np.random.default_rng(seed)
    _, first = np.unique(together, return_index=True)  # a row that stands for its copies
    order = first[np.lexsort((random.random(len(first)), codes[first]))]
    of_copies = np.empty(together.max() + 1, dtype=np.int64)
    of_copies[together[order]] = (np.arange(len(order)) + random.integers(FOLDS)) % FOLDS
    return of_copies[together]
