"""Parquet: which rows does the file hold, in the few column types the other rooms know?

Takes a Parquet file and gives its rows with columns of int64, float64, bool or string (binary
columns stay as they are). A subset keeps the schema, the metadata, the compression and the row
groups of the original; a row group that loses all its rows is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.errors import FinineError
from finine_core.files import write_atomically
from finine_core.formats.base import Format, RawTable, check_column_names
from finine_core.formats.columnar.damage import damage_told
from finine_core.formats.columnar.parquet_size import check_declared, check_decoded, text_columns
from finine_core.formats.columnar.plain_types import plain_table
from finine_core.formats.columnar.view_types import filtered, taken
from finine_core.formats.subset import CopiedCells, Subset


@dataclass(frozen=True)
class Parquet(Format):
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
            FinineError: the file is not Parquet or damaged, has no rows, doubled column names,
                texts that are not UTF-8, or is too large once it is decoded.
        """
        with damage_told(path, "Parquet"):
            with _open(path) as file:
                check_column_names(file.schema_arrow.names, path)
                if file.metadata.num_rows == 0:
                    raise FinineError(f"{path.name} has no rows.", "Choose a file with rows.")
                check_declared(file, path)
                texts = text_columns(file)
            with _open(path, texts) as file:
                table = file.read()
            check_decoded(table, path)
            return plain_table(table, path)

    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """With the source's schema and metadata; a changed cell gets the value of the other row."""
        copied = subset.copied
        with damage_told(source, "Parquet"), _open(source) as file:
            subset.check_fits(file.metadata.num_rows, source)
            corrected = _with_copies(file, copied, subset, source) if copied else None
            # Reading tells of a damaged footer; asked for its details, the library would end us.
            next(file.iter_batches(batch_size=1), None)
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
                    mask = subset.keep[start : start + rows]
                    start += rows
                    if mask.any():
                        table = file.read_row_group(group)
                        if copied and corrected is not None:
                            place = table.column_names.index(copied.column)
                            column = corrected.slice(start - rows, rows)
                            table = table.set_column(place, table.field(place), column)
                        kept = filtered(table, mask)
                        writer.write_table(kept, row_group_size=max(kept.num_rows, 1))


def _with_copies(
    file: pq.ParquetFile, copied: CopiedCells, subset: Subset, path: Path
) -> pa.ChunkedArray:
    """The whole column (n,) in its own type, with the copies made."""
    subset.check_copies(path)
    copied.place_in(file.schema_arrow.names, path)
    # the row groups of a dictionary column may each have a dictionary of their own
    table = file.read(columns=[copied.column]).unify_dictionaries()
    return taken(table.column(copied.column), subset.origins)


def _open(path: Path, as_dictionary: Sequence[str] = ()) -> pq.ParquetFile:
    if path.stat().st_size == 0:
        raise FinineError(f"{path.name} is empty.", "Choose a file with rows.")
    return pq.ParquetFile(
        path, read_dictionary=list(as_dictionary), page_checksum_verification=True
    )


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


PARQUET = Parquet()
