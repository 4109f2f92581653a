"""Are there texts that are empty, or far longer than the others?

Takes the subject, gives up to two findings for each text column.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from finine_core.dataset.checks.base import Check, Finding, Severity, Subject, counted, percent
from finine_core.errors import shown
from finine_core.formats.values import as_text, is_blank

# A few empty texts are everyday life; from this share on they shape what is learned.
MANY_EMPTY = 0.01
# So many times the usual length, and a page at least: often a row that swallowed others because a
# quote was never closed, or a whole page pasted by mistake.
TIMES_USUAL, LONG_LETTERS = 20, 2_000


def find(subject: Subject) -> list[Finding]:
    """Empty and very long texts."""
    return [one for name in subject.roles.text for one in _of_column(subject, name)]


def _of_column(subject: Subject, name: str) -> list[Finding]:
    column = subject.table.column(name)
    empty = np.flatnonzero(is_blank(column).to_numpy())
    found = []
    if len(empty):
        share = len(empty) / len(subject)
        found.append(
            subject.finding(
                "empty_texts",
                Severity.WARNING if share >= MANY_EMPTY else Severity.NOTE,
                empty,
                problem=f"{counted(len(empty), 'row has', 'rows have')} no text in {shown(name)} "
                f"({percent(share)}).",
                mend="There is nothing to learn from them. Fill them in, or remove them from the "
                "file.",
                columns=(name,),
                numbers={"share": share},
            )
        )
    letters = pc.fill_null(pc.utf8_length(as_text(column)), 0).to_numpy()
    if len(empty) == len(letters):
        return found
    usual = float(np.median(letters[letters > 0]))
    long = np.flatnonzero(letters > max(TIMES_USUAL * usual, LONG_LETTERS))
    if len(long):
        longest = int(letters.max())
        found.append(
            subject.finding(
                "long_texts",
                Severity.NOTE,
                long,
                problem=f"{counted(len(long), 'text')} in {shown(name)} "
                f"{'is' if len(long) == 1 else 'are'} far longer than the others: up to "
                f"{longest:,} letters, where {usual:,.0f} are usual.",
                mend="Look whether several rows ran together, or a whole page was pasted.",
                columns=(name,),
                numbers={"longest": longest, "usual": usual},
            )
        )
    return found


CHECK = Check("empty and very long texts", find)
