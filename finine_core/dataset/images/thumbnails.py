"""What is shown of an image in a list? A small copy that every browser can show."""

from __future__ import annotations

import io

from PIL import Image

from finine_core.dataset.images.decoding import read_image

SIDE = 128  # pixels: sharp in a grid, and 60,000 of them are some hundred megabytes at most
EXACT = 64  # up to this side every pixel counts, so nothing is lost; beyond it is a photograph
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
    image = read_image(content, at_least=(SIDE, SIDE))
    tiny = max(image.size) <= EXACT
    image.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)
    stream = io.BytesIO()
    if tiny:
        image.save(stream, "PNG")
    else:
        image.save(stream, "WEBP", quality=QUALITY)
    return stream.getvalue()
