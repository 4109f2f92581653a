"""What run.json says about the list by suspicion, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_TOLD = 0.65  # AUC of planted errors below which the list is not to be believed
ROWS_TOLD = 100  # of the list, where it is so long


def advice_words(advice: Mapping[str, Any]) -> str:
    """How many labels are wrong in all, and among the first of the list.

    Examples:
        >>> told = {"rows": 1797, "wrong": 352.4, "low": 290.0, "high": 420.0}
        >>> first = {"rows": 100, "wrong": 96.8, "low": 77.0, "high": 99.8}
        >>> advice_words({"total": told, "shares": [first], "doubted": 0, "held_out": 9})
        'About 350 of 1,797 labels are wrong (290–420). Of the first 100 rows of this list 77 to \
100 are.'
    """
    if advice.get("told", 1.0) < NOT_TOLD:
        return (
            "The labels of this data set cannot be judged: of errors planted in a copy, hardly more"
            " than by chance are found. The list shows the order, and no more."
        )
    total = advice["total"]
    words = (
        f"About {_rounded(total['wrong'])} of {int(total['rows']):,} labels are wrong"
        f" ({_rounded(total['low'])}–{_rounded(total['high'])})."
    )
    first = next((one for one in advice["shares"] if one["rows"] == ROWS_TOLD), None)
    first = first or (advice["shares"][-1] if advice["shares"] else None)
    if first:
        words += (
            f" Of the first {int(first['rows'])} rows of this list {_rounded(first['low'])} to"
            f" {_rounded(first['high'])} are."
        )
    return words


def doubt_words(advice: Mapping[str, Any]) -> str:
    """How many held-out labels are doubted; empty where none is.

    Examples:
        >>> doubt_words({"doubted": 12, "held_out": 200})[:55]
        '12 of 200 held-out rows have a label that is doubted; t'
    """
    doubted = int(advice["doubted"])
    if not doubted:
        return ""
    rows = "row has" if doubted == 1 else "rows have"
    return (
        f"{doubted:,} of {int(advice['held_out']):,} held-out {rows} a label that is doubted; they"
        " count less on target validation."
    )


def copies_words(advice: Mapping[str, Any]) -> str:
    """What is to be known of near-duplicates; empty where there are none.

    Examples:
        >>> copies_words({"copies": 12, "copies_disagree": 4, "copies_across": 3})[:55]
        '12 rows have a near-duplicate; 4 of them disagree with '
    """
    count = int(advice.get("copies", 0))
    if not count:
        return ""
    words = [f"{count:,} rows have a near-duplicate"]
    if disagree := int(advice["copies_disagree"]):
        words.append(f"{disagree:,} of them disagree with it in the label")
    if across := int(advice["copies_across"]):
        words.append(
            f"{across:,} held-out {'row has' if across == 1 else 'rows have'} one among the"
            " training rows, which flatters the figures on held-out rows"
        )
    return "; ".join(words) + "."


def _rounded(value: float) -> str:
    """To two digits from 100 on: more would promise too much.

    Examples:
        >>> _rounded(1743.0), _rounded(62.4)
        ('1,700', '62')
    """
    if value < 100:
        return f"{round(value)}"
    step = 10 ** (len(str(round(value))) - 2)
    return f"{round(value / step) * step:,}"
