"""A run's checkpoints: written now and then while it trains, so that a kill costs seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from finine_core.training.checkpoints import save_checkpoint
from finine_core.training.settings import Progress
from finine_core.training.trainer import Trainer

CHECKPOINT_SECONDS = 2.0  # between checkpoints, where the disk is quick: so much work is lost
CHECKPOINT_SHARE = 0.02  # of the time, at most, for writing them: 3 % are promised


class Kept(Protocol):
    """What is written beside a checkpoint."""

    def flush(self) -> None:
        """Bring it to disk."""


class Checkpoints:
    """Writes a checkpoint now and then, between two steps, and one at the end.

    Args:
        kept: what a run that goes on from a checkpoint has to find.
        between: whether a run could go on from here (`Recorder.between`).

    So often as CHECKPOINT_SECONDS say, and so seldom that all of them together take no more than
    CHECKPOINT_SHARE of the time, however slow the disk and large the run.
    """

    def __init__(
        self,
        path: Path,
        trainer: Trainer,
        kept: Sequence[Kept],
        between: Callable[[], bool] = lambda: True,
    ) -> None:
        self.path, self.trainer, self.kept, self._between = path, trainer, kept, between
        self._due = time.monotonic() + CHECKPOINT_SECONDS

    def before_step(self, step: int, batch: object, learning_rate: float) -> None:  # noqa: ARG002
        if time.monotonic() >= self._due and self._between():
            self.write()

    def after_epoch(self, progress: Progress) -> None:
        if progress.step == self.trainer.total_steps:
            self.write()

    def write(self) -> None:
        """Write one now."""
        started = time.monotonic()
        self.path.parent.mkdir(exist_ok=True)  # an error when the run's folder was deleted
        for one in self.kept:  # what was recorded before this step must not be younger than it
            one.flush()
        save_checkpoint(self.path, self.trainer.checkpoint())
        ended = time.monotonic()
        self._due = ended + max(CHECKPOINT_SECONDS, (ended - started) / CHECKPOINT_SHARE)
