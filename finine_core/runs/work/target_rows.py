"""Which rows of a dataset a target's loss is of, for targets that all training rows share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from finine_core.dataset import Dataset
from finine_core.dataset.tasks import MULTI_LABEL
from finine_core.errors import FinineError
from finine_core.influence.targets import CLASS_PREFIX, EACH_CLASS, Target


@dataclass(frozen=True)
class RowsOfPart:
    """Places among the rows of one part of the data."""

    part: Literal["train", "validation"]
    places: NDArray[np.int64]


def expanded(names: tuple[str, ...], dataset: Dataset) -> tuple[str, ...]:
    """The names with `classes` written out: one for each class that has validation rows."""
    names_of, having = classes_of(dataset)
    each = tuple(f"{CLASS_PREFIX}{names_of[place]}" for place in np.flatnonzero(having.any(axis=0)))
    if EACH_CLASS in names and not each:
        raise FinineError(
            f"Target '{EACH_CLASS}' needs validation rows and there are none.",
            "Give a validation fraction above 0, a column or a file.",
        )
    found = [one for name in names for one in (each if name == EACH_CLASS else (name,))]
    return tuple(dict.fromkeys(found))


def classes_of(dataset: Dataset) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """What a target can be of, and which validation rows it holds for, shape (rows, names).

    Classes; or labels that may hold together.
    """
    held_out = dataset.validation
    if dataset.task == MULTI_LABEL.name:
        return dataset.answers, held_out.values > 0
    return dataset.classes, held_out.labels[:, None] == np.arange(len(dataset.classes))


def rows_of(target: Target, dataset: Dataset) -> tuple[RowsOfPart, ...]:
    """The rows whose mean loss the target is; none for self.

    Raises:
        FinineError: a class that the validation rows lack, or row numbers that the file lacks.
    """
    if target.label is not None:
        return (RowsOfPart("validation", _of_class(target, dataset)),)
    if target.rows:
        return _numbered(target, dataset)
    if target.needs_validation:
        return (RowsOfPart("validation", np.arange(len(dataset.validation))),)
    return ()


def _of_class(target: Target, dataset: Dataset) -> NDArray[np.int64]:
    classes, having = classes_of(dataset)
    if target.label not in classes:
        listed = ", ".join(classes[:20])
        raise FinineError(
            f"Target '{target.name}': there is no class '{target.label}'.", f"Classes: {listed}."
        )
    places = np.flatnonzero(having[:, classes.index(target.label)])
    if not len(places):
        raise FinineError(
            f"Target '{target.name}': no validation row has class '{target.label}'.",
            "Choose another class, or give more validation rows.",
        )
    return places


def _numbered(target: Target, dataset: Dataset) -> tuple[RowsOfPart, ...]:
    wanted = np.array(target.rows)
    missing = wanted[wanted >= len(dataset.table)]
    if len(missing):
        raise FinineError(
            f"Target '{target.name}': there is no row {missing[0]}.",
            f"Row numbers go from 0 to {len(dataset.table) - 1}.",
        )
    parts = (
        RowsOfPart("train", np.flatnonzero(np.isin(dataset.train.row_numbers, wanted))),
        RowsOfPart("validation", np.flatnonzero(np.isin(dataset.validation.row_numbers, wanted))),
    )
    if sum(len(part.places) for part in parts) < len(wanted):
        raise FinineError(
            f"Target '{target.name}': some of these rows are neither trained on nor held out.",
            "Choose other rows.",
        )
    return tuple(part for part in parts if len(part.places))
