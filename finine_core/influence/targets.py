"""What influence is measured on: the row itself, or the validation set.

A target fixes the test statistic of the hypothesis test (DESIGN §1.1) and which end of the
ranking is suspicious.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finine_core.errors import FinineError


@dataclass(frozen=True)
class Target:
    """One choice of `--target`.

    Attributes:
        name: the word in CLI, app and files.
        description: one sentence for a person.
        suspicious_is_large: whether rank 1 is the largest μ (else the smallest).
        needs_validation: whether a run without validation rows cannot have it.
    """

    name: str
    description: str
    suspicious_is_large: bool
    needs_validation: bool


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


def check_targets(names: Sequence[str], validation_rows: int) -> tuple[Target, ...]:
    """The targets called `names`, without repeats, in the given order.

    Raises:
        FinineError: an unknown name, none at all, or one that needs validation rows there are
            not.

    Examples:
        >>> [t.name for t in check_targets(["self", "self"], 0)]
        ['self']
    """
    unknown = [name for name in names if name not in TARGETS]
    if unknown or not names:
        raise FinineError(
            f"There is no target '{unknown[0]}'." if unknown else "No target was given.",
            f"Known: {', '.join(TARGETS)}.",
        )
    chosen = tuple(TARGETS[name] for name in dict.fromkeys(names))
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
