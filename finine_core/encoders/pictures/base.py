"""What every image encoder has in common: a name, whether it can be used here, and its columns."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from finine_core.encoders.base import Choice, Encoder
from finine_core.encoders.image import IMAGE
from finine_core.encoders.texts.base import Watch, watch_nothing


class ImageEncoder(Choice, Protocol):
    """One choice of `--image-encoder`."""

    def columns(self, cache: Path | None = None, watch: Watch = watch_nothing) -> Encoder:
        """What turns the column of images into numbers.

        Args:
            cache: where vectors are kept from run to run; None for nowhere.
            watch: called with how many images are done; may raise to stop.
        """


class Pixels:
    """The pixels themselves, of images made small."""

    name = "pixels"
    description = "the image itself, its longer side made at most 32 pixels"

    def problem(self) -> None:
        """None: it can always be used."""
        return

    def identity(self) -> str:
        """Its numbers follow from the versions that every run keeps."""
        return self.name

    def columns(self, cache: Path | None = None, watch: Watch = watch_nothing) -> Encoder:  # noqa: ARG002
        """A column for each pixel; a network for images takes them as they lie."""
        return IMAGE
