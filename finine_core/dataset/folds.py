"""Which rows are held out in which training, when a run trains several times?

The rows are cut into K folds; training k (1, 2, … K) holds out fold k and learns from the others.
So every row is held out once and learned from K − 1 times. Takes a dataset, however it is split;
gives the fold of each row, and the dataset as training k sees it. A dataset that was kept without
its tables, for its counts, stays without.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset.dataset import Dataset, Part, check_training_part
from finine_core.dataset.usable import check_learnable, naming

NOT_USED, NEVER_HELD_OUT = -1, 0  # instead of a fold: a damaged image; the only row of its class


def folds_of(
    codes: NDArray[np.int64],
    count: int,
    seed: int,
    together: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """The fold of each row, 1 … count, drawn by class; NEVER_HELD_OUT for the only row of a class.

    Rows, or groups of rows, are shuffled within their class and dealt to the folds in turn: sizes
    of folds, and of a class in them, differ by one at most (groups: by about a group).

    Args:
        codes: class of each row, shape (n,).
        count: of folds, at least 2.
        seed: the same seed deals the same.
        together: rows with the same number lie in the same fold, shape (n,).

    Examples:
        >>> codes = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 2])
        >>> fold = folds_of(codes, 3, seed=0)
        >>> [np.bincount(fold[codes == code], minlength=4).tolist() for code in (0, 1, 2)]
        [[0, 2, 2, 2], [0, 1, 1, 1], [1, 0, 0, 0]]
    """
    random = np.random.default_rng(seed)
    if together is None:
        dealt = _dealt(codes, random)
        found = np.full(len(codes), NEVER_HELD_OUT, dtype=np.int64)
        found[dealt] = 1 + np.arange(len(dealt)) % count
        return found
    _, first, group = np.unique(together, return_index=True, return_inverse=True)
    sizes, of_group = np.bincount(group), np.full(len(first), NEVER_HELD_OUT, dtype=np.int64)
    dealt = _dealt(codes[first], random)
    held = np.zeros(count, dtype=np.int64)
    for one in dealt[np.argsort(-sizes[dealt], kind="stable")]:  # large ones first: even sizes
        fold = int(np.argmin(held))
        of_group[one] = 1 + fold
        held[fold] += sizes[one]
    return of_group[group]


def _dealt(codes: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Places in the order in which they are dealt, class by class; classes of one are left out."""
    classes = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    shuffled = [random.permutation(places) for places in classes if len(places) > 1]
    return np.concatenate(shuffled) if shuffled else np.empty(0, dtype=np.int64)


def cut(dataset: Dataset, count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row of the file, shape (rows,); NOT_USED for rows in neither part."""
    rows, labels = (
        np.concatenate([getattr(part, name) for part in (dataset.train, dataset.validation)])
        for name in ("row_numbers", "labels")
    )
    order = np.argsort(rows)
    size = len(dataset.table) or int(rows.max()) + 1
    found = np.full(size, NOT_USED, dtype=np.int64)
    found[rows[order]] = folds_of(labels[order], count, seed)
    return found


def learned_from(folds: NDArray[np.int64], training: int) -> NDArray[np.int64]:
    """The row numbers that training 1, 2, … learns from, ascending.

    Examples:
        >>> learned_from(np.array([1, 2, 0, -1, 1]), 1).tolist()
        [1, 2]
    """
    return np.flatnonzero((folds != NOT_USED) & (folds != training))


def in_training(dataset: Dataset, folds: NDArray[np.int64], training: int) -> Dataset:
    """The dataset with fold `training` held out and all other rows to learn from.

    Raises:
        FinineError: nothing can be learned from those rows, such as where a class has none.
    """
    train = _part(dataset, learned_from(folds, training))
    with naming(dataset.path):
        where = f" into {folds.max()} folds"
        check_training_part(train, dataset.classes, dataset.answers, where)
        if len(dataset.table):
            check_learnable(train.table, dataset.roles)
    held_out = _part(dataset, np.flatnonzero(folds == training))
    return replace(dataset, train=train, validation=held_out)


def _part(dataset: Dataset, rows: NDArray[np.int64]) -> Part:
    parts = [part for part in (dataset.train, dataset.validation) if len(part)]
    numbers = np.concatenate([part.row_numbers for part in parts])
    order = np.argsort(numbers)
    places = order[np.searchsorted(numbers, rows, sorter=order)]

    def taken(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])[places]

    return Part(
        dataset.table.take(pa.array(rows)) if len(dataset.table) else dataset.table,
        taken("labels"),
        rows.astype(np.int64),
        taken("values"),
        None if parts[0].pixels is None else taken("pixels"),
        parts[0].images_in,
    )
