"""Small copies of a run's images, kept in its folder for the app to show.

They are made once, when the run has read its images: so they show what was learned from, even if
the input is moved or changed later, and no page ever needs a path.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.dataset import Dataset
from finine_core.files import write_atomically
from finine_core.formats.images import images_of
from finine_core.formats.images.decoding import BadImage
from finine_core.formats.images.thumbnails import thumbnail
from finine_core.runs.folder import RunFolder
from finine_core.runs.results.thumbnails import ROW, THUMBNAIL

GROUP = 256  # thumbnails read together: a page of a list takes a few such reads
SCHEMA = pa.schema([(ROW, pa.int64()), (THUMBNAIL, pa.binary())])


def write_thumbnails(folder: RunFolder, dataset: Dataset) -> None:
    """Write `thumbnails.parquet`: a line per row of the input, in order; none of a damaged image.

    Does nothing when there are no images, or the file is there.
    """
    name = dataset.roles.image
    if name is None or folder.thumbnails.exists():
        return
    with (
        write_atomically(folder.thumbnails) as temporary,
        pq.ParquetWriter(temporary, SCHEMA, compression="none") as writer,  # they are packed
    ):
        for first, group in _groups(dataset.path, dataset.table.column(name)):
            rows = pa.array(range(first, first + len(group)), pa.int64())
            writer.write_table(pa.table([rows, pa.array(group, pa.binary())], schema=SCHEMA))


def _groups(path: Path, column: pa.ChunkedArray) -> Iterator[tuple[int, list[bytes | None]]]:
    with images_of(path, column.type) as opened:
        for first in range(0, len(column), GROUP):
            group: list[bytes | None] = []
            for cell in column.slice(first, GROUP).to_pylist():
                try:
                    group.append(thumbnail(opened(cell)))
                except BadImage:  # left out of the run on request, or it would not have begun
                    group.append(None)
            yield first, group
