"""Which rows belong together, by the word of a column: one patient, one user, one document?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.holding_out.same_inputs import in_order
from finine_core.errors import FinineError, shown
from finine_core.formats.values import as_text, is_blank

SHOWN_CLASSES = 5  # in a note


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of n rows.

    Attributes:
        column: that says which.
        numbers: (n,) int64, equal for rows of one group; each row without a value is its own.
        missing: (n,) bool, True for rows without a value.
    """

    column: str
    numbers: np.ndarray
    missing: np.ndarray

    def among(self, rows: np.ndarray | None = None) -> int:
        """How many groups there are among rows (n,) bool; rows without a value apart."""
        named = ~self.missing if rows is None else rows & ~self.missing
        return len(np.unique(self.numbers[named]))


def groups_in(name: str, column: pa.ChunkedArray) -> Groups:
    """The groups that a column names. Values are compared as text: 1 and 1.0 are one group.

    Raises:
        FinineError: it holds neither numbers nor text, or one group would be all there is.

    Examples:
        >>> groups_in("user", pa.chunked_array([["b", "a", None, "b", " "]])).numbers.tolist()
        [0, 1, 2, 0, 3]
        >>> groups_in("user", pa.chunked_array([["a", "a"]]))
        Traceback (most recent call last):
        finine_core.errors.FinineError: The group column 'user' has the same value in every row, \
so all rows belong together. Name a column whose values differ, or leave the group out.
    """
    numbers, missing = numbered(texts_of(name, column))
    if missing.all():
        raise FinineError(
            f"The group column {shown(name)} has no value in any row.", "Name another column."
        )
    if numbers.max() == 0:
        raise FinineError(
            f"The group column {shown(name)} has the same value in every row, so all rows belong "
            "together.",
            "Name a column whose values differ, or leave the group out.",
        )
    return Groups(name, numbers, missing)


def texts_of(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values of a column of groups as text; missing where there is none.

    Raises:
        FinineError: it holds neither numbers nor text.
    """
    kind = column.type
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
    if not texts and not pa.types.is_primitive(kind):
        raise FinineError(
            f"The group column {shown(name)} holds {kind} values.",
            "Name a column of numbers or of text.",
        )
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    return as_text(column).cast(pa.string())


def numbered(texts: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """The groups by number, in the order in which they come, and which rows have no value.

    Spaces before and after a name do not make it another.

    Examples:
        >>> numbers, missing = numbered(pa.chunked_array([["b", None, "a", "b ", " "]]))
        >>> numbers.tolist(), missing.tolist()
        ([0, 1, 2, 0, 3], [False, True, False, False, True])
    """
    missing = is_blank(texts).to_numpy().astype(np.bool_)
    trimmed = pc.utf8_trim_whitespace(texts).combine_chunks()
    codes = trimmed.dictionary_encode().indices
    found = codes.fill_null(-1).to_numpy().astype(np.int64)
    found[missing] = found.max(initial=0) + 1 + np.arange(missing.sum())
    return in_order(found), missing


def classes_of_one_group(
    numbers: np.ndarray, codes: np.ndarray, classes: Sequence[str]
) -> tuple[str, ...]:
    """Classes all of whose rows, two or more, are in one group: no other group tells of them.

    Examples:
        >>> classes_of_one_group(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]), ("a", "b"))
        ()
        >>> classes_of_one_group(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), ("a", "b"))
        ('a', 'b')
    """
    pairs = np.unique(np.stack([codes, numbers]), axis=1)
    groups, rows = np.bincount(pairs[0]), np.bincount(codes)
    return tuple(classes[code] for code in np.flatnonzero((groups == 1) & (rows > 1)).tolist())
