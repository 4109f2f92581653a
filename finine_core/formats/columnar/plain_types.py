"""Arrow's many column types as the few that the other rooms know.

Takes a table as Parquet, Arrow or a data frame holds it; gives int64, float64, bool and string
columns (binary ones stay as they are), with a note wherever a value changed its meaning.
"""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import available_timezones

import pyarrow as pa
import pyarrow.compute as pc

from finine_core.errors import FinineError, shown
from finine_core.formats.base import RawTable, nan_note


def plain_table(table: pa.Table, path: Path) -> RawTable:
    """All columns in the common types; NaN counts as missing, nested values become JSON text.

    Args:
        path: of the file, for the messages.

    Raises:
        FinineError: texts that are not UTF-8, or values that no text can be made of.

    Examples:
        >>> found = plain_table(pa.table({"x": pa.array([1], pa.int8()), "y": [[1]]}), Path("a.pq"))
        >>> found.table.to_pydict()
        {'x': [1], 'y': ['[1]']}
    """
    notes: list[str] = []
    columns = []
    for name in table.column_names:
        column, note = _plain(name, table.column(name), path)
        columns.append(column)
        notes += [note] if note else []
    return RawTable(pa.table(columns, names=table.column_names), tuple(notes))


def _plain(name: str, column: pa.ChunkedArray, path: Path) -> tuple[pa.ChunkedArray, str | None]:
    """The column in one of the types the other rooms know, and a note where it changed meaning."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(name, column.cast(kind.value_type), path)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        _check_utf8(name, column, path)
    if pa.types.is_integer(kind):
        try:
            return column.cast(pa.int64()), None
        except pa.ArrowInvalid:
            note = f"Column {shown(name)} has integers of more than 63 bits; it was read as text."
            return column.cast(pa.string()), note
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())
        count = pc.sum(pc.is_nan(column)).as_py() or 0
        if not count:
            return column, None
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
        return column, nan_note(name, count)
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()), f"Column {shown(name)} holds decimals; read as numbers."
    if pa.types.is_boolean(kind) or _is_binary(kind):
        return column, None
    if _is_image(kind):
        return _plain(name, pc.struct_field(column, "bytes"), path)
    if pa.types.is_nested(kind):
        return _as_json(name, column, path), None
    if pa.types.is_timestamp(kind) and kind.tz is not None and kind.tz not in available_timezones():
        column = column.cast(pa.timestamp(kind.unit))  # then as it is stored, in UTC
    # strings of other widths, dates, times, and columns that are null throughout
    return column.cast(pa.string()), None


def _as_json(name: str, column: pa.ChunkedArray, path: Path) -> pa.ChunkedArray:
    try:
        texts = [
            None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            for value in column.to_pylist()
        ]
    except (ValueError, OverflowError) as error:  # dates beyond the year 9999, bytes for text
        raise FinineError(
            f"{path.name}: a value in column {shown(name)} cannot be read ({error}).",
            "Leave the column out of the file, or write it as text.",
        ) from None
    return pa.chunked_array([pa.array(texts, pa.string())])


def _check_utf8(name: str, column: pa.ChunkedArray, path: Path) -> None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        for row, value in enumerate(column.cast(pa.large_binary()).to_pylist()):
            try:
                (value or b"").decode()
            except UnicodeDecodeError:
                raise FinineError(
                    f"{path.name}: column {shown(name)} in row {row} is {shown(value)}, which is "
                    "not UTF-8, though it is stored as text.",
                    "Write the column as UTF-8 text.",
                ) from None
        raise  # then it is damaged otherwise


def _is_image(kind: pa.DataType) -> bool:
    """Whether it is how the library `datasets` stores images: a struct of bytes and path."""
    return bool(
        pa.types.is_struct(kind)
        and {field.name for field in kind} == {"bytes", "path"}
        and _is_binary(kind.field("bytes").type)
    )


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )
