"""What a task is: how the label column is read, and what a model of it learns.

A task gives `Answers`: for each row what is to be learned, and which class it counts under where
rows are balanced or compared (the draw of validation rows, random rows beside marked ones, slices).
In classification both are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from finine_core.dataset.roles import Roles
from finine_core.formats.values import RowNames

NO_LABEL = "(none)"


@dataclass(frozen=True, eq=False)
class Answers:
    """What there is to learn of n rows.

    Attributes:
        classes: names of the classes; in regression, bands of the numbers.
        codes: (n,) int64, index into `classes`.
        values: what a model learns: (n,) int64 codes, (n,) float64 numbers, or (n, K) of 0 and 1.
        names: what a model gives: its classes, the name of its number, or its K labels.
        notes: for a person.
    """

    classes: tuple[str, ...]
    codes: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Task(Protocol):
    """One thing to learn of a label column.

    Attributes:
        name: the word in CLI, app and files.
        words: one sentence for a person.
    """

    @property
    def name(self) -> str: ...

    @property
    def words(self) -> str: ...

    def fits(self, table: pa.Table, roles: Roles) -> bool:
        """Whether `auto` takes this task for the label."""

    def read(self, table: pa.Table, roles: Roles, rows: RowNames) -> Answers:
        """Read and check the label column; what cannot be learned is a `FinineError`."""

    def read_second(
        self, table: pa.Table, roles: Roles, first: Answers, rows: RowNames
    ) -> tuple[np.ndarray, np.ndarray]:
        """Codes and values of a second file's rows, in terms of the first one's answers."""

    def given(self, table: pa.Table, roles: Roles) -> list[str]:
        """The label of each row as a person reads it."""


def together(chosen: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """Labels that hold together, in words, one text a row.

    Args:
        chosen: bool (n, K).

    Examples:
        >>> together(np.array([[True, True], [False, False]]), ("rude", "loud"))
        ['rude + loud', '(none)']
    """
    return [
        " + ".join(name for name, holds in zip(names, row, strict=True) if holds) or NO_LABEL
        for row in chosen.tolist()
    ]
