"""How does one row compare with the others? Rows that say the same, and how usual its values are.

Takes a line of the review table; asks the table about its other training rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from finine_core.curation.expressions import literal, quoted
from finine_core.curation.review import ROW_NUMBER, ReviewTable

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL",
           "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")  # fmt: skip
MOST_COLUMNS = 200  # compared at once; a query over more takes longer than a person waits


@dataclass(frozen=True)
class Place:
    """Where a value lies among the rows of one label.

    Attributes:
        column: its name in the review table.
        numeric: whether it is a number.
        share: of a number, the share of rows with a smaller one (equal ones count half); of
            anything else, the share of rows with the same; None where no row has a value.
    """

    column: str
    numeric: bool
    share: float | None

    @property
    def oddness(self) -> float:
        """0 for the most usual value, 1 for one that no row comes near."""
        if self.share is None:
            return 0.0
        return abs(2 * self.share - 1) if self.numeric else 1 - self.share


def same_rows(
    table: ReviewTable, line: Mapping[str, Any], columns: Sequence[str], target: str
) -> npt.NDArray[np.int64]:
    """Row numbers of the other training rows with the same value in every one of `columns`."""
    if not columns:
        return np.empty(0, dtype=np.int64)
    kinds = dict(table.columns())
    where = " AND ".join(_same(name, kinds[name], line[name]) for name in columns)
    found = table.row_numbers(
        target=target, where=f"({where}) AND {ROW_NUMBER} <> {int(line[ROW_NUMBER])}"
    )
    return np.sort(found)


def places(
    table: ReviewTable,
    line: Mapping[str, Any],
    columns: Sequence[str],
    labels: Sequence[str],
    target: str,
) -> dict[str, list[Place]]:
    """Where the row's values lie among the other training rows of each label.

    Args:
        line: of the review table, with the data's columns; missing values are left out.
        columns: the first MOST_COLUMNS of them are compared.
        labels: whose rows are compared with.

    Returns:
        label → a place for each value, in the order of `columns`.
    """
    kinds = dict(table.columns())
    asked, numeric = {}, {}
    for name in columns[:MOST_COLUMNS]:
        value = line[name]
        if value is None or (isinstance(value, float) and value != value):
            continue
        numeric[name] = kinds[name].split("(")[0] in NUMBERS
        asked[name] = (
            f"{quoted(name)} < {_literal(value, kinds[name])}"
            if numeric[name]
            else _same(name, kinds[name], value)
        )
        if numeric[name]:
            asked[f"={name}"] = _same(name, kinds[name], value)
    wanted = ", ".join(literal(one) for one in labels)
    others = f"label IN ({wanted}) AND {ROW_NUMBER} <> {int(line[ROW_NUMBER])}"
    shares = table.shares(asked, target=target, where=others)
    return {one: _places(numeric, shares.get(one, {})) for one in labels}


def _places(numeric: Mapping[str, bool], shares: Mapping[str, float | None]) -> list[Place]:
    found = []
    for name, is_number in numeric.items():
        share = shares.get(name)
        if is_number and share is not None:
            share += (shares[f"={name}"] or 0.0) / 2
        found.append(Place(name, is_number, share))
    return found


def _same(name: str, kind: str, value: object) -> str:
    if value is None:
        return f"{quoted(name)} IS NULL"
    return f"{quoted(name)} = {_literal(value, kind)}"


def _literal(value: object, kind: str) -> str:
    """A value as SQL of its column's type."""
    if isinstance(value, str) and kind == "VARCHAR":
        return literal(value)
    return f"CAST({literal(str(value))} AS {kind})"
