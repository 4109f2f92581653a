"""What do the images of a table show, each in the same size, and which are damaged?

Takes the column with images and gives the pixels of all rows. The size is the one that most images
have, made smaller where it is beyond what small models learn from; others are stretched to it. All
damaged images are found, so that a person can mend them at once.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from finine_core.errors import FinineError, printable, shown
from finine_core.formats.images.decoding import BadImage, Header, pixels_of, read_header
from finine_core.formats.images.files import Opener, images_of, is_bytes
from finine_core.formats.sources.input_file import beyond_limit, gigabytes, is_folder, largest_bytes

LONGEST_SIDE = 32  # the embedded network is made for small images; see docs/images.md
NARROWEST_SIDE = 8  # it halves the sides three times
SHOWN_BAD = 10  # damaged images that are named; a message has an end
THREADS = min(4, os.cpu_count() or 1)  # decoding leaves Python's lock; more would not be fed
CHUNK = 256  # images a thread takes at a time
NAME_LETTERS = 60


@dataclass(frozen=True, eq=False)
class Pictures:
    """The images of n rows.

    Attributes:
        pixels: (n, channels, height, width) uint8; rows of damaged images are 0.
        bad: for each row whose image is damaged, why.
        notes: what a person should know of how they were read.
    """

    pixels: np.ndarray
    bad: dict[int, str]
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return tuple(self.pixels.shape[1:])


def read_pictures(
    path: Path,
    column: pa.ChunkedArray,
    *,
    skip_corrupt: bool = False,
    shape: tuple[int, ...] | None = None,
) -> Pictures:
    """Decode the images of a column.

    Args:
        path: the input they belong to.
        skip_corrupt: whether damaged images are left out instead of refused.
        shape: channels, height and width to bring them to; their own if None.

    Raises:
        FinineError: an image is damaged (all are named, up to 10), leads out of the input's folder,
            or they do not fit into memory together.
    """
    cells = column.to_pylist()
    with images_of(path, column.type) as opened, ThreadPoolExecutor(THREADS) as pool:
        headers = list(_each(pool, _tolerant(opened, read_header), cells))
        bad = {row: one for row, one in enumerate(headers) if isinstance(one, str)}
        found = [one for one in headers if isinstance(one, Header)]
        if not found:
            raise _damaged(path, column, bad)
        channels, height, width = shape or _shape(found)
        _check_memory(len(cells), (channels, height, width), path)
        pixels = np.zeros((len(cells), channels, height, width), dtype=np.uint8)

        def decode(content: bytes) -> np.ndarray:
            return pixels_of(content, (width, height), channels == 1)

        for row, one in enumerate(_each(pool, _tolerant(opened, decode), cells)):
            if isinstance(one, str):
                bad[row] = one
            elif isinstance(one, np.ndarray):
                pixels[row] = one
    if bad and not skip_corrupt:
        raise _damaged(path, column, bad)
    return Pictures(pixels, bad, tuple(_notes(found, pixels.shape[1:], column, bad)))


def content_digests(pixels: np.ndarray) -> list[str]:
    """What tells images apart by their pixels (n, …): equal images, equal text.

    Examples:
        >>> first, second, third = content_digests(np.array([[0, 1], [0, 1], [1, 0]], np.uint8))
        >>> first == second, first == third
        (True, False)
    """
    return [hashlib.blake2b(one.tobytes(), digest_size=12).hexdigest() for one in pixels]


def image_name(cell: object, row: int) -> str:
    """How messages name the image of a row: by its path, or by the row."""
    return f"row {row}" if cell is None or isinstance(cell, bytes) else shown(cell, NAME_LETTERS)


def _tolerant(opened: Opener, look: Callable[[bytes], object]) -> Callable[[object], object]:
    """What `look` makes of a cell's image; of a damaged one, the reason as text."""

    def one(cell: object) -> object:
        try:
            return look(opened(cell))
        except BadImage as error:
            return str(error)

    return one


def _each(
    pool: ThreadPoolExecutor, work: Callable[[object], object], cells: Sequence[object]
) -> Iterator[object]:
    """`work` on every cell, in order; a bounded number of cells is under way at a time."""
    width = CHUNK * THREADS * 4
    for start in range(0, len(cells), width):
        chunks = [
            cells[at : at + CHUNK] for at in range(start, min(start + width, len(cells)), CHUNK)
        ]
        for done in pool.map(lambda chunk: [work(cell) for cell in chunk], chunks):
            yield from done


def _shape(headers: Sequence[Header]) -> tuple[int, int, int]:
    """Channels, height and width: the most common size, its longer side at most LONGEST_SIDE."""
    sizes = Counter((one.height, one.width) for one in headers)
    height, width = min(sizes, key=lambda size: (-sizes[size], size))
    smaller = min(1.0, LONGEST_SIDE / max(height, width))
    height, width = (max(NARROWEST_SIDE, round(side * smaller)) for side in (height, width))
    return (1 if all(one.grey for one in headers) else 3), height, width


def _check_memory(rows: int, shape: tuple[int, int, int], path: Path) -> None:
    needed, largest = rows * int(np.prod(shape)) * 4, largest_bytes()  # float32 when learned from
    if needed > largest:
        raise FinineError(
            f"The {rows:,} images of {path.name} need {gigabytes(needed)} as numbers: beyond the "
            f"limit of {gigabytes(largest)}.",
            beyond_limit(largest),
        )


def _damaged(path: Path, column: pa.ChunkedArray, bad: dict[int, str]) -> FinineError:
    rows = sorted(bad)
    named = "; ".join(
        f"{image_name(column[row].as_py(), row)}: {printable(bad[row], 100)}"
        for row in rows[:SHOWN_BAD]
    )
    more = f"; and {len(rows) - SHOWN_BAD:,} more" if len(rows) > SHOWN_BAD else ""
    count = "1 image" if len(rows) == 1 else f"{len(rows):,} images"
    beside = (
        ""
        if is_bytes(column.type) or is_folder(path)
        else " Paths are read from the folder of the file."
    )
    return FinineError(
        f"{path.name}: {count} cannot be read: {named}{more}.",
        f"Mend or remove them, or leave their rows out of the run (--skip-corrupt).{beside}",
    )


def _notes(
    headers: Sequence[Header],
    shape: tuple[int, ...],
    column: pa.ChunkedArray,
    bad: dict[int, str],
) -> Iterator[str]:
    channels, height, width = shape
    others = sum((one.width, one.height) != (width, height) for one in headers)
    colours = "grey" if channels == 1 else "colour"
    if others:
        yield (
            f"Images are learned from in {colours} at {width} × {height} pixels; {others:,} of "
            f"{len(headers):,} have another size and were stretched to it."
        )
    if bad:
        rows = sorted(bad)
        first = ", ".join(image_name(column[row].as_py(), row) for row in rows[:SHOWN_BAD])
        yield (
            f"{len(rows):,} damaged {'image is' if len(rows) == 1 else 'images are'} left out of "
            f"the run, as you asked ({first}{', …' if len(rows) > SHOWN_BAD else ''})."
        )
