"""One class of several; or, when asked for, of several that have an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from finine_core.dataset.labels import codes_in, is_quantity, read_labels
from finine_core.dataset.roles import Roles
from finine_core.dataset.tasks.base import Answers
from finine_core.formats.values import RowNames, as_text


@dataclass(frozen=True)
class Classification:
    """Classes, in the order of their names (numbers by size).

    Attributes:
        ordered: whether a class that is two steps off is more wrong than the next one.
    """

    name: str
    words: str
    ordered: bool = False

    def fits(self, table: pa.Table, roles: Roles) -> bool:
        """Unless the label is a measured quantity; an order is a person's to say."""
        return not self.ordered and not is_quantity(table.column(roles.labels[0]))

    def read(self, table: pa.Table, roles: Roles, rows: RowNames) -> Answers:
        """The classes of the label column.

        Raises:
            FinineError: a label is missing, or the column holds no classes to learn.

        Examples:
            >>> table = pa.table({"y": ["dog", "cat", "dog", "cat"]})
            >>> CLASSIFICATION.read(table, Roles(label="y"), RowNames()).names
            ('cat', 'dog')
        """
        found = read_labels(roles.labels[0], table.column(roles.labels[0]), rows)
        return Answers(found.classes, found.codes, found.codes, found.classes, found.notes)

    def read_second(
        self, table: pa.Table, roles: Roles, first: Answers, rows: RowNames
    ) -> tuple[np.ndarray, np.ndarray]:
        """Among the classes of the first file.

        Raises:
            FinineError: a label is missing, or is none of them.
        """
        codes = codes_in(roles.labels[0], table.column(roles.labels[0]), first.classes, rows)
        return codes, codes

    def given(self, table: pa.Table, roles: Roles) -> list[str]:
        """The class."""
        return as_text(table.column(roles.labels[0])).to_pylist()


CLASSIFICATION = Classification("classification", "Classes: which one is it?")
ORDINAL = Classification(
    "ordinal", "Ordered classes, such as ratings: two steps off is worse than one.", ordered=True
)
