"""What does a row's image look like? Reads the small copies that a run keeps of its images."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.errors import FinineError
from finine_core.runs.folder import RunFolder

ROW, THUMBNAIL = "row_number", "thumbnail"


def read_thumbnails(folder: RunFolder, rows: Sequence[int]) -> dict[int, bytes]:
    """The thumbnails of some rows; those without one are left out.

    Raises:
        FinineError: the file is damaged.
    """
    if not folder.thumbnails.exists() or not rows:
        return {}
    try:
        found = pq.read_table(folder.thumbnails, filters=[(ROW, "in", [int(one) for one in rows])])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FinineError(
            f"{folder.thumbnails} cannot be read ({error}).", "Start the run again to have images."
        ) from None
    pairs = zip(found.column(ROW).to_pylist(), found.column(THUMBNAIL).to_pylist(), strict=True)
    return {row: small for row, small in pairs if small is not None}


def data_url(thumbnail: bytes) -> str:
    """A thumbnail as an address that holds it, for a cell of a table.

    Examples:
        >>> data_url(b"RIFF")
        'data:image/webp;base64,UklGRg=='
    """
    kind = "png" if thumbnail.startswith(b"\x89PNG") else "webp"
    return f"data:image/{kind};base64,{base64.b64encode(thumbnail).decode()}"
