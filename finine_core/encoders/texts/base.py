"""What every text encoder has in common: texts in, one vector of numbers for each of them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from finine_core.encoders.base import Choice

# Called with how many texts are encoded and how many there are; may raise to stop.
Watch = Callable[[int, int], None]
# (n, d) and (m, d) float64, of training and held-out texts; centred on the training texts.
Features = tuple[np.ndarray, np.ndarray]


def watch_nothing(done: int, total: int) -> None:
    """Nobody looks."""


class TextEncoder(Choice, Protocol):
    """One choice of `--text-encoder`."""

    def features(
        self,
        texts: list[str],
        held_out: list[str],
        *,
        limit: int,
        seed: int,
        watch: Watch = watch_nothing,
    ) -> Features | None:
        """Numbers for the training and the held-out texts, fitted on the training texts only.

        Args:
            limit: of columns, for an encoder that can choose how many it gives.

        Returns:
            None when all training texts come to the same.
        """
