"""Several labels that may hold together: which of them do?

Each label has a column of its own with two kinds of values: 1 and 0, true and false, or words for
yes and no. A set of labels counts as a class where rows are balanced; the rows of a rare set count
under the rarest label in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.roles import Roles
from finine_core.dataset.tasks.base import Answers, together
from finine_core.errors import FinineError, shown
from finine_core.formats.values import RowNames, as_text, listed_columns, require_values

YES = ("1", "true", "yes", "y", "t")
NO = ("0", "false", "no", "n", "f")
FEWEST_PER_SET = 5  # at the usual fifth one row of them is held out


@dataclass(frozen=True)
class MultiLabel:
    """K labels, each of which holds or does not."""

    name: str = "multi_label"
    words: str = "Labels that may hold together, a column of 0 and 1 each: which of them do?"

    def fits(self, table: pa.Table, roles: Roles) -> bool:  # noqa: ARG002
        """Where several label columns are named."""
        return len(roles.labels) > 1

    def read(self, table: pa.Table, roles: Roles, rows: RowNames) -> Answers:
        """The labels of each row, shape (n, K).

        Raises:
            FinineError: one column alone, a value that is missing or says neither yes nor no, or a
                label that is the same in every row.

        Examples:
            >>> table = pa.table({"rude": [1, 0, 1, 0], "loud": ["yes", "no", "no", "no"]})
            >>> found = MULTI_LABEL.read(table, Roles(label=("rude", "loud")), RowNames())
            >>> found.values.tolist(), found.names
            ([[1, 1], [0, 0], [1, 0], [0, 0]], ('rude', 'loud'))
        """
        if len(roles.labels) == 1:
            raise FinineError(
                f"The task multi_label has {shown(roles.labels[0])} as its only label column.",
                "Name several, or choose the task classification.",
            )
        values = _held(table, roles, rows, "")
        same = [n for n, one in zip(roles.labels, values.T, strict=True) if np.ptp(one) == 0]
        if same:
            says = "yes" if values[0, roles.labels.index(same[0])] else "no"
            raise FinineError(
                f"The label column {shown(same[0])} says {says} in every row.",
                "There is nothing to learn of it: leave it out.",
            )
        kinds = _kinds(values, roles.labels)
        classes, codes = np.unique(kinds, return_inverse=True)
        note = f"Labels that may hold together: {listed_columns(roles.labels)}."
        return Answers(tuple(map(str, classes)), codes, values, roles.labels, (note,))

    def read_second(
        self, table: pa.Table, roles: Roles, first: Answers, rows: RowNames
    ) -> tuple[np.ndarray, np.ndarray]:
        """Labels of a second file; a set that the first file lacks counts as the nearest one.

        Raises:
            FinineError: a value is missing or says neither yes nor no.
        """
        values = _held(table, roles, rows, " of the validation file")
        known, at = np.unique(first.values, axis=0, return_index=True)
        sets, place = np.unique(values, axis=0, return_inverse=True)
        both = sets @ known.T  # labels that hold in both, (sets, known sets)
        apart = sets.sum(axis=1)[:, None] + known.sum(axis=1) - 2 * both
        return first.codes[at[apart.argmin(axis=1)]][place.ravel()], values

    def given(self, table: pa.Table, roles: Roles) -> list[str]:
        """The labels that hold, such as 'rude + loud', or '(none)'."""
        return together(_held(table, roles, RowNames(), "") > 0, roles.labels)


def says_yes_or_no(column: pa.ChunkedArray) -> bool:
    """Whether each value of a column that is there says yes or no, and both are said.

    Examples:
        >>> says_yes_or_no(pa.chunked_array([["Yes", "no", None]]))
        True
        >>> says_yes_or_no(pa.chunked_array([[0, 1, 2]]))
        False
    """
    kind = column.type
    if not (pa.types.is_primitive(kind) or pa.types.is_string(kind)):
        return False
    distinct = pa.chunked_array([column.unique()]).drop_null()
    if not 2 <= len(distinct) <= len(YES) + len(NO):
        return False
    words = set(_words(distinct).to_pylist())
    return words <= {*YES, *NO} and bool(words & {*YES}) and bool(words & {*NO})


def _words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_lower(pc.utf8_trim_whitespace(as_text(column)))


def _held(table: pa.Table, roles: Roles, rows: RowNames, where: str) -> np.ndarray:
    """1 where a label holds, else 0: (n, K) int64."""
    columns = [_yes(name, table.column(name), rows, where) for name in roles.labels]
    return np.stack(columns, axis=1).astype(np.int64)


def _yes(name: str, column: pa.ChunkedArray, rows: RowNames, where: str) -> np.ndarray:
    kind = column.type
    if not (pa.types.is_primitive(kind) or pa.types.is_string(kind)):
        raise FinineError(
            f"The label column {shown(name)}{where} holds {kind} values.",
            "Choose columns of 0 and 1.",
        )
    require_values(name, column, rows, where, "Fill in 0 or 1, or remove the rows.")
    words = _words(column)
    neither = pc.invert(pc.is_in(words, value_set=pa.array([*YES, *NO]))).to_numpy()
    if neither.any():
        row = int(np.flatnonzero(neither)[0])
        raise FinineError(
            f"The label column {shown(name)}{where} is {shown(as_text(column)[row].as_py())} in "
            f"{rows.one(row)}, which says neither yes nor no.",
            "Write 1 where the label holds and 0 where it does not (or true and false, yes and "
            "no), or leave the column out.",
        )
    found: np.ndarray = pc.is_in(words, value_set=pa.array(YES)).to_numpy()
    return found


def _kinds(values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """What each row counts under: its set of labels, or the rarest label of a rare set."""
    sets = np.array(together(values > 0, names), dtype=object)
    _, place, counts = np.unique(sets.astype(str), return_inverse=True, return_counts=True)
    rarest_first = np.argsort(values.sum(axis=0), kind="stable")
    rarest = rarest_first[values[:, rarest_first].argmax(axis=1)]
    rare = (counts[place] < FEWEST_PER_SET) & (values.sum(axis=1) > 1)
    sets[rare] = [f"{names[label]} + others" for label in rarest[rare]]
    return sets.astype(str)


MULTI_LABEL = MultiLabel()
