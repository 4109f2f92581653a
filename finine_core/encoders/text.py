"""Free text as model inputs.

Takes the text columns and a text encoder (`texts/`: TF-IDF, or the embeddings of a transformer);
gives dense features, scaled for gradient descent. Columns share the norm of a row, so that a file
with five text columns learns at the same rates as one with a single one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from finine_core.dataset.dataset import Dataset, Part
from finine_core.dataset.roles import Roles
from finine_core.encoders.base import Block
from finine_core.encoders.texts import TextEncoder, Watch, watch_nothing
from finine_core.encoders.texts.tfidf import TFIDF
from finine_core.errors import FinineError, shown
from finine_core.formats.values import as_text

# Shared by all text columns. Few hundred dimensions hold what latent semantic analysis can hold,
# and keep a linear model's gradient small.
MAX_COMPONENTS = 256
# Squared norm of every row, shared by all text columns. It is what 64 standardised numbers have, so
# text and tabular inputs work with the same learning rates; and because it is the same for every
# row, no row's gradient is large only because its words are rare. (Tweets sample: AUC of μ for
# disagreeing rows .808 with it, .792 with only the mean squared norm fixed.)
SQUARED_NORM = 64.0


@dataclass(frozen=True)
class Text:
    """Text columns by a text encoder.

    Attributes:
        encoder: how texts become numbers.
        watch: called with how many of a column's texts are encoded; may raise to stop.
    """

    encoder: TextEncoder = TFIDF
    watch: Watch = watch_nothing
    name: str = "text"

    def columns(self, roles: Roles) -> tuple[str, ...]:
        """The text columns."""
        return roles.text

    def encode(self, dataset: Dataset, columns: Sequence[str], seed: int) -> Block:
        """Encode each column by itself; they share the components and the norm.

        Raises:
            FinineError: a column holds no text in any training row, or the encoder cannot be used.

        Examples:
            >>> import pyarrow as pa
            >>> from pathlib import Path
            >>> texts = ["a good film", "a bad film", "bad", "good"]
            >>> table = pa.table({"t": texts, "y": [1, 0, 0, 1]})
            >>> y, no = np.array([1, 0, 0, 1]), np.array([], int)
            >>> part, empty = Part(table, y, np.arange(4), y), Part(table.slice(0, 0), no, no, no)
            >>> block = TEXT.encode(Dataset(
            ...     Path("a.csv"), table, Roles(label="y", text=("t",)), "classification",
            ...     ("0", "1"), ("0", "1"), part, empty, "", ()
            ... ), ("t",), seed=0)
            >>> block.train.shape, float(round((block.train**2).sum(axis=1).mean(), 6))
            ((4, 4), 64.0)
        """
        n, m = len(dataset.train), len(dataset.validation)
        trains, validations = [np.empty((n, 0))], [np.empty((m, 0))]
        names: list[str] = []
        sources: list[str] = []
        for name in columns:
            texts, held_out = texts_of(dataset.train, name), texts_of(dataset.validation, name)
            if not any(text.strip() for text in texts):
                raise FinineError(
                    f"The text column {shown(name)} has no text in any training row.", "Ignore it."
                )
            fitted = self.encoder.features(
                texts, held_out, limit=MAX_COMPONENTS // len(columns), seed=seed, watch=self.watch
            )
            if fitted is None:
                continue
            norm = math.sqrt(SQUARED_NORM / len(columns))
            trains.append(_with_norm(fitted[0], norm))
            validations.append(_with_norm(fitted[1], norm))
            names += [f"{name}: component {k + 1}" for k in range(fitted[0].shape[1])]
            sources += [name] * fitted[0].shape[1]
        return Block(np.hstack(trains), np.hstack(validations), tuple(names), tuple(sources))


def texts_of(part: Part, name: str) -> list[str]:
    """The texts of a column; a missing one is empty."""
    return pc.fill_null(as_text(part.table.column(name)), "").to_pylist()


def _with_norm(rows: np.ndarray, norm: float) -> np.ndarray:
    """Every row scaled to the norm; a row of zeros (no known term) stays zero."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows * np.divide(norm, norms, out=np.zeros_like(norms), where=norms > 0)


TEXT = Text()
