"""Can these columns be learned from at all?

Takes a table and the columns with a role, and refuses what no training could use: numbers that are
infinite or absurdly large, texts that are all empty, columns that never vary. It is asked when a
file is checked, so that nothing is found out only after a run was started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.roles import Roles
from finine_core.errors import FinineError, shown
from finine_core.formats.values import BY_NUMBER, RowNames, is_blank, listed_columns

# float32 holds up to 3e38; standardising squares differences in float64. Beyond this a number is
# a placeholder or a slip, and would make every other value of its column look the same.
LARGEST = 1e30


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name before a problem that was found in its content.

    Examples:
        >>> with naming(Path("data/a.csv")):
        ...     raise FinineError("Row 3 is odd.", "Mend it.")
        Traceback (most recent call last):
        finine_core.errors.FinineError: a.csv: Row 3 is odd. Mend it.
    """
    try:
        yield
    except FinineError as error:
        raise FinineError(f"{path.name}: {error.problem}", error.mend) from None


def check_numbers(table: pa.Table, columns: Sequence[str], rows: RowNames = BY_NUMBER) -> None:
    """Refuse numbers among the columns that are infinite or beyond ±1e30; missing ones are fine.

    Raises:
        FinineError: the column, the row and the value.

    Examples:
        >>> check_numbers(pa.table({"x": [1.0, float("inf")]}), ["x"])
        Traceback (most recent call last):
        finine_core.errors.FinineError: Column 'x' is inf in row 1: infinite, or larger than any \
number a computer holds (1.8e308). Correct the value, or leave it empty if it is missing.
    """
    for name in columns:
        column = table.column(name)
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            continue
        values = column.cast(pa.float64(), safe=False).to_numpy()
        with np.errstate(invalid="ignore"):
            bad = np.flatnonzero(np.abs(values) > LARGEST)  # NaN (missing) compares as False
        if len(bad):
            first = int(bad[0])
            why = (
                f"numbers must be within ±{LARGEST:.0e}"
                if np.isfinite(values[first])
                else "infinite, or larger than any number a computer holds (1.8e308)"
            )
            raise FinineError(
                f"Column {shown(name)} is {column[first].as_py()} in {rows.one(first)}: {why}.",
                "Correct the value, or leave it empty if it is missing.",
            )


def check_learnable(train: pa.Table, roles: Roles) -> None:
    """Refuse training rows without any text, or in which no column varies.

    Raises:
        FinineError: which columns, and why.

    Examples:
        >>> check_learnable(pa.table({"x": [5, 5, 5]}), Roles(label="y", features=("x",)))
        Traceback (most recent call last):
        finine_core.errors.FinineError: The columns 'x' do not vary between training rows: there \
is nothing to learn from. Choose other text or feature columns.
    """
    for name in roles.text:
        if pc.all(is_blank(train.column(name))).as_py():
            raise FinineError(
                f"The text column {shown(name)} has no text in any training row.", "Ignore it."
            )
    if not any(varies(train.column(name)) for name in roles.inputs):
        raise nothing_varies(roles)


def nothing_varies(roles: Roles) -> FinineError:
    """The error for inputs that are the same in every training row."""
    return FinineError(
        f"The columns {listed_columns(roles.inputs)} do not vary between training rows: there is "
        "nothing to learn from.",
        "Choose other text or feature columns.",
    )


def varies(column: pa.ChunkedArray) -> bool:
    """Whether a column tells rows apart; missing against present counts.

    Examples:
        >>> varies(pa.chunked_array([[1, None]])), varies(pa.chunked_array([["a", "a"]]))
        (True, False)
    """
    return int(pc.count_distinct(column, mode="all").as_py()) > 1
