"""What training makes small: add a file, then its line here."""

from __future__ import annotations

from finine_core.errors import FinineError
from finine_core.training.objectives.base import Objective
from finine_core.training.objectives.binary import MULTI_LABEL, ORDINAL
from finine_core.training.objectives.cross_entropy import BALANCED, CROSS_ENTROPY
from finine_core.training.objectives.squared import HUBER, SQUARED

OBJECTIVES: dict[str, Objective] = {
    one.name: one for one in (CROSS_ENTROPY, BALANCED, SQUARED, HUBER, MULTI_LABEL, ORDINAL)
}


def objective_named(name: str) -> Objective:
    """The registered objective called `name`.

    Raises:
        FinineError: no such objective; the known ones are named.

    Examples:
        >>> objective_named("squared").measure.name
        'rmse'
    """
    if name not in OBJECTIVES:
        raise FinineError(f"There is no objective '{name}'.", f"Known: {', '.join(OBJECTIVES)}.")
    return OBJECTIVES[name]


__all__ = ["OBJECTIVES", "Objective", "objective_named"]
