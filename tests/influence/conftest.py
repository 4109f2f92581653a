"""A small real training run, recorded, with every step's parameters kept for checking."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from finine_core.influence import SignalStore, SignalWriter, carrying, drawn
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.recording import buffer
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer

ROWS, HELD_OUT, FEATURES, CLASSES = 60, 10, 5, 3


class KeepParameters:
    """Copies the parameters before every step."""

    def __init__(self, model):
        self.model, self.at = model, {}

    def before_step(self, step, batch, learning_rate):
        copies = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.at[step] = (copies, batch.copy(), learning_rate)

    def after_epoch(self, progress):
        pass


def small_trainer(
    *,
    objective=None,
    optimizer="sgd",
    targets=None,
    dtype=torch.float64,
    features=FEATURES,
    there=1.0,
):
    """Of a small network; 60 rows in batches of 8, so that the last of an epoch has 4.

    Args:
        there: share of the inputs that are not zero.
    """
    random = np.random.default_rng(3)
    x = torch.from_numpy(random.normal(size=(ROWS + HELD_OUT, features)))
    x *= torch.from_numpy(random.random(x.shape) < there)
    noisy = x[:, :CLASSES] + 0.5 * torch.from_numpy(random.normal(size=(len(x), CLASSES)))
    y = noisy.argmax(dim=1) if targets is None else targets(noisy)
    y = y.to(dtype) if y.is_floating_point() else y
    outputs = 1 if objective is not None and objective.name == "squared" else CLASSES
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(features, 8), nn.Tanh(), nn.Linear(8, outputs)).to(dtype)
    x = x.to(dtype)
    settings = Settings(4, 8, 0.05, optimizer, 1e-3, seed=5)
    return Trainer(model, x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:], settings, objective)


def record(
    trainer,
    folder,
    *,
    shared=None,
    window_steps=None,
    epochs=None,
    together=10**9,
    directions=None,
    curvature_rows=None,
):
    """Train and record; gives what was kept of it.

    Args:
        window_steps: in a window, at most.
        together: steps that are worked off at once: all of a window, or one.
        directions, curvature_rows: in place of those that a run takes.
    """
    curvature_rows = min(curvature_rows or carrying.CURVATURE_ROWS, ROWS)
    directions = directions or carrying.kept_directions(curvature_rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carrying, "kept_directions", lambda rows: directions)  # noqa: ARG005
        patch.setattr(drawn, "curvature_rows", lambda steps: curvature_rows)  # noqa: ARG005
        if together == 1:
            patch.setattr(buffer, "BUFFER_BYTES", 1)
        targets = ("self", "validation", *(shared or {}))
        plan = plan_for(trainer, targets, epochs)
        if window_steps:
            plan = replace(plan, window_steps=window_steps)
        writer, kept = SignalWriter(folder, plan), KeepParameters(trainer.model)
        trainer.run([Recorder(trainer, writer, shared), kept])
        writer.flush()
    return SimpleNamespace(
        trainer=trainer,
        plan=plan,
        kept=kept,
        store=SignalStore(folder),
        directions=directions,
        curvature_rows=curvature_rows,
        together=together,
    )
