"""TF-IDF and latent semantic analysis: a text encoder that learns from the training texts alone.

TF-IDF weights of words, word pairs and character n-grams, reduced by a truncated singular value
decomposition and centred. It needs no other package, takes a millisecond a text, and knows no
language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from finine_core.encoders.texts.base import Features, Watch, watch_nothing
from finine_core.encoders.texts.terms import PARTS, WORD_LENGTHS, WORDS, terms_of

# The most frequent terms of each kind. The decomposition works on dense (terms, components)
# matrices: with 10,000 each it takes 3 s for 3,400 tweets, with three times as many 5 s, and the
# rarer terms changed nothing that a linear model could use.
MAX_WORD_TERMS, MAX_CHARACTER_TERMS = 10_000, 10_000
PART_LENGTHS = (2, 4)
# Power iterations of the randomised decomposition; text spectra decay slowly, so a few are needed
# for the last components to be stable.
POWER_ITERATIONS = 4
# Singular directions below this share of the first are rounding noise.
SMALLEST_DIRECTION = 1e-5


@dataclass(frozen=True)
class Tfidf:
    """TF-IDF and truncated SVD."""

    name: str = "tfidf"
    description: str = "words and parts of words, weighed and reduced; needs nothing else"

    def problem(self) -> None:
        """None: it can always be used."""
        return

    def identity(self) -> str:
        """Its numbers follow from the versions that every run keeps."""
        return self.name

    def features(
        self,
        texts: list[str],
        held_out: list[str],
        *,
        limit: int,
        seed: int,
        watch: Watch = watch_nothing,  # noqa: ARG002
    ) -> Features | None:
        """Centred latent features; None when all training texts are the same."""
        # Imported here because scikit-learn takes about a second, and only a run needs it; and
        # before the limit below, which reaches only the libraries that are loaded by then.
        import sklearn.decomposition  # noqa: F401
        from threadpoolctl import threadpool_limits

        # With one thread sums have one order, so the same input gives the same bits.
        with threadpool_limits(limits=1):
            return _latent(texts, held_out, limit, seed)


def _latent(texts: list[str], held_out: list[str], limit: int, seed: int) -> Features | None:
    """Centred latent features (n, k) and (m, k); None when all training texts are the same."""
    from scipy import sparse
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    blocks, held_out_blocks = terms_of(
        texts,
        held_out,
        partial(TfidfVectorizer, sublinear_tf=True),
        [(WORDS, WORD_LENGTHS, MAX_WORD_TERMS), (PARTS, PART_LENGTHS, MAX_CHARACTER_TERMS)],
    )
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


TFIDF = Tfidf()
