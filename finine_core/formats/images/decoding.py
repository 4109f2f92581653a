"""What does the content of an image file look like, as a person sees it?

Takes the bytes of a PNG, JPEG, WebP, TIFF, GIF or BMP file and gives its size, or its pixels:
upright, on white where it is transparent, in 8 bits of grey or of red, green and blue. Whatever is
wrong with a file, its reason is told in a `BadImage`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".bmp")
# A small file can claim to hold a huge image, which would fill the memory when it is decoded. The
# largest cameras take some 100 million; nothing is learned from more than a thousandth of that.
MOST_PIXELS = 120_000_000
MOST_BYTES = 256 * 1024**2  # of one file: a TIFF of that many pixels
_TURNED = range(5, 9)  # values of EXIF's orientation that lay an image on its side
_ORIENTATION = 0x0112
# MPO is what phones write: a JPEG with a second picture behind it.
_HAS_EXIF = ("JPEG", "MPO", "WEBP", "TIFF")  # asked for it, a PNG would be decoded for its header
_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_GREY = ("1", "L", "LA", "La", *_DEEP)


class BadImage(Exception):  # noqa: N818  the reason a file is no image; its row is named elsewhere
    """A file that shows nothing, and why."""


@dataclass(frozen=True)
class Header:
    """What an image's header says: its size as a person sees it, and whether it is grey."""

    width: int
    height: int
    grey: bool


def read_header(content: bytes) -> Header:
    """The size of an image, without decoding it.

    Raises:
        BadImage: it is of no known format, damaged, or too large.
    """
    with _damage_told(content) as image:
        width, height = image.size
        if image.format in _HAS_EXIF and image.getexif().get(_ORIENTATION) in _TURNED:
            width, height = height, width
        return Header(width, height, image.mode in _GREY)


def read_image(content: bytes, *, at_least: tuple[int, int] | None = None) -> Image.Image:
    """An image as a person sees it, of mode L or RGB; of many frames or pages, the first.

    Args:
        at_least: a width and height that will do; a JPEG is then decoded faster, to no less.

    Raises:
        BadImage: it is of no known format, damaged, too large, or has pixels without a known range.
    """
    with _damage_told(content) as image:
        if at_least is not None:
            longest = max(at_least)  # it may lie on its side
            image.draft(None, (longest, longest))
        image.load()
        return _on_white(ImageOps.exif_transpose(image))


def pixels_of(content: bytes, size: tuple[int, int], grey: bool) -> np.ndarray:
    """An image stretched to (width, height), shape (channels, height, width), uint8.

    Examples:
        >>> stream = io.BytesIO()
        >>> Image.new("RGBA", (4, 2), (255, 0, 0, 0)).save(stream, "PNG")
        >>> pixels_of(stream.getvalue(), (2, 2), grey=True).tolist()  # transparent: white
        [[[255, 255], [255, 255]]]
    """
    image = read_image(content, at_least=size).convert("L" if grey else "RGB")
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
    array = np.asarray(image)
    return array[None] if grey else array.transpose(2, 0, 1)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode in _DEEP:  # 16 bits: the upper eight are what a screen shows
        deep = np.asarray(image).astype(np.int64).clip(0, 2**16 - 1)
        return Image.fromarray((deep >> 8).astype(np.uint8))
    if image.mode == "F":
        raise BadImage("its pixels are fractions, whose range is not known")
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        grey = image.mode in _GREY
        white = Image.new("RGBA", image.size, "white")
        shown = Image.alpha_composite(white, image.convert("RGBA"))
        return shown.convert("L" if grey else "RGB")
    return image.convert("L" if image.mode == "1" else "RGB")


class _damage_told:  # noqa: N801  used like a function
    """Opens an image; whatever the library raises on a damaged file becomes a `BadImage`."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __enter__(self) -> Image.Image:
        if not self.content:
            raise BadImage("it is empty")
        if len(self.content) > MOST_BYTES:
            raise BadImage(f"it has {len(self.content):,} bytes; up to {MOST_BYTES:,} are read")
        try:
            self.image = Image.open(io.BytesIO(self.content), formats=FORMATS)
        except UnidentifiedImageError:
            raise BadImage("it is no PNG, JPEG, WebP, TIFF, GIF or BMP image") from None
        except Image.DecompressionBombError:
            raise BadImage(f"it claims more than {MOST_PIXELS:,} pixels") from None
        except Exception as error:
            raise BadImage(_words(error)) from None
        width, height = self.image.size
        if width * height > MOST_PIXELS:
            raise BadImage(
                f"it claims {width:,} × {height:,} pixels; up to {MOST_PIXELS:,} are read"
            )
        return self.image

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.image.close()
        if isinstance(error, Exception) and not isinstance(error, BadImage):
            raise BadImage(_words(error)) from None


def _words(error: Exception) -> str:
    """The library's own reason, in one line."""
    said = (str(error).splitlines() or [""])[0].strip(" .")
    return f"it is damaged ({said or type(error).__name__})"
