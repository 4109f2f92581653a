"""Texts as tokens, for a model that learns itself what they stand for.

Takes the text columns; gives each row the numbers of the terms that it has: words, word pairs and
character n-grams, the most frequent of the training texts. Columns have terms of their own. Nothing
is weighed: a term is there or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from finine_core.dataset.dataset import Dataset
from finine_core.encoders.text import texts_of
from finine_core.encoders.texts.terms import PARTS, WORD_LENGTHS, WORDS, terms_of
from finine_core.errors import FinineError

VOCABULARY = 20_000  # terms at most, of all columns together: so many the model's table has
WORD_SHARE = 0.5  # of them; the rest are character n-grams
CHARACTER_LENGTHS = (3, 4)  # pairs of letters are in nearly every text
# Terms kept of a row, of all its columns together; of a longer text the rarest, which tell the
# most about it. Recording takes as long as texts have terms.
ROW_TOKENS = 128
NO_TOKEN = 0


def tokens_of(dataset: Dataset, columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Token numbers of the training and validation rows: (n, T) and (m, T) int32, 0 for none.

    Raises:
        FinineError: there is no text column, or the training texts have no term in common.

    Examples:
        >>> import pyarrow as pa
        >>> from pathlib import Path
        >>> from finine_core.dataset.dataset import Part
        >>> from finine_core.dataset.roles import Roles
        >>> table = pa.table({"t": ["a b", "b", "c"], "y": [1, 0, 0]})
        >>> y, no = np.array([1, 0, 0]), np.array([], int)
        >>> part, empty = Part(table, y, np.arange(3), y), Part(table.slice(0, 0), no, no, no)
        >>> tokens_of(Dataset(
        ...     Path("a.csv"), table, Roles(label="y", text=("t",)), "classification",
        ...     ("0", "1"), ("0", "1"), part, empty, "", ()
        ... ), ("t",))[0]
        array([[1, 2, 3, 5, 6],
               [3, 6, 0, 0, 0],
               [4, 7, 0, 0, 0]], dtype=int32)
    """
    if not columns:
        raise FinineError(
            "The model bag reads texts, and there is no text column.",
            "Name one as text, or choose another model.",
        )
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    first = 1
    for name in columns:
        train, held_out, terms = _column(
            texts_of(dataset.train, name),
            texts_of(dataset.validation, name),
            VOCABULARY // len(columns),
            ROW_TOKENS // len(columns),
            first,
        )
        parts.append((train, held_out))
        first += terms
    if first == 1:
        raise FinineError(
            "No two training texts have a term in common: there is nothing to learn from.",
            "Choose another text column, or another model.",
        )
    trains, validations = zip(*parts, strict=True)
    return np.hstack(trains), np.hstack(validations)


def _column(
    texts: list[str], held_out: list[str], most_terms: int, longest: int, first: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Tokens of both parts, numbered from `first` on, and how many terms there are."""
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer

    words = int(most_terms * WORD_SHARE)
    blocks, held_out_blocks = terms_of(
        texts,
        held_out,
        partial(CountVectorizer, binary=True),
        [(WORDS, WORD_LENGTHS, words), (PARTS, CHARACTER_LENGTHS, most_terms - words)],
    )
    if not blocks:
        return np.zeros((len(texts), 0), np.int32), np.zeros((len(held_out), 0), np.int32), 0
    train = sparse.hstack(blocks, format="csr")
    frequent = np.asarray(train.sum(axis=0)).ravel()
    width = min(longest, int(np.diff(train.indptr).max()))
    return (
        _padded(train, frequent, width, first),
        _padded(sparse.hstack(held_out_blocks, format="csr"), frequent, width, first),
        train.shape[1],
    )


def _padded(matrix: object, frequent: np.ndarray, width: int, first: int) -> np.ndarray:
    """The columns that each sparse row has, the rarest `width` of them, ascending."""
    indices, ends = matrix.indices, matrix.indptr  # type: ignore[attr-defined]
    found = np.full((len(ends) - 1, width), NO_TOKEN, dtype=np.int32)
    for row, (begin, end) in enumerate(pairwise(ends)):
        mine = np.sort(indices[begin:end])
        if len(mine) > width:
            mine = np.sort(mine[np.argsort(frequent[mine], kind="stable")[:width]])
        found[row, : len(mine)] = mine + first
    return found
