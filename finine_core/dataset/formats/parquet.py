"""Parquet: which rows does the file hold, in the few column types the other rooms know?

Takes a Parquet file and gives its rows with columns of int64, float64, bool or string (binary
columns stay as they are). A subset keeps the schema, the metadata, the compression and the row
groups of the original; a row group that loses all its rows is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from finine_core.dataset.formats.base import (
    CopiedCells,
    RawTable,
    check_column_names,
    check_copied,
    check_mask,
    check_mask_fits,
    no_column_to_change,
    text_rows_of,
)
from finine_core.errors import FinineError
from finine_core.files import write_atomically


@dataclass(frozen=True)
class Parquet:
    """Apache Parquet files.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"x": pa.array([1, 2], pa.int8()), "y": ["a", "b"]}), path)
        >>> PARQUET.read(path).table.schema.types
        [DataType(int64), DataType(string)]
    """

    name: str = "Parquet"
    suffixes: tuple[str, ...] = (".parquet", ".pq")

    def read(self, path: Path) -> RawTable:
        """Read all rows; NaN counts as missing, nested values become JSON text.

        Raises:
            FinineError: the file is not Parquet, has no rows, or doubled column names.
        """
        with _open(path) as file:
            check_column_names(file.schema_arrow.names, path)
            if file.metadata.num_rows == 0:
                raise FinineError(f"{path.name} has no rows.", "Choose a file with rows.")
            table = file.read()
        notes: list[str] = []
        columns = []
        for name in table.column_names:
            column, note = _plain(name, table.column(name))
            columns.append(column)
            notes += [note] if note else []
        return RawTable(pa.table(columns, names=table.column_names), tuple(notes))

    def write_subset(
        self,
        source: Path,
        keep: np.ndarray,
        destination: Path,
        copied: CopiedCells | None = None,
    ) -> None:
        """Write the rows where `keep` (n,) is True with the source's schema and metadata.

        A cell in `copied` gets the other row's value, whatever the type of the column is.

        Raises:
            FinineError: the file no longer has as many rows as `keep` (n,), or not the column.
        """
        check_mask(keep, source)
        with _open(source) as file:
            check_mask_fits(keep, file.metadata.num_rows, source)
            corrected = _with_copies(file, copied, keep, source) if copied else None
            with (
                write_atomically(destination) as temporary,
                pq.ParquetWriter(
                    temporary,
                    file.schema_arrow,
                    compression=_compression(file.metadata),
                    version=file.metadata.format_version,
                ) as writer,
            ):
                start = 0
                for group in range(file.num_row_groups):
                    rows = file.metadata.row_group(group).num_rows
                    mask = keep[start : start + rows]
                    start += rows
                    if mask.any():
                        table = file.read_row_group(group)
                        if copied and corrected is not None:
                            place = table.column_names.index(copied.column)
                            column = corrected.slice(start - rows, rows)
                            table = table.set_column(place, table.field(place), column)
                        kept = table.filter(pa.array(mask))
                        writer.write_table(kept, row_group_size=max(kept.num_rows, 1))

    def text_rows(self, path: Path) -> Iterator[list[str]]:
        """The column names, then every row, with its values as text."""
        return text_rows_of(self.read(path).table)


def _with_copies(
    file: pq.ParquetFile, copied: CopiedCells, keep: np.ndarray, path: Path
) -> pa.ChunkedArray:
    """The whole column (n,) in its own type, with the copies made."""
    check_copied(copied, keep, path)
    if copied.column not in file.schema_arrow.names:
        raise no_column_to_change(copied.column, path)
    rows = np.arange(len(keep))
    rows[list(copied.from_row)] = list(copied.from_row.values())
    # the row groups of a dictionary column may each have a dictionary of their own
    table = file.read(columns=[copied.column]).unify_dictionaries()
    return table.column(copied.column).take(pa.array(rows))


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise FinineError(
            f"{path.name} cannot be read as Parquet ({str(error).splitlines()[0]}).",
            "Check that the file is complete and its name fits its content.",
        ) from None


def _compression(metadata: pq.FileMetaData) -> dict[str, str] | str:
    """The source's compression per column, as the writer names it."""
    if metadata.num_row_groups == 0:
        return "snappy"
    group = metadata.row_group(0)
    columns = (group.column(position) for position in range(group.num_columns))
    return {
        column.path_in_schema: "none"
        if column.compression == "UNCOMPRESSED"
        else column.compression.lower()
        for column in columns
    }


def _plain(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str | None]:
    """The column in one of the types the other rooms know, and a note where it changed meaning."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(name, column.cast(kind.value_type))
    if pa.types.is_integer(kind):
        try:
            return column.cast(pa.int64()), None
        except pa.ArrowInvalid:
            note = f"Column {name!r} has integers of more than 63 bits; it was read as text."
            return column.cast(pa.string()), note
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())
        count = pc.sum(pc.is_nan(column)).as_py() or 0
        if not count:
            return column, None
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
        return column, f"Column {name!r}: NaN in {count} rows was read as missing."
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()), f"Column {name!r} holds decimals; read as numbers."
    if pa.types.is_boolean(kind) or _is_binary(kind):
        return column, None
    if pa.types.is_nested(kind):
        texts = [
            None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            for value in column.to_pylist()
        ]
        return pa.chunked_array([pa.array(texts, pa.string())]), None
    # strings of other widths, dates, times, and columns that are null throughout
    return column.cast(pa.string()), None


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


PARQUET = Parquet()
