"""Choosing the model and its epochs, where the person left them to us; before anything is recorded.

The choice is kept in run.json, so a resumed run does not choose again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from finine_core.encoders import Encoded
from finine_core.runs.config import Resolved
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs.progress import (
    EVENT_SECONDS,
    begin_phase,
    stop_if_cancelled,
    write_event,
)
from finine_core.runs.work.judged import Judged
from finine_core.training.selection import Tried, best_of, try_out
from finine_core.training.trainer import Trainer

CHOOSING = "choosing"  # the phase
MakeTrainer = Callable[[Encoded, Resolved], Trainer]


def choose_settings(
    folder: RunFolder,
    resolved: Resolved,
    encoded: Encoded,
    before: Judged | None,
    make: MakeTrainer,
) -> Resolved:
    """The settings with the model and the epochs that do best on held-out rows.

    Held-out rows weigh by how far their own label is trusted. Nothing is tried where there is
    nothing to choose.
    """
    if not resolved.undecided or folder.read().get("tried"):
        return resolved
    begin_phase(folder, CHOOSING)
    started = time.perf_counter()
    blind = replace(
        encoded, validation_x=encoded.validation_x[:0], validation_y=encoded.validation_y[:0]
    )
    trainers = {
        name: make(blind, resolved.model_copy(update={"model": name}))
        for name in resolved.candidates
    }
    first = next(iter(trainers.values()))
    weights = np.ones(len(encoded.validation_x)) if before is None else before.trust
    if not weights.any():
        weights = np.ones_like(weights)
    weighed = bool((weights < 1).any())  # held-out rows count as far as their label is trusted
    tried = try_out(
        trainers,
        _placed(encoded.validation_x, first),
        _placed(encoded.validation_y, first),
        weights,
        watch=_Progress(folder, list(trainers)),
        stop=resolved.early_stopping,
    )
    best = best_of(tried, weights)
    found = resolved.model_copy(update={"model": best.model})
    if resolved.early_stopping:
        found = found.model_copy(update={"epochs": best.epochs})
    folder.update(
        resolved=found.model_dump(mode="json"),
        tried=[
            _told(one) | {"measure": first.objective.measure.name, "weighed": weighed}
            for one in tried
        ],
        seconds_choosing=time.perf_counter() - started,
    )
    return found


def _placed(array: np.ndarray, beside: Trainer) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(beside.train_x.device)


def _told(one: Tried) -> dict[str, object]:
    """As run.json has it."""
    diverged = math.isinf(one.loss)
    return {
        "model": one.model,
        "epochs": one.epochs,
        "trained": one.trained,
        "loss": None if diverged else one.loss,
        "quality": None if diverged else one.quality,
    }


class _Progress:
    """Writes events, and stops a run that was cancelled."""

    def __init__(self, folder: RunFolder, models: list[str]) -> None:
        self.folder, self.models = folder, models
        self._last = -math.inf

    def __call__(self, model: str, epoch: int, epochs: int) -> None:
        stop_if_cancelled(self.folder)
        if time.monotonic() - self._last >= EVENT_SECONDS:
            self._last = time.monotonic()
            done = self.models.index(model) * epochs + epoch
            write_event(self.folder, phase=CHOOSING, step=done, steps=len(self.models) * epochs)
