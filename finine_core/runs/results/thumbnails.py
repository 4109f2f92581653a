"""What does a row's image look like? The small copies that a run keeps, and the image itself.

The image is read from the input, and only shown when it still looks as it did when the run learned
from it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.errors import FinineError
from finine_core.formats.images.decoding import BadImage
from finine_core.formats.images.one import image_of_row
from finine_core.formats.images.thumbnails import look_alike, shrunk, thumbnail
from finine_core.runs.checksums import read_result, sound
from finine_core.runs.folder import RunFolder

SIDE_SHOWN = 640  # pixels: as much as the details of a row have room for
ROW, THUMBNAIL = "row_number", "thumbnail"


def read_thumbnails(folder: RunFolder, rows: Sequence[int]) -> dict[int, bytes]:
    """The thumbnails of some rows; those without one are left out.

    Raises:
        FinineError: the file is damaged.
    """
    if not folder.thumbnails.exists() or not rows:
        return {}
    try:
        found = pq.read_table(
            sound(folder.thumbnails), filters=[(ROW, "in", [int(one) for one in rows])]
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FinineError(
            f"{folder.thumbnails} cannot be read ({error}).", "Start the run again to have images."
        ) from None
    pairs = zip(found.column(ROW).to_pylist(), found.column(THUMBNAIL).to_pylist(), strict=True)
    return {row: small for row, small in pairs if small is not None}


def read_image_itself(folder: RunFolder, row: int) -> bytes | None:
    """The image of a row within SIDE_SHOWN pixels, from the input, as PNG or WebP.

    None where the run has no image of the row, and where the input is gone or its image is another
    now or damaged: what the run learned from is then its small copy alone.
    """
    small = read_thumbnails(folder, [row]).get(row)
    record = folder.read()
    name, path = record["dataset"]["roles"].get("image"), Path(record["config"]["data"])
    if small is None or name is None:
        return None
    try:
        stored = read_result(folder.dataset, columns=[name], filters=[(ROW, "=", row)])
        content = image_of_row(path, name, stored.column(0)[0].as_py(), row)
        found = shrunk(content, SIDE_SHOWN)
        return found if look_alike(small, thumbnail(content)) else None
    except (BadImage, FinineError, pa.ArrowException, OSError, ValueError, LookupError):
        return None


def data_url(thumbnail: bytes) -> str:
    """A thumbnail as an address that holds it, for a cell of a table.

    Examples:
        >>> data_url(b"RIFF")
        'data:image/webp;base64,UklGRg=='
    """
    kind = "png" if thumbnail.startswith(b"\x89PNG") else "webp"
    return f"data:image/{kind};base64,{base64.b64encode(thumbnail).decode()}"
