"""What does a row say? Which columns hold it, and how it is told in a line or a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PREVIEW_LENGTH = 40  # letters; a full text in each line would be most of what the page sends
PREVIEW_FEATURES = 3
NUMBER_LETTERS = frozenset("0123456789.+-enaninfinfinity")  # as DuckDB writes them
DATA_PREFIX, MOST_PREFIXES = "data_", 3  # how the review table renames; more never happened


@dataclass(frozen=True)
class Content:
    """The columns of the review table that hold what a row says.

    Attributes:
        text: columns with text, as the table names them.
        features: columns with values that the model saw.
        other: the rest of the input (label, id, ignored).
        numbers: which of them all hold numbers.
    """

    text: tuple[str, ...]
    features: tuple[str, ...]
    other: tuple[str, ...]
    numbers: frozenset[str] = frozenset()

    def searched(self, text: str) -> tuple[str, ...]:
        """The columns that a text can be found in: numbers only hold what numbers are written with.

        Examples:
            >>> content = Content(("text",), ("width",), ("id",), frozenset({"width"}))
            >>> content.searched("cat"), content.searched("1.5")
            (('text', 'id'), ('text', 'width', 'id'))
        """
        every = (*self.text, *self.features, *self.other)
        if set(text.casefold()) <= NUMBER_LETTERS:
            return every
        return tuple(name for name in every if name not in self.numbers)


def data_name(data_columns: Sequence[str], name: str) -> str:
    """What the review table calls the input's column `name`: a score's name is not free.

    Examples:
        >>> data_name(["data_label", "text"], "label"), data_name(["data_label", "text"], "text")
        ('data_label', 'text')
    """
    renamed = (DATA_PREFIX * times + name for times in range(MOST_PREFIXES + 1))
    return next((alias for alias in renamed if alias in data_columns), name)


def preview(line: dict[str, Any], content: Content) -> str:
    """The beginning of a row's content, on one line.

    Examples:
        >>> preview({"text": "a\\n b" * 20}, Content(("text",), (), ()))
        'a ba ba ba ba ba ba ba ba ba ba ba ba b…'
        >>> preview({"width": 1.5, "kind": None}, Content((), ("width", "kind"), ()))
        'width 1.5, kind –'
    """
    if content.text:
        said = " · ".join(str(line[name]) for name in content.text if line[name] is not None)
        said = " ".join(said[: 4 * PREVIEW_LENGTH].split())
    else:
        names = content.features[:PREVIEW_FEATURES]
        said = ", ".join(f"{name} {value_words(line[name])}" for name in names)
    return said if len(said) <= PREVIEW_LENGTH else said[: PREVIEW_LENGTH - 1] + "…"


def value_words(value: object) -> str:
    """A cell as a person reads it.

    Examples:
        >>> value_words(None), value_words(0.1 + 0.2), value_words(7)
        ('–', '0.3', '7')
    """
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
