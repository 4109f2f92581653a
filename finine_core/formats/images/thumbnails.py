"""What is shown of an image? In a list a small copy that every browser can show, else a larger."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from finine_core.formats.images.decoding import read_image

SIDE = 128  # pixels: sharp in a grid, and 60,000 of them are some hundred megabytes at most
EXACT = 64  # up to this side every pixel counts, so nothing is lost; beyond it is a photograph
SAME_LEVELS = 3.0  # of 255, on average: a newer library may pack an image a little differently
QUALITY = 80  # of WebP: no difference is seen at this size


def thumbnail(content: bytes) -> bytes:
    """An image within SIDE × SIDE pixels, as PNG when it is tiny, else as WebP.

    Raises:
        BadImage: it is damaged.

    Examples:
        >>> stream = io.BytesIO()
        >>> Image.new("L", (300, 100)).save(stream, "PNG")
        >>> small = Image.open(io.BytesIO(thumbnail(stream.getvalue())))
        >>> small.format, small.size
        ('WEBP', (128, 43))
    """
    return shrunk(content, SIDE)


def shrunk(content: bytes, side: int) -> bytes:
    """An image within side × side pixels, as PNG when it is tiny, else as WebP.

    Raises:
        BadImage: it is damaged.
    """
    image = read_image(content, at_least=(side, side))
    tiny = max(image.size) <= EXACT
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=3.0)
    stream = io.BytesIO()
    if tiny:
        image.save(stream, "PNG")
    else:
        image.save(stream, "WEBP", quality=QUALITY)
    return stream.getvalue()


def look_alike(one: bytes, other: bytes) -> bool:
    """Whether two small copies show the same, but for what packing them changed."""
    first, second = (read_image(content).convert("RGB") for content in (one, other))
    if first.size != second.size:
        return False
    levels = [np.asarray(image).astype(np.int16) for image in (first, second)]
    return float(np.abs(levels[0] - levels[1]).mean()) <= SAME_LEVELS
