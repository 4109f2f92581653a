"""Free text as model inputs.

Takes the text columns and gives dense features: TF-IDF weights of words, word pairs and
character n-grams, reduced by a truncated singular value decomposition (latent semantic analysis),
centred, and scaled for gradient descent. Fitted on the training rows only; seeded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from finine_core.dataset.dataset import Dataset, Part
from finine_core.dataset.encoders.base import Block
from finine_core.dataset.roles import Roles
from finine_core.dataset.values import as_text
from finine_core.errors import FinineError

# Shared by all text columns. Few hundred dimensions hold what latent semantic analysis can hold,
# and keep a linear model's gradient small.
MAX_COMPONENTS = 256
# The most frequent terms of each kind. The decomposition works on dense (terms, components)
# matrices: with 10,000 each it takes 3 s for 3,400 tweets, with three times as many 5 s, and the
# rarer terms changed nothing that a linear model could use.
MAX_WORD_TERMS, MAX_CHARACTER_TERMS = 10_000, 10_000
WORD_LENGTHS, CHARACTER_LENGTHS = (1, 2), (2, 4)
# A term of a single row cannot say anything about another row; in tiny files every term counts.
MIN_ROWS_FOR_RARE_TERMS, MIN_ROWS_PER_TERM = 50, 2
# Squared norm of every row, shared by all text columns. It is what 64 standardised numbers have, so
# text and tabular inputs work with the same learning rates; and because it is the same for every
# row, no row's gradient is large only because its words are rare. (Tweets sample: AUC of μ for
# disagreeing rows .808 with it, .792 with only the mean squared norm fixed.)
SQUARED_NORM = 64.0
# Power iterations of the randomised decomposition; text spectra decay slowly, so a few are needed
# for the last components to be stable.
POWER_ITERATIONS = 4
# Singular directions below this share of the first are rounding noise.
SMALLEST_DIRECTION = 1e-5
# One-letter words too ("I" and "a" carry style), and runs of other signs ("!!", ":-)").
WORD = r"(?u)\b\w+\b|[^\w\s]+"


@dataclass(frozen=True)
class Text:
    """TF-IDF and truncated SVD."""

    name: str = "text"

    def columns(self, roles: Roles) -> tuple[str, ...]:
        """The text columns."""
        return roles.text

    def encode(self, dataset: Dataset, columns: Sequence[str], seed: int) -> Block:
        """Encode each column by itself; they share the components and the norm.

        Raises:
            FinineError: a column holds no text in any training row.

        Examples:
            >>> import pyarrow as pa
            >>> from pathlib import Path
            >>> texts = ["a good film", "a bad film", "bad", "good"]
            >>> table = pa.table({"t": texts, "y": [1, 0, 0, 1]})
            >>> part = Part(table, np.array([1, 0, 0, 1]), np.arange(4))
            >>> empty = Part(table.slice(0, 0), np.array([], int), np.array([], int))
            >>> block = TEXT.encode(Dataset(
            ...     Path("a.csv"), table, Roles(label="y", text=("t",)), "classification",
            ...     ("0", "1"), part, empty, "", ()
            ... ), ("t",), seed=0)
            >>> block.train.shape, float(round((block.train**2).sum(axis=1).mean(), 6))
            ((4, 4), 64.0)
        """
        # Imported here because scikit-learn takes about a second, and only a run needs it; and
        # before the limit below, which reaches only the libraries that are loaded by then.
        import sklearn.decomposition  # noqa: F401
        from threadpoolctl import threadpool_limits

        n, m = len(dataset.train), len(dataset.validation)
        trains, validations = [np.empty((n, 0))], [np.empty((m, 0))]
        names: list[str] = []
        sources: list[str] = []
        for name in columns:
            texts, held_out = _texts(dataset.train, name), _texts(dataset.validation, name)
            if not any(text.strip() for text in texts):
                raise FinineError(
                    f"The text column {name!r} has no text in any training row.", "Ignore it."
                )
            # With one thread sums have one order, so the same input gives the same bits.
            with threadpool_limits(limits=1):
                fitted = _latent(texts, held_out, MAX_COMPONENTS // len(columns), seed)
            if fitted is None:
                continue
            norm = math.sqrt(SQUARED_NORM / len(columns))
            trains.append(_with_norm(fitted[0], norm))
            validations.append(_with_norm(fitted[1], norm))
            names += [f"{name}: component {k + 1}" for k in range(fitted[0].shape[1])]
            sources += [name] * fitted[0].shape[1]
        return Block(np.hstack(trains), np.hstack(validations), tuple(names), tuple(sources))


def _texts(part: Part, name: str) -> list[str]:
    """A missing text is an empty one."""
    return pc.fill_null(as_text(part.table.column(name)), "").to_pylist()


def _latent(
    texts: list[str], held_out: list[str], limit: int, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Centred latent features (n, k) and (m, k); None when all training texts are the same."""
    from scipy import sparse
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    blocks, held_out_blocks = [], []
    rare = MIN_ROWS_PER_TERM if len(texts) >= MIN_ROWS_FOR_RARE_TERMS else 1
    for analyzer, lengths, terms in (
        ("word", WORD_LENGTHS, MAX_WORD_TERMS),
        ("char_wb", CHARACTER_LENGTHS, MAX_CHARACTER_TERMS),
    ):
        vectorizer = TfidfVectorizer(
            analyzer=analyzer,
            ngram_range=lengths,
            token_pattern=WORD if analyzer == "word" else None,
            max_features=terms,
            min_df=rare,
            sublinear_tf=True,
        )
        try:
            blocks.append(vectorizer.fit_transform(texts))
        except ValueError:
            # no term at all (texts of punctuation have no words; all terms may be single-row)
            continue
        held_out_blocks.append(vectorizer.transform(held_out) if held_out else None)
    if not blocks:
        return None
    # (n, terms) sparse; each block's rows have norm 1
    matrix = sparse.hstack(blocks, format="csr")
    components = min(limit, matrix.shape[1], matrix.shape[0])
    svd = TruncatedSVD(components, n_iter=POWER_ITERATIONS, random_state=seed)
    with np.errstate(invalid="ignore"):  # identical rows have no variance to take shares of
        train = svd.fit_transform(matrix)
    mean = train.mean(axis=0)
    # The mean direction is the same for every row: a model's bias says it better.
    train = train - mean
    sizes = np.linalg.norm(train, axis=0)
    if sizes.max() <= SMALLEST_DIRECTION:
        return None
    strong = sizes > SMALLEST_DIRECTION * sizes.max()
    if held_out:
        validation = svd.transform(sparse.hstack(held_out_blocks, format="csr")) - mean
    else:
        validation = np.empty((0, train.shape[1]))
    return train[:, strong], validation[:, strong]


def _with_norm(rows: np.ndarray, norm: float) -> np.ndarray:
    """Every row scaled to the norm; a row of zeros (no known term) stays zero."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows * np.divide(norm, norms, out=np.zeros_like(norms), where=norms > 0)


TEXT = Text()
