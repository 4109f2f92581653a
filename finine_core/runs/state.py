"""The states of a run, and what an onlooker is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from finine_core.measures import ACCURACY, Measure


class State(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    DONE = "done"

    @property
    def verb(self) -> str:
        """What the run did, in a sentence: "failed", "was cancelled".

        Examples:
            >>> State.FAILED.verb, State.CANCELLED.verb
            ('failed', 'was cancelled')
        """
        return self.value if self is State.FAILED else f"was {self.value}"

    @property
    def over(self) -> bool:
        """Whether no worker is at it and none will be unless asked."""
        return self in (State.CANCELLED, State.FAILED, State.INTERRUPTED, State.DONE)


@dataclass(frozen=True)
class Status:
    """A run as seen now.

    Attributes:
        state: stored state, corrected by whether the worker is alive.
        message: why it failed or stopped, else empty.
        ahead: runs that a queued one waits for; 0 when it is its turn.
        part, parts: with folds, which of how many trainings it is at.
        phase: reading, encoding, embedding, judging, choosing, training, auxiliary, scoring; empty
            before the first event.
        step, steps: optimiser steps done and in all, or texts while they are embedded.
        epoch, epochs: likewise.
        measure: what `quality` is of the model.
        loss, quality: on the training rows, as they were learned in the last complete epoch.
        validation_loss, validation_quality: after the last complete epoch.
        eta_seconds: expected time to the end, once it can be told.
    """

    state: State
    message: str = ""
    ahead: int = 0
    phase: str = ""
    part: int = 1
    parts: int = 1
    step: int = 0
    steps: int = 0
    epoch: int = 0
    epochs: int = 0
    loss: float | None = None
    measure: Measure = ACCURACY
    quality: float | None = None
    validation_loss: float | None = None
    validation_quality: float | None = None
    eta_seconds: float | None = None
