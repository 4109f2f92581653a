"""Is a feature really an id, or the number of the row?

Takes the subject, gives one finding that names such columns with the reason for each. Only
features are looked at: an id that is ignored does no harm.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.checks.base import Check, Finding, Severity, Subject, counted, first_few
from finine_core.dataset.suggestions import named_like_an_id
from finine_core.errors import shown

# In fewer rows numbers rise from row to row, or do not repeat, by chance or by design.
FEWEST_ROWS = 20
# A column named like an id is one when its values come back less often than this; "key" with
# twelve values is music.
REPEATS_OF_AN_ID = 10
# Nearly every row has a short text of its own: names, codes, addresses.
UNIQUE_SHARE = 0.9


def find(subject: Subject) -> list[Finding]:
    """Features that name the row."""
    first = subject.row_numbers >= 0  # a second file begins to count again
    if first.sum() < FEWEST_ROWS:
        return []
    reasons = {}
    for name in subject.roles.features:
        why = _why(name, subject.table.column(name).slice(0, int(first.sum())))
        if why:
            reasons[name] = why
    if not reasons:
        return []
    named = first_few([f"{shown(name)} ({why})" for name, why in reasons.items()])
    return [
        subject.finding(
            "id_as_feature",
            Severity.WARNING,
            None,
            problem=f"{counted(len(reasons), 'feature looks', 'features look')} like an id or a "
            f"row number: {named}.",
            mend="A model can learn rows by heart from it, or in which order they were collected. "
            "Set the role to id or ignore, unless it measures something.",
            columns=tuple(reasons),
            numbers={"columns": len(reasons)},
        )
    ]


def _why(name: str, column: pa.ChunkedArray) -> str:
    rows, kind = len(column), column.type
    is_floating = pa.types.is_floating(kind)
    if is_floating or pa.types.is_integer(kind):
        if column.null_count == 0:
            steps = np.diff(column.to_numpy())
            if np.all(steps > 0) or np.all(steps < 0):
                return f"it {'rises' if steps[0] > 0 else 'falls'} with every row"
        if is_floating:
            return ""  # measurements hardly ever repeat
    elif not pa.types.is_string(kind):
        return ""
    distinct = pc.count_distinct(column).as_py()
    if named_like_an_id(name) and distinct * REPEATS_OF_AN_ID > rows:
        return "its name says id"
    if pa.types.is_string(kind) and distinct >= UNIQUE_SHARE * rows:
        return "nearly every row has a value of its own"
    return ""


CHECK = Check("ids and row numbers among the features", find)
