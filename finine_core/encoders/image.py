"""Images as model inputs: pixels, standardised for each channel by the training rows.

A network for images takes them as they lie (channels, height, width); a model of columns gets them
side by side, one column a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finine_core.dataset.dataset import Dataset
from finine_core.dataset.roles import Roles
from finine_core.encoders.base import Block
from finine_core.errors import FinineError

BLOCK = 4096  # images converted at a time: what lies between bytes and floats stays small


@dataclass(frozen=True)
class Images:
    """The column of images."""

    name: str = "images"

    def columns(self, roles: Roles) -> tuple[str, ...]:
        """The image column, if there is one."""
        return () if roles.image is None else (roles.image,)

    def encode(self, dataset: Dataset, columns: Sequence[str], seed: int) -> Block:  # noqa: ARG002
        """Each pixel of each channel as a column, row by row from the upper left."""
        train, validation = standardised(dataset)
        channels, height, width = train.shape[1:]
        names = tuple(
            f"pixel {x}, {y}" + ("" if channels == 1 else f" {'RGB'[channel]}")
            for channel in range(channels)
            for y in range(height)
            for x in range(width)
        )
        flat = [part.reshape(len(part), len(names)) for part in (train, validation)]
        return Block(flat[0], flat[1], names, (columns[0],) * len(names))


def standardised(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of both parts, (rows, channels, height, width) float32.

    Each channel of the training rows has mean 0 and standard deviation 1.

    Raises:
        FinineError: there are no images, or every pixel of them has one colour.
    """
    train, validation = dataset.train.pixels, dataset.validation.pixels
    if train is None:
        raise FinineError(
            "There is no column of images to learn from.", "Name one, or choose another model."
        )
    levels = np.arange(256)
    counts = np.stack([_counted(train, channel) for channel in range(train.shape[1])])
    mean = counts @ levels / counts.sum(axis=1)
    spread = np.sqrt((counts * (levels - mean[:, None]) ** 2).sum(axis=1) / counts.sum(axis=1))
    if not spread.any():
        raise FinineError(
            "The images of the training rows are of one colour: there is nothing to learn from.",
            "Check that they are the right ones.",
        )
    spread[spread == 0] = 1.0  # a channel without anything in it, beside others
    # Every level of a channel becomes one number: a table of 256 of them is all the arithmetic.
    table = ((levels - mean[:, None]) / spread[:, None]).astype(np.float32)
    empty = np.zeros((0, *train.shape[1:]), dtype=np.uint8)
    return _looked_up(train, table), _looked_up(empty if validation is None else validation, table)


def _counted(pixels: np.ndarray, channel: int) -> np.ndarray:
    """How many pixels of a channel have each of the 256 levels."""
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, len(pixels), BLOCK):
        part = pixels[start : start + BLOCK, channel]
        counts += np.bincount(part.ravel(), minlength=256)
    return counts


def _looked_up(pixels: np.ndarray, table: np.ndarray) -> np.ndarray:
    found = np.empty(pixels.shape, dtype=np.float32)
    for channel, levels in enumerate(table):
        for start in range(0, len(pixels), BLOCK):
            found[start : start + BLOCK, channel] = levels[pixels[start : start + BLOCK, channel]]
    return found


IMAGE = Images()
