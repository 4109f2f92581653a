"""Which input columns say the same in nearly every row, or nothing?

Takes the subject, gives one finding for nearly constant columns and one for nearly empty ones.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.checks.base import Check, Finding, Severity, Subject, counted, listed
from finine_core.formats.values import is_blank

# One other value in two hundred rows: too few for a pattern, and enough for a slip. A column with
# a rare but real answer (1 % and more) is not named.
SAME_SHARE = 0.995
# One value in twenty rows: a model mostly learns that it is missing.
EMPTY_SHARE = 0.95
# Counting every value of every column takes long, so a few rows are looked at first. Of 1,000 rows,
# 5 differ in a column that is just constant enough; 30 never do.
GLANCE_ROWS, GLANCE_SHARE = 1_000, 0.97


def find(subject: Subject) -> list[Finding]:
    """Columns that hardly vary, and columns that are hardly filled."""
    same: list[str] = []
    empty: list[str] = []
    different = np.zeros(len(subject), dtype=bool)  # rows unlike the others in a constant column
    filled = np.zeros(len(subject), dtype=bool)
    for name in subject.roles.inputs:
        column = subject.table.column(name)
        blank = is_blank(column).to_numpy()
        if blank.mean() >= EMPTY_SHARE:
            empty.append(name)
            filled |= ~blank
        elif name in subject.roles.features and _usual(_glance(column)).mean() >= GLANCE_SHARE:
            usual = _usual(column)
            if usual.mean() >= SAME_SHARE:
                same.append(name)
                different |= ~usual
    found = []
    if same:
        rows = np.flatnonzero(different)
        found.append(
            subject.finding(
                "nearly_constant",
                Severity.NOTE,
                rows,
                problem=f"{counted(len(same), 'column has', 'columns have')} the same value in "
                f"nearly every row: {listed(same)}.",
                mend="A model can hardly learn from that: set the role to ignore. If the few other "
                "values are slips, correct them in the file.",
                columns=tuple(same),
                numbers={"columns": len(same)},
            )
        )
    if empty:
        rows = np.flatnonzero(filled)
        found.append(
            subject.finding(
                "nearly_empty",
                Severity.NOTE,
                rows,
                problem=f"{counted(len(empty), 'column is', 'columns are')} empty in nearly every "
                f"row: {listed(empty)}.",
                mend="Set the role to ignore, unless it matters whether there is a value at all.",
                columns=tuple(empty),
                numbers={"columns": len(empty)},
            )
        )
    return found


def _glance(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Some of the values, drawn at random; always the same ones."""
    if len(column) <= GLANCE_ROWS:
        return column
    return column.take(pa.array(np.random.default_rng(0).integers(len(column), size=GLANCE_ROWS)))


def _usual(column: pa.ChunkedArray) -> np.ndarray:
    """(n,) bool: where the column has its most frequent value; missing counts as a value."""
    counts = pc.value_counts(column)
    most = counts.field("values")[int(np.argmax(counts.field("counts").to_numpy()))]
    if not most.is_valid:
        return pc.is_null(column).to_numpy()
    equal: np.ndarray = pc.fill_null(pc.equal(column, most), False).to_numpy()
    return equal


CHECK = Check("columns that hardly vary or are nearly empty", find)
