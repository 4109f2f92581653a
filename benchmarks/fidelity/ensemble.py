"""Many training runs at once: the same network, stacked, each with its own seed, rows and order.

Retraining 100 rows 64 times each is 6,400 runs. They are small, so they are trained side by side as
one batched matrix product a layer. A test holds one of them against `Trainer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from finine_core.training.models import model_kind
from finine_core.training.objectives import objective_named
from finine_core.training.settings import Settings
from finine_core.training.trainer import MOMENTUM

MODELS_AT_ONCE = 512  # their parameters and batches stay near the cache


@dataclass(frozen=True)
class Problem:
    """What is trained, and where the loss is looked at.

    Attributes:
        model: a kind of `finine_core.training.models`.
        x, y: training rows (n, d) and labels (n,); numbers to learn are (n, 1).
        test_x, test_y: rows whose losses are wanted besides (may be empty).
        settings: how to train; the seed is each run's own.
        objective: one of `finine_core.training.objectives`.
    """

    model: str
    x: NDArray[np.float32]
    y: NDArray[np.int64] | NDArray[np.float32]
    test_x: NDArray[np.float32]
    test_y: NDArray[np.int64] | NDArray[np.float32]
    settings: Settings
    objective: str = "cross_entropy"

    @property
    def outputs(self) -> int:
        """How many numbers the model says of a row."""
        classes = int(max(self.y.max(), self.test_y.max(initial=0))) + 1
        return objective_named(self.objective).outputs(classes)


@dataclass(frozen=True)
class Run:
    """One run: its seed, and which training rows it leaves out."""

    seed: int
    without: tuple[int, ...] = ()


def losses_after(problem: Problem, runs: Sequence[Run]) -> NDArray[np.float32]:
    """Every training and test row's loss at the end of every run, (runs, n + m)."""
    parts = []
    for start in range(0, len(runs), MODELS_AT_ONCE):
        parts.append(_train(problem, runs[start : start + MODELS_AT_ONCE]))
    return np.concatenate(parts)


def orders(problem: Problem, run: Run) -> list[NDArray[np.int64]]:
    """The rows in the order in which a run visits them, one array an epoch.

    As `Trainer` orders all rows; rows left out are taken out of that order, so that runs of one
    seed differ by them and by nothing else, and each run by itself is in uniform random order.
    """
    settings, rows = problem.settings, len(problem.y)
    kept = np.ones(rows, dtype=bool)
    kept[list(run.without)] = False
    found = []
    for epoch in range(settings.epochs):
        order = np.random.default_rng([run.seed, epoch]).permutation(rows)
        found.append(order[kept[order]])
    return found


def _train(problem: Problem, runs: Sequence[Run]) -> NDArray[np.float32]:
    settings, features = problem.settings, problem.x.shape[1]
    kind, loss = model_kind(problem.model), objective_named(problem.objective).loss
    skeleton = kind.seeded((features,), problem.outputs, 0)
    models: list[nn.Module] = [kind.seeded((features,), problem.outputs, run.seed) for run in runs]
    parameters, _ = stack_module_state(models)
    velocity = {name: torch.zeros_like(p) for name, p in parameters.items()}
    x, y = torch.from_numpy(problem.x), torch.from_numpy(problem.y)

    def outputs(given: dict[str, Tensor], inputs: Tensor) -> Tensor:
        return functional_call(skeleton, given, (inputs,))

    forward = vmap(outputs)
    seen = [orders(problem, run) for run in runs]
    for epoch in range(settings.epochs):
        mine = [torch.from_numpy(one[epoch]) for one in seen]
        longest = max(len(order) for order in mine)
        padded = torch.stack([nn.functional.pad(o, (0, longest - len(o)), value=-1) for o in mine])
        for start in range(0, longest, settings.batch_size):
            batch = padded[:, start : start + settings.batch_size]  # (M, b)
            present = (batch >= 0).float()
            rows = batch.clamp(min=0)
            found = forward(parameters, x[rows])  # (M, b, C)
            losses = loss(found.flatten(0, 1), y[rows].flatten(0, 1)).view_as(present)
            count = present.sum(dim=1)
            means = (losses * present).sum(dim=1) / count.clamp(min=1)
            gradients = torch.autograd.grad(means.sum(), list(parameters.values()))
            goes_on = count > 0  # a run whose rows have run out makes no step
            with torch.no_grad():
                for (name, p), g in zip(parameters.items(), gradients, strict=True):
                    old = velocity[name]
                    new = (MOMENTUM * old).add_(g).add_(p, alpha=settings.weight_decay)
                    if not bool(goes_on.all()):
                        mask = goes_on.view(-1, *[1] * (p.dim() - 1))
                        velocity[name] = torch.where(mask, new, old)
                        p.sub_(new * mask, alpha=settings.learning_rate)
                    else:
                        velocity[name] = new
                        p.sub_(new, alpha=settings.learning_rate)
    everywhere = torch.from_numpy(np.concatenate([problem.x, problem.test_x]))
    labels = torch.from_numpy(np.concatenate([problem.y, problem.test_y]))
    with torch.no_grad():
        found = vmap(outputs, in_dims=(0, None))(parameters, everywhere)  # (M, n + m, C)
        wanted = labels.repeat(len(runs), *[1] * (labels.dim() - 1))
        losses = loss(found.flatten(0, 1), wanted)
    return losses.view(len(runs), -1).numpy()
