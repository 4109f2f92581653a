"""A number: how much is it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from finine_core.dataset.labels import is_quantity
from finine_core.dataset.roles import Roles
from finine_core.dataset.tasks.bands import band_of, numeric_target, read_numbers
from finine_core.dataset.tasks.base import Answers
from finine_core.errors import FinineError, shown
from finine_core.formats.values import RowNames, as_text


@dataclass(frozen=True)
class Regression:
    """Numbers to learn; their bands count as classes where rows are balanced."""

    name: str = "regression"
    words: str = "A number: how much is it?"

    def fits(self, table: pa.Table, roles: Roles) -> bool:
        """Where the label is a measured quantity."""
        return is_quantity(table.column(roles.labels[0]))

    def read(self, table: pa.Table, roles: Roles, rows: RowNames) -> Answers:
        """The numbers of the label column.

        Raises:
            FinineError: a number is missing or absurd, or all are the same.

        Examples:
            >>> table = pa.table({"price": [1.5, 2.0, 3.5, 9.0]})
            >>> found = REGRESSION.read(table, Roles(label="price"), RowNames())
            >>> found.values.tolist(), found.names
            ([1.5, 2.0, 3.5, 9.0], ('price',))
        """
        values = read_numbers(roles.labels[0], table.column(roles.labels[0]), rows)
        if len(values) and np.ptp(values) == 0:
            raise FinineError(
                f"The label column {shown(roles.labels[0])} is {values[0]:g} in every row.",
                "Numbers that differ are needed to learn a difference.",
            )
        found = numeric_target(values)
        note = f"The label column {shown(roles.labels[0])} is learned as a number (regression)."
        return Answers(found.bands, found.codes, values, (roles.labels[0],), (note,))

    def read_second(
        self, table: pa.Table, roles: Roles, first: Answers, rows: RowNames
    ) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the second file, in the bands of the first.

        Raises:
            FinineError: a number is missing or absurd.
        """
        column = table.column(roles.labels[0])
        values = read_numbers(roles.labels[0], column, rows, " of the validation file")
        return band_of(values, numeric_target(first.values)), values

    def given(self, table: pa.Table, roles: Roles) -> list[str]:
        """The number."""
        return as_text(table.column(roles.labels[0])).to_pylist()


REGRESSION = Regression()
