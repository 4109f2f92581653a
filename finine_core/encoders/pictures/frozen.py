"""A network that was trained elsewhere, as a frozen image encoder.

Each image is stretched to the size that the network takes; its vector is the mean of the last maps
over their positions. A vector is made once for each content of a file and kept
(`texts/embeddings.py`). Images go through the network one at a time, so that a vector's bits do not
depend on which images came with it; on one core that was no slower than many at a time.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from finine_core.dataset.dataset import Dataset, Part
from finine_core.dataset.roles import Roles
from finine_core.encoders.base import Block, Encoder
from finine_core.encoders.text import SQUARED_NORM
from finine_core.encoders.texts.base import Watch, watch_nothing
from finine_core.encoders.texts.embeddings import EmbeddingCache
from finine_core.errors import FinineError
from finine_core.formats.images.decoding import BadImage, pixels_of
from finine_core.formats.images.files import images_of
from finine_core.formats.images.pictures import image_name

if TYPE_CHECKING:
    from torch import nn

SHARD_IMAGES = 256  # between two writes of the cache: so many are lost when a run is stopped
SCHEME = "image-mean-1"  # how a vector is made of a network's outputs; part of the cache's names
# Directions of the centred vectors: all images alike when none is longer than rounding.
SMALLEST_SPREAD = 1e-6


def no_problem() -> None:
    """Nothing is missing."""
    return


@dataclass(frozen=True, eq=False)
class FrozenNetwork:
    """A network and what it takes.

    Attributes:
        name, description: see `ImageEncoder`.
        build: gives the module with its weights: (1, 3, side, side) float32, red, green and blue,
            to maps (1, d, height, width) or to vectors (1, d).
        weights: what tells its weights and code from others, as text.
        side: of the square that images are stretched to, in pixels.
        centre, spread: a level of 0 to 255 is given as (level − centre) / spread.
        lacking: what is missing here, see `ImageEncoder.problem`.
    """

    name: str
    description: str
    build: Callable[[], nn.Module]
    weights: Callable[[], str]
    side: int
    centre: float
    spread: float
    lacking: Callable[[], FinineError | None] = no_problem

    def problem(self) -> FinineError | None:
        """What is missing: a package, or its weights."""
        return self.lacking()

    def identity(self) -> str:
        """A digest of the weights, of how images are given, and of the libraries' versions."""
        if (problem := self.problem()) is not None:
            raise problem
        return self._identity

    @cached_property
    def _identity(self) -> str:
        packages = [f"{one} {version(one)}" for one in ("torch", "pillow")]
        given = f"{self.side} {self.centre} {self.spread}"
        parts = [SCHEME, *packages, given, self.weights()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def columns(self, cache: Path | None = None, watch: Watch = watch_nothing) -> Encoder:
        """A column for each number of a vector."""
        return ImageFeatures(self, cache, watch)

    def vector(self, content: bytes) -> np.ndarray:
        """The vector of an image, (d,) float32.

        Args:
            content: the bytes of an image file.

        Raises:
            BadImage: it is damaged.
            FinineError: the network gives numbers that are not finite.
        """
        import torch

        pixels = pixels_of(content, (self.side, self.side), grey=False)
        scaled = (pixels.astype(np.float32) - self.centre) / self.spread
        with torch.inference_mode():
            given = self._network(torch.from_numpy(scaled)[None])[0]
        row: np.ndarray = (given.flatten(1).mean(dim=1) if given.ndim > 1 else given).numpy()
        if not np.isfinite(row).all():
            raise FinineError(
                f"The image encoder {self.name} gives numbers that are not finite.",
                "Use another image encoder.",
            )
        return row.astype(np.float32)

    @cached_property
    def _network(self) -> nn.Module:
        if (problem := self.problem()) is not None:
            raise problem
        return self.build().eval()


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """The column of images through a frozen network."""

    network: FrozenNetwork
    cache: Path | None = None
    watch: Watch = watch_nothing
    name: str = "image features"

    def columns(self, roles: Roles) -> tuple[str, ...]:
        """The image column, if there is one."""
        return () if roles.image is None else (roles.image,)

    def encode(self, dataset: Dataset, columns: Sequence[str], seed: int) -> Block:  # noqa: ARG002
        """Vectors of length 1, less their mean over the training rows, all of one norm.

        Raises:
            FinineError: the network cannot be used, or an image is no longer what it was.
        """
        name = columns[0]
        parts = (dataset.train, dataset.validation)
        keys = [[digest for digest, _ in _contents(part, name)] for part in parts]
        found = self._found(parts, name, keys)
        rows = np.stack([found[key] for some in keys for key in some]).astype(np.float64)
        rows = _with_norm(rows, 1.0)
        # The mean direction is the same for every row: a model's bias says it better.
        rows -= rows[: len(dataset.train)].mean(axis=0)
        if np.abs(rows[: len(dataset.train)]).max() < SMALLEST_SPREAD:
            raise FinineError(
                "The images of the training rows all look alike: there is nothing to learn from.",
                "Check that they are the right ones.",
            )
        rows = _with_norm(rows, math.sqrt(SQUARED_NORM))
        train, validation = rows[: len(dataset.train)], rows[len(dataset.train) :]
        width = rows.shape[1]
        names = tuple(f"{name}: {self.network.name} {k + 1}" for k in range(width))
        return Block(train, validation, names, (name,) * width)

    def _found(
        self, parts: Sequence[Part], name: str, keys: Sequence[Sequence[str]]
    ) -> dict[str, np.ndarray]:
        """Digest of a content → vector; only what is nowhere stored goes through the network."""
        wanted = list(dict.fromkeys(key for some in keys for key in some))
        stored = EmbeddingCache(self.cache / self.network.identity()) if self.cache else None
        found = stored.find(wanted) if stored else {}
        total, done = len(wanted) - len(found), 0
        if total:
            self.watch(0, total)
        fresh: dict[str, np.ndarray] = {}
        for part in parts:
            for key, content in _contents(part, name):
                if key in found or key in fresh:
                    continue
                fresh[key] = self.network.vector(content)
                done += 1
                if len(fresh) == SHARD_IMAGES or done == total:
                    if stored:
                        stored.store(list(fresh), np.stack(list(fresh.values())))
                    found |= fresh
                    fresh = {}
                self.watch(done, total)
        return found


def _contents(part: Part, name: str) -> Iterator[tuple[str, bytes]]:
    """The digest and the bytes of each row's image file."""
    if not len(part) or part.images_in is None:
        return
    column = part.table.column(name)
    with images_of(part.images_in, column.type) as opened:
        for row, cell in enumerate(column.to_pylist()):
            try:
                content = opened(cell)
            except BadImage as error:
                where = image_name(cell, int(part.row_numbers[row]))
                raise FinineError(
                    f"The image {where} cannot be read any more: {error}.", "Put it back."
                ) from None
            yield hashlib.sha256(content).hexdigest(), content


def _with_norm(rows: np.ndarray, norm: float) -> np.ndarray:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows * np.divide(norm, norms, out=np.zeros_like(norms), where=norms > 0)
