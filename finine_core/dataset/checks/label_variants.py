"""Are there classes that are one and the same, written differently?

Takes the subject, gives one finding: labels that differ only by case, spaces, punctuation or
Unicode form ("Yes", "yes ", "YES"). Signs that make a difference are left alone: numbers, and
+, - or # at the end of a word ("C", "C++").
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from finine_core.dataset.checks.base import (
    SHOWN_NAMES,
    Check,
    Finding,
    Severity,
    Subject,
    counted,
)
from finine_core.errors import shown

SEPARATORS = re.compile(r"(?<=\w)[-_/](?=\w)|\s+")  # between words: all the same as a space
MARKS = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[;:!?'\"`´’‘“”()\[\]*]")  # "1.2" keeps its point
NUMBER = re.compile(r"[-+]?\d[\d.,]*$")


def find(subject: Subject) -> list[Finding]:
    """Classes whose names are the same but for how they are written."""
    if subject.task == "multi_label":
        return []  # their names are those of columns
    groups: dict[str, list[int]] = {}
    for code, name in enumerate(subject.classes):
        groups.setdefault(_form(name), []).append(code)
    doubled = [codes for codes in groups.values() if len(codes) > 1]
    if not doubled:
        return []
    sizes = np.bincount(subject.labels, minlength=len(subject.classes))
    sets, rarer = [], []
    for codes in doubled:
        codes = sorted(codes, key=lambda code: -int(sizes[code]))
        sets.append(
            " / ".join(
                f"{shown(subject.classes[code])} ({counted(int(sizes[code]), 'row')})"
                for code in codes
            )
        )
        rarer += codes[1:]
    rows = np.flatnonzero(np.isin(subject.labels, rarer))
    more = len(sets) - SHOWN_NAMES
    named = "; ".join(sets[:SHOWN_NAMES]) + (f"; and {more:,} more" if more > 0 else "")
    return [
        subject.finding(
            "label_variants",
            Severity.WARNING,
            rows,
            problem=f"{counted(len(sets), 'label is', 'labels are')} written in several ways: "
            f"{named}.",
            mend="To a model these are different classes. Write them the same way in the file, "
            "unless they mean different things.",
            columns=subject.roles.labels,
            numbers={"labels": len(sets), "variants": sum(map(len, doubled))},
        )
    ]


def _form(name: str) -> str:
    """The name without what is only writing.

    Examples:
        >>> _form("Yes ") == _form("yes!"), _form("not_sure") == _form("Not sure")
        (True, True)
        >>> _form("C++") == _form("C"), _form("-1") == _form("1"), _form("v1.2") == _form("v12")
        (False, False, False)
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()
    if NUMBER.match(text):
        return text
    bare = SEPARATORS.sub(" ", MARKS.sub("", text)).strip()
    return bare or text  # "!" and "?" are names of their own


CHECK = Check("labels written in several ways", find)
