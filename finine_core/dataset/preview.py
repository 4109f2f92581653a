"""What is in this data set of images, at a glance? Some of its images, small, with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from finine_core.dataset import named_labels
from finine_core.formats import read_table
from finine_core.formats.images.decoding import BadImage
from finine_core.formats.images.files import images_of
from finine_core.formats.images.thumbnails import thumbnail


def some_images(
    path: Path, image: str, label: str | Sequence[str], count: int
) -> list[tuple[int, object, bytes | None]]:
    """(row, label or labels, thumbnail) of `count` rows from all over the data.

    The thumbnail of a damaged image is None.

    Raises:
        FinineError: the data cannot be read, or an image leads out of its folder.
    """
    table = read_table(path).table
    rows = np.unique(np.linspace(0, len(table) - 1, min(count, len(table))).astype(int)).tolist()
    cells, labels = table.column(image), [table.column(name) for name in named_labels(label)]
    found: list[tuple[int, object, bytes | None]] = []
    with images_of(path, cells.type) as opened:
        for row in rows:
            try:
                small = thumbnail(opened(cells[row].as_py()))
            except BadImage:
                small = None
            said = [one[row].as_py() for one in labels]
            found.append((row, said[0] if len(said) == 1 else said, small))
    return found
