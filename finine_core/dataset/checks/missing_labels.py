"""Is a class named like a missing value?

Takes the subject, gives one finding: classes called "NA", "nan" or "null". In a column of words
they are words; often, though, a program has written them where there was no label.
"""

from __future__ import annotations

import numpy as np

from finine_core.dataset.checks.base import Check, Finding, Severity, Subject, counted, listed
from finine_core.formats.lines.column_types import MISSING_WORDS

NAMES = frozenset(MISSING_WORDS) - {"None", "none"}  # "none of these" is a class like any other


def find(subject: Subject) -> list[Finding]:
    """Classes that are probably no classes."""
    if subject.task == "multi_label":
        return []  # their names are those of columns
    codes = [code for code, name in enumerate(subject.classes) if name.strip() in NAMES]
    if not codes:
        return []
    rows = np.flatnonzero(np.isin(subject.labels, codes))
    named = listed([subject.classes[code] for code in codes])
    return [
        subject.finding(
            "missing_labels",
            Severity.WARNING,
            rows,
            problem=f"{counted(len(rows), 'row has', 'rows have')} a label that is a word for a "
            f"missing value: {named}.",
            mend="It is learned like any other class. If these rows have no label, fill it in or "
            "remove them from the file.",
            columns=subject.roles.labels,
            numbers={"classes": len(codes)},
        )
    ]


CHECK = Check("labels that are words for a missing value", find)
