"""Encoders: what does a model see of a dataset?

A registry with one module per way to turn columns into numbers; `encode` puts their blocks side
by side. Adding an encoder is one new file that satisfies `Encoder` plus one entry in `ENCODERS`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finine_core.dataset.dataset import Dataset, Part
from finine_core.dataset.encoders.base import Block, Encoder
from finine_core.dataset.encoders.tabular import TABULAR
from finine_core.dataset.encoders.text import TEXT
from finine_core.dataset.values import row_name
from finine_core.errors import FinineError

ENCODERS: tuple[Encoder, ...] = (TEXT, TABULAR)

__all__ = ["ENCODERS", "Block", "Encoded", "Encoder", "encode"]


@dataclass(frozen=True, eq=False)
class Encoded:
    """A dataset as a model sees it.

    Attributes:
        train_x: (n, d) float32.
        train_y: (n,) int64 class codes.
        validation_x: (m, d) float32; m may be 0.
        validation_y: (m,) int64.
        feature_names: d names.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray
    feature_names: tuple[str, ...]


def encode(dataset: Dataset, seed: int = 0) -> Encoded:
    """Turn a dataset's text and feature columns into numbers, fitted on the training rows only.

    The same dataset and seed give the same bits.

    Raises:
        FinineError: no column varies between training rows, a value is infinite or too large, or
            an encoded value is not finite.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from finine_core.dataset import load_dataset
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,colour,label\\n" + "1,red,cat\\n2,blue,dog\\n" * 5)
        >>> encoded = encode(load_dataset(path, label="label", features=["x", "colour"]))
        >>> encoded.feature_names
        ('x', 'colour = blue', 'colour = red')
        >>> encoded.train_x.shape, encoded.validation_x.shape
        ((8, 3), (2, 3))
    """
    blocks = []
    for encoder in ENCODERS:
        columns = encoder.columns(dataset.roles)
        if columns:
            blocks.append(encoder.encode(dataset, columns, seed))
    names = tuple(name for block in blocks for name in block.names)
    if not names:
        raise FinineError(
            f"The columns {', '.join(map(repr, dataset.roles.inputs))} do not vary between "
            "training rows: there is nothing to learn from.",
            "Choose other text or feature columns.",
        )
    sources = tuple(source for block in blocks for source in block.sources)
    train = _finite([block.train for block in blocks], dataset.train, sources)
    validation = _finite([block.validation for block in blocks], dataset.validation, sources)
    return Encoded(train, dataset.train.labels, validation, dataset.validation.labels, names)


def _finite(blocks: list[np.ndarray], part: Part, sources: tuple[str, ...]) -> np.ndarray:
    """The blocks side by side as float32 (rows, d), checked after the conversion."""
    with np.errstate(over="ignore"):  # an overflow becomes inf, and is reported below
        joined = np.hstack(blocks).astype(np.float32)
    bad = np.argwhere(~np.isfinite(joined))
    if len(bad):
        row, position = bad[0]
        name = sources[position]
        raise FinineError(
            f"Column {name!r} is {part.table.column(name)[int(row)].as_py()!r} in "
            f"{row_name(int(part.row_numbers[row]))}, which encodes to "
            f"{joined[row, position]}: too far from the training values.",
            "Correct the value or ignore the column.",
        )
    return joined
