"""What influence is measured on: the row itself, the validation set, one of its classes, some rows.

A target fixes the test statistic of the hypothesis test (docs/method.md) and which end of the
ranking is suspicious. Its name says it all: `self`, `validation`, `class:LABEL` for the validation
rows of a class, `rows:3,17,40-45` for rows of the data file, held out or trained on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from finine_core.errors import FinineError

CLASS_PREFIX, ROWS_PREFIX = "class:", "rows:"
EACH_CLASS = "classes"  # stands for one target a class
FORMS = "self, validation, class:LABEL, classes (each class), rows:3,17,40-45"
MOST_ROWS = 10_000  # of a rows: target; more is a validation set
_RANGE = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?")


@dataclass(frozen=True)
class Target:
    """One choice of `--target`.

    Attributes:
        name: the word in CLI, app and files.
        description: one sentence for a person.
        suspicious_is_large: whether rank 1 is the largest μ (else the smallest).
        needs_validation: whether a run without validation rows cannot have it.
        label: the class whose validation rows it is, if it is one.
        rows: the row numbers that it is, if it is some.
    """

    name: str
    description: str
    suspicious_is_large: bool
    needs_validation: bool
    label: str | None = None
    rows: tuple[int, ...] = ()


SELF = Target(
    "self",
    "The row itself: a large μ means the model fits the row only because the row is there"
    " (mislabelled, atypical or memorised).",
    suspicious_is_large=True,
    needs_validation=False,
)
VALIDATION = Target(
    "validation",
    "The validation set: a negative μ means that removing the row lowers the validation loss.",
    suspicious_is_large=False,
    needs_validation=True,
)
TARGETS: dict[str, Target] = {target.name: target for target in (SELF, VALIDATION)}


def target_named(name: str) -> Target:
    """The target called `name`.

    Raises:
        FinineError: no target has such a name; the forms of names are told.

    Examples:
        >>> target_named("rows:3,5-7").rows
        (3, 5, 6, 7)
        >>> target_named("class:cat").label
        'cat'
    """
    if name in TARGETS:
        return TARGETS[name]
    if name.startswith(CLASS_PREFIX) and len(name) > len(CLASS_PREFIX):
        label = name.removeprefix(CLASS_PREFIX)
        return Target(
            name,
            f"The validation rows of class {label}: a negative μ means that removing the row lowers"
            " the loss on them.",
            suspicious_is_large=False,
            needs_validation=True,
            label=label,
        )
    if name.startswith(ROWS_PREFIX):
        rows = _rows(name)
        return Target(
            name,
            f"{len(rows)} chosen rows: a negative μ means that removing the row lowers the loss on"
            " them.",
            suspicious_is_large=False,
            needs_validation=False,
            rows=rows,
        )
    raise FinineError(f"There is no target '{name}'.", f"Known: {FORMS}.")


def check_targets(names: Sequence[str], validation_rows: int) -> tuple[Target, ...]:
    """The targets called `names`, without repeats, in the given order.

    Raises:
        FinineError: an unknown name, none at all, or one that needs validation rows there are
            not.

    Examples:
        >>> [t.name for t in check_targets(["self", "self"], 0)]
        ['self']
    """
    if not names:
        raise FinineError("No target was given.", f"Known: {FORMS}.")
    chosen = tuple(target_named(name) for name in dict.fromkeys(names))
    for target in chosen:
        if target.needs_validation and validation_rows == 0:
            raise FinineError(
                f"Target '{target.name}' needs validation rows and there are none.",
                "Give a validation fraction above 0, a column or a file, or use target self only.",
            )
    return chosen


def row_targets(targets: Sequence[str]) -> tuple[str, ...]:
    """Those of the targets whose background differs from row to row.

    Examples:
        >>> row_targets(["self", "validation"])
        ('self',)
    """
    return tuple(name for name in targets if name == SELF.name)


def _rows(name: str) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for part in name.removeprefix(ROWS_PREFIX).split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise FinineError(
                f"Target '{name}': '{part}' is no row number or range of them.",
                "Write it like rows:3,17,40-45; row numbers count from 0.",
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first >= MOST_ROWS or len(found) + last - first >= MOST_ROWS:
            raise FinineError(
                f"Target '{name}': {part} is empty or makes more than {MOST_ROWS:,} rows.",
                "Use a validation split for so many rows, or a range that counts up.",
            )
        found |= dict.fromkeys(range(first, last + 1))
    return tuple(found)
