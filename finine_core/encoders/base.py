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
from finine_core.errors import FinineError


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


class Choice(Protocol):
    """One of several ways to turn texts, or images, into numbers, as a person chooses it."""

    @property
    def name(self) -> str:
        """The word in CLI, app and files; of a model in a folder, its path."""

    @property
    def description(self) -> str:
        """A few words for a person who chooses."""

    def problem(self) -> FinineError | None:
        """Why it cannot be used here, with what to do about it; None when it can."""

    def identity(self) -> str:
        """What its numbers depend on beside the data, as one word: its weights, for instance."""


class Encoder(Protocol):
    """One way to turn columns into numbers."""

    @property
    def name(self) -> str:
        """The name a person knows it by."""

    def columns(self, roles: Roles) -> tuple[str, ...]:
        """The columns it is responsible for."""

    def encode(self, dataset: Dataset, columns: Sequence[str], seed: int) -> Block:
        """Fit on the training part and encode both parts; d may be 0 if nothing varies."""
