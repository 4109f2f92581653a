"""Arrow IPC files: Feather (.feather, .arrow), and Arrow streams under the same names.

Takes such a file and gives its rows in the few column types the other rooms know. A subset keeps
the schema, the metadata, the compression and the batches of the original; a batch that loses all
its rows is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from finine_core.errors import FinineError
from finine_core.files import write_atomically
from finine_core.formats.base import (
    Format,
    RawTable,
    check_cells,
    check_column_names,
    check_width,
)
from finine_core.formats.columnar.arrow_size import Batch, batches_in, messages_of
from finine_core.formats.columnar.damage import damage_told
from finine_core.formats.columnar.parquet_size import check_decoded
from finine_core.formats.columnar.plain_types import plain_table
from finine_core.formats.columnar.view_types import filtered, taken
from finine_core.formats.sources.input_file import beyond_limit, gigabytes, largest_bytes
from finine_core.formats.subset import Subset

MAGIC = b"ARROW1\0\0"  # of a file; a stream has none


@dataclass(frozen=True)
class Arrow(Format):
    """Feather files (version 2) and Arrow streams.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.feather"
        >>> table = pa.table({"x": pa.array([1, 2], pa.int8()), "y": ["a", "b"]})
        >>> with pa.ipc.new_file(path, table.schema) as writer:
        ...     writer.write_table(table)
        >>> ARROW.read(path).table.schema.types
        [DataType(int64), DataType(string)]
    """

    name: str = "Arrow"
    suffixes: tuple[str, ...] = (".feather", ".arrow")

    def read(self, path: Path) -> RawTable:
        """Read all rows; NaN counts as missing, nested values become JSON text.

        Raises:
            FinineError: the file is not Arrow or damaged, has no rows, doubled column names,
                texts that are not UTF-8, or is too large once it is unpacked.
        """
        table = arrow_table(path)
        if table.num_rows == 0:
            raise FinineError(f"{path.name} has no rows.", "Choose a file with rows.")
        with damage_told(path, "Arrow"):
            return plain_table(table, path)

    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """With the source's schema and metadata; a changed cell gets the value of the other row."""
        table = arrow_table(source)
        subset.check_fits(table.num_rows, source)
        write_like(source, with_copies(table, subset, source), subset.keep, destination)


def arrow_table(path: Path) -> pa.Table:
    """All rows of an Arrow file or stream in its own types, once it is known that they fit.

    Raises:
        FinineError: it is damaged, too large when unpacked, or its columns have no proper names.
    """
    if path.stat().st_size == 0:
        raise FinineError(f"{path.name} is empty.", "Choose a file with rows.")
    with damage_told(path, "Arrow"):
        with _reader(path) as reader:
            check_column_names(reader.schema.names, path)
            check_width(len(reader.schema.names), path)
            columns = len(reader.schema.names)
        _check_declared(declared(path), columns, path)
        with _reader(path) as reader:
            table = reader.read_all()
        table.validate(full=True)  # places of texts are otherwise believed as they are written
        check_decoded(table, path)
        return table


def write_like(source: Path, table: pa.Table, keep: np.ndarray, destination: Path) -> None:
    """Write the rows of `table` where `keep` (n,) is True, packed and in batches as in `source`."""
    with damage_told(source, "Arrow"):
        metadata, codec = _how_packed(source)
        options = pa.ipc.IpcWriteOptions(compression=codec)
        with write_atomically(destination) as temporary:
            if is_stream(source):
                writer = pa.ipc.new_stream(temporary, table.schema, options=options)
            else:  # a file has one dictionary a column, a stream may change it
                table = table.unify_dictionaries()
                writer = pa.ipc.new_file(
                    temporary, table.schema, options=options, metadata=metadata
                )
            with writer:
                start = 0
                for batch in table.to_batches():
                    mask = keep[start : start + batch.num_rows]
                    start += batch.num_rows
                    if mask.any():
                        writer.write_table(filtered(pa.table(batch), mask))


def is_stream(path: Path) -> bool:
    """Whether it is an Arrow stream, and not a file with a footer."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) != MAGIC


def with_copies(table: pa.Table, subset: Subset, path: Path) -> pa.Table:
    """The table with the copies made, in the same chunks as before.

    Raises:
        FinineError: there is no such column.
    """
    if subset.copied is None:
        return table
    subset.check_copies(path)
    place = subset.copied.place_in(table.column_names, path)
    chunks = table.column(place).chunks
    # each chunk of a dictionary column may have a dictionary of its own
    column = taken(table.select([place]).unify_dictionaries().column(0), subset.origins)
    starts = np.cumsum([0, *(len(chunk) for chunk in chunks)])
    pieces = [
        column.slice(start, len(chunk)).combine_chunks()
        for start, chunk in zip(starts[:-1].tolist(), chunks, strict=True)
    ]
    pieces = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in pieces]
    return table.set_column(place, table.field(place), pa.chunked_array(pieces, column.type))


def declared(path: Path) -> list[Batch]:
    """What each batch of an Arrow file or stream declares, in order."""
    with pa.memory_map(str(path)) as source:
        if is_stream(path):
            return list(batches_in(pa.ipc.MessageReader.open_stream(source)))
        return list(batches_in(messages_of(source.read_buffer())))


def _how_packed(path: Path) -> tuple[dict[bytes, bytes] | None, str | None]:
    """The metadata of a file's footer, and the compression of its batches."""
    codec = next((one.codec for one in declared(path) if one.of_rows), None)
    if is_stream(path):
        return None, codec
    with _reader(path) as reader:
        return reader.metadata, codec


def _check_declared(batches: list[Batch], columns: int, path: Path) -> None:
    if any(one.rows < 0 or one.size < 0 for one in batches):
        raise ValueError("a batch declares less than nothing")
    largest = largest_bytes()
    size = sum(one.size for one in batches)
    if size > largest:
        raise FinineError(
            f"{path.name} has {gigabytes(size)} of data when unpacked, beyond the limit of "
            f"{gigabytes(largest)}.",
            beyond_limit(largest),
        )
    check_cells(sum(one.rows for one in batches if one.of_rows) * columns, path)


@contextmanager
def _reader(path: Path) -> Iterator[pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader]:
    with pa.memory_map(str(path)) as source:
        opened = pa.ipc.open_stream(source) if is_stream(path) else pa.ipc.open_file(source)
        with opened as reader:
            yield reader


ARROW = Arrow()
