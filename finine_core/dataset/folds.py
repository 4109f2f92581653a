"""Which rows are held out in which training, when a run trains several times?

The rows are cut into K folds; training k (1, 2, … K) holds out fold k and learns from the others.
So every row is held out once and learned from K − 1 times. Takes a dataset, however it is split;
gives the fold of each row, and the dataset as training k sees it. A dataset that was kept without
its rows, for its counts (`without_rows`), stays without.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset.dataset import NOTHING_HELD_OUT, Dataset, Part, check_training_part
from finine_core.dataset.holding_out.same_inputs import same_inputs
from finine_core.dataset.holding_out.together import stratified_folds
from finine_core.dataset.usable import check_learnable, naming
from finine_core.errors import FinineError, shown

NOT_USED, NEVER_HELD_OUT = -1, 0  # instead of a fold: a damaged image; the only row of its class

FOLDS = "folds"  # how rows are held out, in run.json
OPTIONAL = ("pixels", "groups", "copies")  # arrays of a part, where it has them


def folds_of(
    codes: NDArray[np.int64],
    count: int,
    seed: int,
    together: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """The fold of each row, 1 … count, drawn by class; NEVER_HELD_OUT for the only row of a class.

    Rows are shuffled within their class and dealt to the folds in turn: sizes of folds, and of a
    class in them, differ by one at most. Rows that lie together are dealt as one, as evenly as
    their sets allow; the only set that has a class is never held out.

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
    found = 1 + stratified_folds(codes, count, seed, together)
    for code in np.unique(codes):
        sets = np.unique(together[codes == code])
        if len(sets) == 1:
            found[together == sets[0]] = NEVER_HELD_OUT
    return found


def _dealt(codes: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Places in the order in which they are dealt, class by class; classes of one are left out."""
    classes = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    shuffled = [random.permutation(places) for places in classes if len(places) > 1]
    return np.concatenate(shuffled) if shuffled else np.empty(0, dtype=np.int64)


def cut(dataset: Dataset, count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row of the file, shape (rows,); NOT_USED for rows in neither part.

    Rows of one group lie in one fold; where there are no groups, so do copies.

    Raises:
        FinineError: there are too few groups for so many folds.
    """
    rows, labels = (_of_both(dataset, name) for name in ("row_numbers", "labels"))
    order = np.argsort(rows)
    size = len(dataset.table) or int(rows.max()) + 1
    found = np.full(size, NOT_USED, dtype=np.int64)
    together = _together(dataset, rows[order], order)
    found[rows[order]] = folds_of(labels[order], count, seed, together)
    empty = count - len(np.unique(found[found > NEVER_HELD_OUT]))
    if empty:
        name = dataset.roles.group
        what = "rows" if together is None else "sets of copies"
        if name is not None:
            what = f"groups of {shown(name)}"
        raise FinineError(
            f"{count} folds need more {what} than there are: {empty} would hold nothing out.",
            "Ask for fewer folds.",
        )
    return found


def without_rows(dataset: Dataset) -> Dataset:
    """The same for its counts alone, without what takes memory; folds are cut as of the whole."""
    empty = dataset.table.schema.empty_table()
    own = dataset.train.row_numbers, dataset.validation.row_numbers
    same = None
    if dataset.train.copies is None and not (np.concatenate(own) < 0).any():
        same = same_inputs(dataset.table, dataset.roles)

    def light(part: Part) -> Part:
        copies = part.copies if same is None else same[part.row_numbers]
        return replace(part, table=empty, pixels=None, copies=copies)

    return replace(
        dataset, table=empty, train=light(dataset.train), validation=light(dataset.validation)
    )


def _together(
    dataset: Dataset, rows: NDArray[np.int64], order: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Equal numbers for rows that must not be parted; None where each is by itself."""
    for name in ("groups", "copies"):
        if getattr(dataset.train, name) is not None:
            found: NDArray[np.int64] = _of_both(dataset, name)[order]
            break
    else:
        same = same_inputs(dataset.table, dataset.roles) if len(dataset.table) else None
        if same is None:
            return None
        found = same[rows]
    return found if len(np.unique(found)) < len(found) else None


def _of_both(dataset: Dataset, name: str) -> np.ndarray:
    parts = [part for part in (dataset.train, dataset.validation) if len(part)]
    return np.concatenate([getattr(part, name) for part in parts])


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
    notes = tuple(note for note in dataset.notes if note != NOTHING_HELD_OUT)
    facts: dict[str, int | str] = {"by": FOLDS, "folds": int(folds.max())}
    if dataset.roles.group is not None:
        facts["group"] = dataset.roles.group
    return replace(dataset, train=train, validation=held_out, held_out=facts, notes=notes)


def _part(dataset: Dataset, rows: NDArray[np.int64]) -> Part:
    numbers = _of_both(dataset, "row_numbers")
    order = np.argsort(numbers)
    places = order[np.searchsorted(numbers, rows, sorter=order)]

    def taken(name: str) -> np.ndarray:
        return _of_both(dataset, name)[places]

    known: dict[str, Any] = {
        name: taken(name) for name in OPTIONAL if getattr(dataset.train, name) is not None
    }
    return replace(
        dataset.train,
        table=dataset.table.take(pa.array(rows)) if len(dataset.table) else dataset.table,
        row_numbers=rows.astype(np.int64),
        labels=taken("labels"),
        values=taken("values"),
        **known,
    )
