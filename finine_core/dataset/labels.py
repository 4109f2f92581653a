"""Which classes does the label column hold, and which one is each row's?

Takes the label column and gives class names in reading order with one code per row. Columns that
cannot be learned as classes (missing values, one class, a measured quantity) are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.errors import FinineError, shown
from finine_core.formats.values import BY_NUMBER, RowNames, as_text, require_values

# A label with fractions and more values than this is a measured quantity, not a class. Rating
# scales with half steps have at most ~20 values.
MAX_FRACTION_CLASSES = 20
# Whole numbers may be classes by the hundred; they are taken for a quantity when there are many
# and each occurs in only a few rows.
MANY_CLASSES, FEW_ROWS_PER_CLASS = 50, 10
SHOWN_CLASSES = 10  # named in a message; a file may have thousands


@dataclass(frozen=True, eq=False)
class Labels:
    """Class names, one code (int64, index into classes) per row, and notes for a person."""

    classes: tuple[str, ...]
    codes: np.ndarray
    notes: tuple[str, ...]


def read_labels(name: str, column: pa.ChunkedArray, rows: RowNames = BY_NUMBER) -> Labels:
    """Turn the label column (n,) into classes and codes.

    Classes are sorted, numerically where all are numbers. `rows` names the rows in messages.

    Raises:
        FinineError: a label is missing, there is only one class, every row has its own, or the
            column looks like a regression target.

    Examples:
        >>> labels = read_labels("y", pa.chunked_array([[10, 9, 10, 9]]))
        >>> labels.classes, labels.codes.tolist()
        (('9', '10'), [1, 0, 1, 0])
    """
    text = _present_text(name, column, rows, of_second_file=False)
    values = text.unique().to_pylist()
    _refuse_unlearnable(name, column, len(values))
    classes = _sorted_classes(values)
    codes = pc.index_in(text, value_set=pa.array(classes, pa.string())).to_numpy()
    codes = codes.astype(np.int64)
    notes = []
    single = [classes[code] for code in np.flatnonzero(np.bincount(codes) == 1)]
    if single:
        notes.append(
            f"In {shown(name)} these classes have a single row, which stays in training, so "
            f"nothing about them can be validated: {_listed(single)}."
        )
    return Labels(classes, codes, tuple(notes))


def codes_in(
    name: str, column: pa.ChunkedArray, classes: tuple[str, ...], rows: RowNames = BY_NUMBER
) -> np.ndarray:
    """The codes (k,) of a second file's labels among the classes of the first.

    Raises:
        FinineError: a label is missing or is not among the classes.

    Examples:
        >>> codes_in("y", pa.chunked_array([["b", "a"]]), ("a", "b")).tolist()
        [1, 0]
    """
    text = _present_text(name, column, rows, of_second_file=True)
    codes = pc.index_in(text, value_set=pa.array(classes, pa.string()))
    unknown = np.flatnonzero(pc.is_null(codes).to_numpy())
    if len(unknown):
        row = int(unknown[0])
        raise FinineError(
            f"Column {shown(name)} of the validation file has the label "
            f"{shown(text[row].as_py())} in {rows.one(row)}, which the training file does not "
            "have.",
            f"Known classes: {_listed(classes)}.",
        )
    return codes.to_numpy().astype(np.int64)


def _listed(classes: Sequence[str]) -> str:
    return ", ".join(map(shown, classes[:SHOWN_CLASSES])) + (
        ", …" if len(classes) > SHOWN_CLASSES else ""
    )


def _present_text(
    name: str, column: pa.ChunkedArray, rows: RowNames, *, of_second_file: bool
) -> pa.ChunkedArray:
    """The labels as text, all of them present and finite."""
    where = " of the validation file" if of_second_file else ""
    kind = column.type
    if not (pa.types.is_primitive(kind) or pa.types.is_string(kind)):
        raise FinineError(
            f"The label column {shown(name)}{where} holds {kind} values.",
            "Choose a column of classes.",
        )
    require_values(name, column, rows, where, "Fill in these labels or remove the rows.")
    if pa.types.is_floating(kind):
        infinite = np.flatnonzero(~np.isfinite(column.to_numpy()))
        if len(infinite):
            row = int(infinite[0])
            raise FinineError(
                f"The label column {shown(name)}{where} is {column[row].as_py()} in "
                f"{rows.one(row)}.",
                "Correct the label.",
            )
    return as_text(column)


def _refuse_unlearnable(name: str, column: pa.ChunkedArray, distinct: int) -> None:
    rows = len(column)
    if distinct == 1:
        value = as_text(column.slice(0, 1))[0].as_py()
        raise FinineError(
            f"The label column {shown(name)} has only one class, {shown(value)}.",
            "At least two classes are needed to learn a difference.",
        )
    if is_quantity(column):
        raise FinineError(
            f"The label column {shown(name)} has {distinct} different numbers in {rows} rows: that "
            "is a quantity to estimate, not a class.",
            "Choose the task regression, another label, or cut the numbers into classes.",
        )
    if distinct == rows:
        raise FinineError(
            f"The label column {shown(name)} has a different value in each of its {rows} rows.",
            "Choose the column that holds the classes.",
        )


def is_quantity(column: pa.ChunkedArray) -> bool:
    """Whether a label column holds a measured number rather than classes.

    Examples:
        >>> is_quantity(pa.chunked_array([[k / 3 for k in range(40)]]))
        True
        >>> is_quantity(pa.chunked_array([[1, 2, 3, 4, 5] * 20]))
        False
    """
    floating = pa.types.is_floating(column.type)
    if not (floating or pa.types.is_integer(column.type)):
        return False
    distinct = int(pc.count_distinct(column).as_py())
    if distinct > MANY_CLASSES and distinct * FEW_ROWS_PER_CLASS > len(column):
        return True
    if not floating or distinct <= MAX_FRACTION_CLASSES:
        return False
    return bool(pc.any(pc.not_equal(column, pc.floor(column))).as_py())


def _sorted_classes(values: list[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted(values, key=lambda value: (float(value), value)))
    except ValueError:
        return tuple(sorted(values))
