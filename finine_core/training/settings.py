"""How to train, and how training goes: plain records that need no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How to train; every field is part of the run's identity."""

    epochs: int
    batch_size: int
    learning_rate: float
    optimizer: str
    weight_decay: float
    seed: int

    def steps_per_epoch(self, rows: int) -> int:
        """Optimiser steps in one epoch over `rows` rows (the last batch may be smaller)."""
        return math.ceil(rows / self.batch_size)


@dataclass(frozen=True)
class Progress:
    """How the model does after an epoch (1-based); validation figures are None without one.

    `loss` and `quality` (the objective's measure) are of the training rows as the epoch came by
    them, before each step.
    """

    epoch: int
    step: int
    loss: float
    quality: float
    validation_loss: float | None
    validation_quality: float | None
