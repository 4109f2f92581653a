"""What a signal of suspicion is: one number a row, large where the label looks wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.evidence import Evidence


@dataclass(frozen=True)
class Signal:
    """One signal.

    Attributes:
        name: the column in `suspicion.parquet`, in `scores` and in the app.
        question: what it answers, for a person.
        values: of the n rows of the evidence, NaN for those of which it says nothing; None when the
            evidence lacks what it is made of.
        weight: in the mean of signals.
    """

    name: str
    question: str
    values: Callable[[Evidence], NDArray[np.floating] | None]
    weight: float = 1.0
