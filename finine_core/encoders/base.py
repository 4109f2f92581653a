"""What every encoder has in common.

An encoder turns some columns of a dataset into numbers, fitted on the training rows only, and
gives a `Block`: the same columns of numbers for both parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from finine_core.dataset.dataset import Dataset
from finine_core.dataset.roles import Roles


@dataclass(frozen=True, eq=False)
class Block:
    """Some encoded columns.

    Attributes:
        train: (n, d) float64.
        validation: (m, d) float64.
        names: d feature names.
        sources: d names of the columns they came from, for error messages.
    """

    train: np.ndarray
    validation: np.ndarray
    names: tuple[str, ...]
    sources: tuple[str, ...]


class Encoder(Protocol):
    """One way to turn columns into numbers."""

    @property
    def name(self) -> str:
        """The name a person knows it by."""

    def columns(self, roles: Roles) -> tuple[str, ...]:
        """The columns it is responsible for."""

    def encode(self, dataset: Dataset, columns: Sequence[str], seed: int) -> Block:
        """Fit on the training part and encode both parts; d may be 0 if nothing varies."""
