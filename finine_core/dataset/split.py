"""Which rows are for training, which for validation?

Takes class codes and a fraction, or the values of a split column, and gives a mask of the
validation rows. A second file for validation is fitted to the first one's columns here as well.
All of it is deterministic.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.roles import Roles
from finine_core.errors import FinineError, shown
from finine_core.formats.part_words import TRAINING_WORDS, VALIDATION_WORDS
from finine_core.formats.values import BY_NUMBER, RowNames, as_text, is_blank, no_such_column

MAX_FRACTION = 0.9  # less than a tenth of the rows would be left to learn from


def check_fraction(fraction: float) -> None:
    """Refuse a fraction that leaves too little to learn from.

    Raises:
        FinineError: it is outside [0, 0.9).
    """
    if not 0 <= fraction < MAX_FRACTION:
        raise FinineError(
            f"The validation fraction is {fraction}, but must be at least 0 and below "
            f"{MAX_FRACTION}.",
            "Choose for example 0.2.",
        )


def split_by_fraction(codes: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Draw the validation rows, stratified by class; every class keeps at least one training row.

    Each class gives its share, rounded by largest remainder so that the total is
    round(fraction · n) wherever single-row classes allow it.

    Args:
        codes: (n,) int64 class of each row.
        fraction: share of rows for validation, in [0, 0.9).
        seed: the same seed draws the same rows.

    Returns:
        (n,) bool, True for validation.

    Raises:
        FinineError: the fraction is outside [0, 0.9).

    Examples:
        >>> codes = np.array([0, 0, 0, 0, 1, 1, 1, 1])
        >>> mask = split_by_fraction(codes, 0.5, seed=0)
        >>> int(mask[:4].sum()), int(mask[4:].sum())
        (2, 2)
    """
    check_fraction(fraction)
    sizes = np.bincount(codes)
    wanted = fraction * sizes
    limits = np.maximum(sizes - 1, 0)
    counts = np.minimum(np.floor(wanted).astype(np.int64), limits)
    missing = round(fraction * len(codes)) - int(counts.sum())
    # stable sort: equal remainders go to the lower class, so the split is reproducible
    for code in np.argsort(counts - wanted, kind="stable"):
        if missing > 0 and counts[code] < min(limits[code], np.ceil(wanted[code])):
            counts[code] += 1
            missing -= 1
    random = np.random.default_rng(seed)
    mask = np.zeros(len(codes), dtype=np.bool_)
    for code, count in enumerate(counts):
        mask[random.permutation(np.flatnonzero(codes == code))[:count]] = True
    return mask


def split_by_column(name: str, column: pa.ChunkedArray, rows: RowNames = BY_NUMBER) -> np.ndarray:
    """The validation rows a split column (n,) names: (n,) bool.

    `train` and `training` mean training; `validation`, `val`, `valid`, `dev` and `test` mean
    validation; upper and lower case are the same.

    Raises:
        FinineError: other or missing values, or one of the two parts is empty.

    Examples:
        >>> split_by_column("split", pa.chunked_array([["Train", "dev", "train"]])).tolist()
        [False, True, False]
    """
    blank = np.flatnonzero(is_blank(column).to_numpy())
    if len(blank):
        raise FinineError(
            f"The split column {shown(name)} has no value in {len(blank)} rows "
            f"({rows.some(blank.tolist())}).",
            "Fill in train or validation.",
        )
    words = pc.utf8_lower(pc.utf8_trim_whitespace(as_text(column)))
    known = TRAINING_WORDS | VALIDATION_WORDS
    others = [word for word in words.unique().to_pylist() if word not in known]
    mend = (
        f"Use {' or '.join(sorted(TRAINING_WORDS))} for training rows and "
        f"{', '.join(sorted(VALIDATION_WORDS))} for validation rows."
    )
    if others:
        listed = ", ".join(map(shown, others[:10])) + (", …" if len(others) > 10 else "")
        raise FinineError(f"The split column {shown(name)} has the values {listed}.", mend)
    value_set = pa.array(sorted(VALIDATION_WORDS), pa.string())
    mask = pc.is_in(words, value_set=value_set).to_numpy().astype(np.bool_)
    if mask.all() or not mask.any():
        part = "training" if mask.all() else "validation"
        raise FinineError(f"The split column {shown(name)} has no {part} rows.", mend)
    return mask


def fit_second_table(second: pa.Table, first: pa.Table, roles: Roles) -> pa.Table:
    """A validation table with the first table's columns, in its order.

    Columns that play no part may be absent: they are filled with missing values. A type that
    differs only in how it was inferred (whole numbers against fractions, digits against text) is
    aligned.

    Raises:
        FinineError: a label, text or feature column is absent or holds another kind of value.

    Examples:
        >>> first = pa.table({"x": [0.5], "note": ["n"], "y": ["a"]})
        >>> fit_second_table(
        ...     pa.table({"y": ["a"], "x": [2]}), first, Roles(label="y", features=("x",))
        ... ).to_pydict()
        {'x': [2.0], 'note': [None], 'y': ['a']}
    """
    needed = {*roles.labels, *roles.inputs}
    columns = []
    there = set(second.column_names)
    for field in first.schema:
        if field.name in there:
            column = _aligned(field, second.column(field.name), field.name in needed)
        elif field.name in needed:
            raise no_such_column(field.name, second.column_names, " in the validation file")
        else:
            column = pa.chunked_array([pa.nulls(second.num_rows, field.type)])
        columns.append(column)
    return pa.table(columns, names=first.column_names)


def _aligned(field: pa.Field, column: pa.ChunkedArray, needed: bool) -> pa.ChunkedArray:
    if column.type == field.type:
        return column
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), field.type)])
    if pa.types.is_string(field.type) and pa.types.is_primitive(column.type):
        return as_text(column)
    if pa.types.is_floating(field.type) and pa.types.is_integer(column.type):
        return column.cast(pa.float64(), safe=False)
    if pa.types.is_integer(field.type) and pa.types.is_floating(column.type):
        return column  # fractions are kept: the encoder sees numbers either way
    if needed:
        raise FinineError(
            f"Column {shown(field.name)} holds {field.type} values in the training file, but "
            f"{column.type} values in the validation file.",
            "Use the same kind of values in both files.",
        )
    return column
