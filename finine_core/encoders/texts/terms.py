"""Which terms do texts have? Words, word pairs and parts of words, counted or weighed.

Takes texts and a vectorizer of scikit-learn; gives a sparse matrix for each kind of term.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

# A term of a single row cannot say anything about another row; in tiny files every term counts.
MIN_ROWS_FOR_RARE_TERMS, MIN_ROWS_PER_TERM = 50, 2
# One-letter words too ("I" and "a" carry style), and runs of other signs ("!!", ":-)").
WORD = r"(?u)\b\w+\b|[^\w\s]+"
WORDS, PARTS = "word", "char_wb"  # how scikit-learn calls them
WORD_LENGTHS = (1, 2)


def terms_of(
    texts: list[str],
    held_out: list[str],
    vectorizer: Callable[..., Any],
    kinds: Sequence[tuple[str, tuple[int, int], int]],
) -> tuple[list[Any], list[Any]]:
    """(n, terms) and (m, terms) sparse, one of each kind that the training texts have terms of.

    Args:
        vectorizer: makes one from the usual arguments, such as `CountVectorizer`.
        kinds: words or parts of words; fewest and most in a term; how many terms at most.
    """
    rare = MIN_ROWS_PER_TERM if len(texts) >= MIN_ROWS_FOR_RARE_TERMS else 1
    blocks, held_out_blocks = [], []
    for analyzer, lengths, most in kinds:
        made = vectorizer(
            analyzer=analyzer,
            ngram_range=lengths,
            token_pattern=WORD if analyzer == WORDS else None,
            max_features=most,
            min_df=rare,
        )
        try:
            blocks.append(made.fit_transform(texts))
        except ValueError:
            # no term at all (texts of punctuation have no words; all terms may be single-row)
            continue
        held_out_blocks.append(made.transform(held_out) if held_out else blocks[-1][:0])
    return blocks, held_out_blocks
