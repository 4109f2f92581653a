"""Where are the bytes of one row's image? Found without reading the whole input.

Takes the input, its column of images and a row. Of a table that holds images themselves only the
part with the row is read; a path is opened as any image of the input is.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.formats import format_of
from finine_core.formats.arrow import ARROW, is_stream
from finine_core.formats.images.decoding import BadImage
from finine_core.formats.images.files import images_of
from finine_core.formats.parquet import PARQUET
from finine_core.formats.saved_dataset import SAVED_DATASET
from finine_core.formats.sources.saved_layout import saved_parts

BYTES = "bytes"  # of the struct by which the library `datasets` stores an image


def image_of_row(path: Path, column: str, cell: object, row: int) -> bytes:
    """The bytes of a row's image file.

    Args:
        path: the input.
        cell: what a run keeps of the cell: the image's path, where the column holds paths.

    Raises:
        BadImage: there is none, or it cannot be read.
        FinineError: its path leads out of the input's folder, or the input is damaged.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"image": [b"first", b"second"]}), path)
        >>> image_of_row(path, "image", None, 1)
        b'second'
    """
    known = format_of(path)
    found: object = None
    if known is PARQUET:
        found = _in_parquet(path, column, row)
    elif known is ARROW:
        found = _in_tables([path], column, row)
    elif known is SAVED_DATASET:
        tables = [table for part in saved_parts(path) for table in part.tables]
        found = _in_tables(tables, column, row)
    if isinstance(found, dict):
        found = found.get(BYTES)
    if isinstance(found, bytes):
        return found
    with images_of(path, pa.string()) as opened:
        return opened(cell)


def _in_parquet(path: Path, column: str, row: int) -> object:
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row < rows:
                return file.read_row_group(group, columns=[column]).column(0)[row].as_py()
            row -= rows
    raise BadImage("the input has no such row any more")


def _in_tables(paths: Iterable[Path], column: str, row: int) -> object:
    """A cell of Arrow files or streams one after the other; batches are mapped, not read."""
    for path in paths:
        with pa.memory_map(str(path)) as source:
            if is_stream(path):
                with pa.ipc.open_stream(source) as stream:
                    for batch in stream:
                        if row < len(batch):
                            return batch.column(column)[row].as_py()
                        row -= len(batch)
            else:
                with pa.ipc.open_file(source) as file:
                    for place in range(file.num_record_batches):
                        batch = file.get_batch(place)
                        if row < len(batch):
                            return batch.column(column)[row].as_py()
                        row -= len(batch)
    raise BadImage("the input has no such row any more")
