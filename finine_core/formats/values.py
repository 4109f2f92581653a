"""How does a person read a value, a row, a column name?

Gives cell values as text ("1", "0.5", "true"), row numbers as words for error messages, and the
error for a column that does not exist, with close matches first.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.errors import FinineError, shown

SHOWN_ROWS = 5  # rows named in an error message; enough to find the pattern, short enough to read
SHOWN_COLUMNS = 20  # of a file's columns in an error message


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column's values as strings a person would write; missing stays missing.

    Examples:
        >>> as_text(pa.chunked_array([[1.0, 0.5, None]])).to_pylist()
        ['1', '0.5', None]
        >>> as_text(pa.chunked_array([[True, False]])).to_pylist()
        ['true', 'false']
    """
    if not pa.types.is_floating(column.type):
        return column.cast(pa.string())
    encoded = column.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # older pyarrow gives one chunk, still wrapped
        encoded = pa.concat_arrays(encoded.chunks)
    words = [number_text(value) for value in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(words, pa.string()).take(encoded.indices)])


def number_text(value: float) -> str:
    """A number without a needless point.

    Examples:
        >>> number_text(3.0), number_text(0.1), number_text(float("inf"))
        ('3', '0.1', 'inf')
    """
    # Beyond 2**53 floats are no longer all integers' neighbours: show them in exponent form.
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def is_blank(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where the column (n,) has no value: null, or for strings also only white space.

    Examples:
        >>> is_blank(pa.chunked_array([["a", " ", None]])).to_pylist()
        [False, True, True]
    """
    if pa.types.is_string(column.type):
        trimmed = pc.utf8_trim_whitespace(column)
        return pc.fill_null(pc.equal(trimmed, ""), True)
    return pc.is_null(column)


@dataclass(frozen=True, eq=False)
class RowNames:
    """How messages name the rows of one file: by row number, and by line where it has lines.

    Attributes:
        lines: (n,) int64, the line each row begins on, counted from 1; None in files without.
        numbers: (n,) int64, row numbers, where they are not the places in the table.

    Examples:
        >>> names = RowNames(np.array([2, 3, 6]))
        >>> names.one(2), names.some([2]), names.some([0, 1])
        ('row 2 (line 6)', 'row 2, line 6', 'rows 0, 1 on lines 2, 3')
        >>> RowNames().some([1, 2, 3, 4, 5, 6])
        'rows 1, 2, 3, 4, 5, …'
    """

    lines: np.ndarray | None = None
    numbers: np.ndarray | None = None

    def one(self, row: int) -> str:
        """A row inside a sentence."""
        if self.numbers is not None:
            return row_name(int(self.numbers[row]))
        return f"row {row}" + (f" (line {self.lines[row]})" if self.lines is not None else "")

    def some(self, rows: Sequence[int]) -> str:
        """The first few rows, inside brackets."""
        first = list(rows[:SHOWN_ROWS])
        more = ", …" if len(rows) > SHOWN_ROWS else ""
        several = len(rows) > 1
        told = f"row{'s' if several else ''} {', '.join(map(str, first))}{more}"
        if self.lines is None:
            return told
        lines = ", ".join(str(self.lines[row]) for row in first)
        return f"{told} on lines {lines}{more}" if several else f"{told}, line {lines}"


BY_NUMBER = RowNames()


def row_name(row_number: int) -> str:
    """A row number as words; -1, -2, … are the rows of a second file.

    Examples:
        >>> row_name(7), row_name(-1)
        ('row 7', 'row 0 of the validation file')
    """
    return (
        f"row {row_number}" if row_number >= 0 else f"row {-row_number - 1} of the validation file"
    )


def require_values(
    name: str, column: pa.ChunkedArray, rows: RowNames, where: str, mend: str
) -> None:
    """Refuse a label column that lacks a value in some rows.

    Args:
        where: of which file, such as ' of the validation file'.
        mend: what to do about it.

    Raises:
        FinineError: so many rows have none; the first are named.
    """
    blank = np.flatnonzero(is_blank(column).to_numpy())
    if len(blank):
        raise FinineError(
            f"The label column {shown(name)}{where} has no value in {len(blank)} of "
            f"{len(column)} rows ({rows.some(blank.tolist())}).",
            mend,
        )


def listed_columns(names: Sequence[str]) -> str:
    """Column names for an error message, the first of them.

    Examples:
        >>> listed_columns(["a", "b"]), listed_columns(["c"] * 50)[-16:]
        ("'a', 'b'", " 'c' and 30 more")
    """
    more = len(names) - SHOWN_COLUMNS
    first = ", ".join(map(shown, names[:SHOWN_COLUMNS]))
    return f"{first} and {more:,} more" if more > 0 else first


def no_such_column(name: str, columns: Sequence[str], where: str = "") -> FinineError:
    """The error for a column that does not exist: close matches first, then all columns.

    Examples:
        >>> str(no_such_column("lable", ["text", "label"]))
        "There is no column 'lable'. Did you mean 'label'? Columns: 'text', 'label'."
    """
    by_lower = {column.strip().lower(): column for column in columns}
    close = difflib.get_close_matches(name.strip().lower(), list(by_lower), n=2)
    guess = " or ".join(shown(by_lower[match]) for match in close)
    listed = f"Columns: {listed_columns(columns)}."
    return FinineError(
        f"There is no column {shown(name)}{where}.",
        f"Did you mean {guess}? {listed}" if guess else listed,
    )
