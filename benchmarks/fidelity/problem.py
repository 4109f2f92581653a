"""The problem that truth is affordable for: 500 of scikit-learn's digits, 15 % of labels flipped.

Everything else is a run's default (`RunConfig`): the `mlp` or `logistic` model, SGD with momentum,
batch 32, 40 epochs, light weight decay. The other 1,297 digits are the validation rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from ensemble import Problem
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from finine_core.influence import SignalPlan, SignalStore, SignalWriter, row_targets
from finine_core.influence.probe import PROBE_ROWS
from finine_core.influence.recorder import Recorder, recorded_steps
from finine_core.runs.config import AUTO_EPOCHS, WEIGHT_DECAY
from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer, predict

ROWS, FLIPS, CLASSES = 500, 0.15, 10
BATCH, RECORDED = 32, 32  # the defaults of a run
TARGETS = ("self", "validation")


@dataclass(frozen=True)
class Digits:
    """A problem, and which of its training labels were changed, by us."""

    problem: Problem
    flipped: NDArray[np.bool_]


def digits(model: str, epochs: int = AUTO_EPOCHS[1], rows: int = ROWS, seed: int = 0) -> Digits:
    """The data depend on `seed` and `rows` alone."""
    x, y = load_digits(return_X_y=True)
    random = np.random.default_rng(seed)
    order = random.permutation(len(y))
    x, y = (x[order] / 16).astype(np.float32), y[order].astype(np.int64)
    train_y = y[:rows].copy()
    flipped = np.zeros(rows, dtype=bool)
    flipped[random.choice(rows, int(FLIPS * rows), replace=False)] = True
    train_y[flipped] = (train_y[flipped] + random.integers(1, CLASSES, flipped.sum())) % CLASSES
    settings = Settings(
        epochs, BATCH, model_kind(model).learning_rates["sgd"], "sgd", WEIGHT_DECAY, 0
    )
    return Digits(Problem(model, x[:rows], train_y, x[rows:], y[rows:], settings), flipped)


@dataclass(frozen=True)
class Recorded:
    """One recorded run: its signals, and the final loss of every training row."""

    store: SignalStore
    final_losses: NDArray[np.float32]


def recorded(problem: Problem, seed: int, folder: Path) -> Recorded:
    """Train once, as the worker does, with the recorder on."""
    settings = replace(problem.settings, seed=seed)
    model = model_kind(problem.model).seeded(problem.x.shape[1], problem.classes, seed)
    arrays = (problem.x, problem.y, problem.test_x, problem.test_y)
    trainer = Trainer(model, *(torch.from_numpy(one) for one in arrays), settings)
    per_epoch = settings.steps_per_epoch(trainer.rows)
    short = per_epoch if trainer.rows % BATCH else None
    plan = SignalPlan(
        rows=trainer.rows,
        steps=recorded_steps(trainer.total_steps, RECORDED, short),
        total_steps=trainer.total_steps,
        epochs=settings.epochs,
        batch_size=BATCH,
        probe_rows=PROBE_ROWS,
        targets=TARGETS,
        row_targets=row_targets(TARGETS),
    )
    writer = SignalWriter(folder, plan)
    trainer.run([Recorder(trainer, writer)])
    writer.flush()
    final = trainer.loss(predict(trainer.model, trainer.train_x), trainer.train_y)
    return Recorded(SignalStore(folder), final.numpy())
