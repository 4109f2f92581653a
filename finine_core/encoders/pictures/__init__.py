"""How images become numbers: add a file, then its line here."""

from __future__ import annotations

from finine_core.encoders.pictures.base import ImageEncoder, Pixels
from finine_core.encoders.pictures.efficientnet import lite0
from finine_core.errors import known

PIXELS = Pixels()
IMAGE_ENCODERS: dict[str, ImageEncoder] = {one.name: one for one in (PIXELS, lite0())}


def image_encoder(name: str) -> ImageEncoder:
    """The encoder called `name`.

    Raises:
        FinineError: there is none; the known names are told.

    Examples:
        >>> image_encoder("resnet")
        Traceback (most recent call last):
        finine_core.errors.FinineError: There is no image encoder 'resnet'. \
Known: pixels, efficientnet.
    """
    return known("image encoder", name, IMAGE_ENCODERS)


__all__ = ["IMAGE_ENCODERS", "ImageEncoder", "image_encoder"]
