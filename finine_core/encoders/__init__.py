"""Encoders: what does a model see of a dataset?

A registry with one module per way to turn columns into numbers; `encode` puts their blocks side
by side. Adding an encoder is one new file that satisfies `Encoder` plus one entry in `ENCODERS`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finine_core.dataset.dataset import Dataset, Part
from finine_core.dataset.usable import nothing_varies
from finine_core.encoders.base import Block, Encoder
from finine_core.encoders.image import IMAGE, standardised
from finine_core.encoders.tabular import TABULAR
from finine_core.encoders.text import TEXT
from finine_core.encoders.tokens import tokens_of
from finine_core.errors import FinineError, shown
from finine_core.formats.values import row_name

ENCODERS: tuple[Encoder, ...] = (TEXT, TABULAR, IMAGE)

__all__ = ["ENCODERS", "TEXT", "Block", "Encoded", "Encoder", "encode"]


@dataclass(frozen=True, eq=False)
class Encoded:
    """A dataset as a model sees it.

    Attributes:
        train_x: (n, d) float32; or the tokens of each row, (n, T) int32; or the pixels of each row,
            (n, channels, height, width) float32.
        train_y: as objectives take it: (n,) int64 class codes, (n, 1) float32 standardised numbers,
            or (n, K) float32 of 0 and 1.
        validation_x: like train_x, of m rows; m may be 0.
        validation_y: like train_y.
        feature_names: d names; none of tokens or pixels.
        offset, scale: a standardised number times scale plus offset is as in the file; 0 and 1
            where nothing is standardised.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray
    feature_names: tuple[str, ...]
    offset: float = 0.0
    scale: float = 1.0


def encode(
    dataset: Dataset,
    seed: int = 0,
    *,
    inputs: str = "columns",
    text: Encoder = TEXT,
    image: Encoder = IMAGE,
) -> Encoded:
    """Turn a dataset's columns into numbers, fitted on the training rows only.

    The same dataset and seed give the same bits.

    Args:
        inputs: what the model takes of a row: "columns", "tokens" or "pixels" (`ModelKind`).
        text: how text columns become numbers.
        image: how the column of images does, for a model that takes columns.

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
    offset, scale = _standard(dataset)
    train_y, validation_y = (
        _learned(part.values, offset, scale) for part in (dataset.train, dataset.validation)
    )
    if inputs != "columns":
        tokens = inputs == "tokens"
        train, validation = (
            tokens_of(dataset, dataset.roles.text) if tokens else standardised(dataset)
        )
        return Encoded(train, train_y, validation, validation_y, (), offset, scale)
    blocks = []
    chosen: dict[str, Encoder] = {TEXT.name: text, IMAGE.name: image}
    for encoder in (chosen.get(one.name, one) for one in ENCODERS):
        columns = encoder.columns(dataset.roles)
        if columns:
            blocks.append(encoder.encode(dataset, columns, seed))
    names = tuple(name for block in blocks for name in block.names)
    if not names:
        raise nothing_varies(dataset.roles)
    sources = tuple(source for block in blocks for source in block.sources)
    train = _finite([block.train for block in blocks], dataset.train, sources)
    validation = _finite([block.validation for block in blocks], dataset.validation, sources)
    return Encoded(train, train_y, validation, validation_y, names, offset, scale)


def _standard(dataset: Dataset) -> tuple[float, float]:
    """Mean and standard deviation of the numbers to learn; (0, 1) when they are classes."""
    values = dataset.train.values
    if values.dtype.kind != "f" or values.ndim > 1:
        return 0.0, 1.0
    return float(values.mean()), float(values.std())


def _learned(values: np.ndarray, offset: float, scale: float) -> np.ndarray:
    if values.ndim > 1:
        return values.astype(np.float32)
    if values.dtype.kind == "f":
        return ((values - offset) / scale).astype(np.float32)[:, None]
    return values


def _finite(blocks: list[np.ndarray], part: Part, sources: tuple[str, ...]) -> np.ndarray:
    """The blocks side by side as float32 (rows, d), checked after the conversion."""
    with np.errstate(over="ignore"):  # an overflow becomes inf, and is reported below
        joined = np.hstack(blocks).astype(np.float32)
    bad = np.argwhere(~np.isfinite(joined))
    if len(bad):
        row, position = bad[0]
        name = sources[position]
        raise FinineError(
            f"Column {shown(name)} is {shown(part.table.column(name)[int(row)].as_py())} in "
            f"{row_name(int(part.row_numbers[row]))}, which encodes to "
            f"{joined[row, position]}: too far from the training values.",
            "Correct the value or ignore the column.",
        )
    return joined
