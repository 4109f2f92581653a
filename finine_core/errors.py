"""The one error a user may meet.

Everything a person can cause (a missing column, a ragged row, an unknown run) is raised as
`FinineError`: it says what is wrong, where, and what to do. The CLI prints it as one line and
exits with 1; the app shows it as a message. Any other exception is a bug of ours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TypeVar

_Registered = TypeVar("_Registered")

# A value in a message is to be recognised, not read: this much of it, and this much of a message.
SHOWN_LETTERS, MESSAGE_LETTERS = 80, 2_000


class FinineError(Exception):
    r"""A problem its reader can mend.

    Names and values from files go into it; what a terminal would obey is written as an escape.

    Args:
        problem: what is wrong and where (file, row, column, value), as a sentence.
        mend: what to do about it, as a sentence; may be empty when the problem says it.

    Examples:
        >>> str(FinineError("There is no column 'lable'.", "Columns: text, label."))
        "There is no column 'lable'. Columns: text, label."
        >>> FinineError("Bell\x07.csv is empty.").problem
        'Bell\\x07.csv is empty.'
    """

    def __init__(self, problem: str, mend: str = "") -> None:
        self.problem = printable(problem)
        self.mend = printable(mend)
        super().__init__(f"{self.problem} {self.mend}".strip())


def known(what: str, name: str, registry: Mapping[str, _Registered]) -> _Registered:
    """What is registered under a name.

    Raises:
        FinineError: nothing is; the known names are told.

    Examples:
        >>> known("task", "ranking", {"regression": 1, "ordinal": 2})
        Traceback (most recent call last):
        finine_core.errors.FinineError: There is no task 'ranking'. Known: regression, ordinal.
    """
    if name not in registry:
        raise FinineError(f"There is no {what} '{name}'.", f"Known: {', '.join(registry)}.")
    return registry[name]


class Cancelled(Exception):  # noqa: N818  it is no error
    """Raised inside a run when the person asked to cancel it; not a failure."""


def printable(text: str, letters: int = MESSAGE_LETTERS) -> str:
    r"""Text on one line, without signs that a terminal obeys or that hide or turn other signs.

    Control signs, line breaks, marks of direction, signs without width and halves of surrogate
    pairs become escapes such as \x1b; what is longer than `letters` is cut.

    Examples:
        >>> printable("\x1b[31mred\nalert")
        '\\x1b[31mred\\nalert'
        >>> printable("größe 🤖"), printable("abcdef", 4)
        ('größe 🤖', 'abc…')
    """
    if len(text) > letters:
        text = text[: letters - 1] + "…"
    if text.isprintable():
        return text
    return "".join(sign if _harmless(sign) else repr(sign)[1:-1] for sign in text)


def shown(value: object, letters: int = SHOWN_LETTERS) -> str:
    r"""A name or value from a file as a message quotes it: escaped, and cut where it is long.

    Examples:
        >>> shown("one\ntwo"), shown(2.5), shown("a" * 500, 9)
        ("'one\\ntwo'", '2.5', "'aaaaaaa…'")
    """
    if isinstance(value, str) and len(value) >= letters:
        value = value[: letters - 2] + "…"
    return printable(repr(value), 4 * letters)


def _harmless(sign: str) -> bool:
    return sign.isprintable() or unicodedata.category(sign) == "Zs"  # Zs: spaces of any width
