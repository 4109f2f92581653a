"""One deterministic training run.

Takes encoded rows, a model and settings; trains by minibatch SGD with momentum or Adam, and lets
observers look at the parameters before each step (the recorder does) and after each epoch
(progress, checkpoints). The same seed gives the same run, bit for bit, also across a resume:
epoch e visits the rows in an order that depends on (seed, e) alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from finine_core.errors import FinineError
from finine_core.training.checkpoints import Checkpoint, EpochSoFar, checkpoint_of
from finine_core.training.objectives import Objective, objective_named
from finine_core.training.settings import Progress, Settings

MOMENTUM = 0.9  # the usual value; the paper's runs use SGD with momentum as well
PREDICT_ROWS = 8192  # rows a forward pass takes at once when nothing is learnt
PREDICT_IMAGES = 512  # the same of images, whose layers give many more numbers than they take


class Observer(Protocol):
    """Watches a run; every method may raise to stop it.

    One that is a context manager is entered for as long as the run goes on.
    """

    def before_step(self, step: int, batch: NDArray[np.int64], learning_rate: float) -> None:
        """Called with the parameters that step `step` will change, and its batch's rows."""

    def after_epoch(self, progress: Progress) -> None:
        """Called when an epoch is complete."""


@dataclass(frozen=True)
class Learned:
    """A step that has come back, before it changes the parameters.

    Attributes:
        step: its number.
        batch: the rows it learns from.
        inputs, losses, outputs: of these rows.
    """

    step: int
    batch: NDArray[np.int64]
    inputs: Tensor
    losses: Tensor
    outputs: Tensor


@runtime_checkable
class StepObserver(Protocol):
    """An observer that also looks at steps from within."""

    def learned(self, one: Learned) -> None:
        """Called when the gradients have come back, before the parameters change."""


class Trainer:
    """A model in training, with its data and optimiser.

    Args:
        model: on the device of the tensors.
        train_x, train_y: n inputs and their targets, as the objective takes them.
        validation_x, validation_y: m inputs and targets; m may be 0.
        settings: how to train.
        objective: what is made small, fitted to the training targets.

    Attributes:
        initial_variance: of the model's parameters about the means of their tensors, as given: what
            another seed would have drawn anew.
    """

    def __init__(
        self,
        model: nn.Module,
        train_x: Tensor,
        train_y: Tensor,
        validation_x: Tensor,
        validation_y: Tensor,
        settings: Settings,
        objective: Objective | None = None,
    ) -> None:
        self.model = model
        self.train_x, self.train_y = train_x, train_y
        self.validation_x, self.validation_y = validation_x, validation_y
        self.settings = settings
        self.objective = objective or objective_named("cross_entropy")
        self.loss = self.objective.loss
        self.optimizer = _optimizer(model, settings)
        self.initial_variance = _variance(model)
        self.step = 0
        self._begin_epoch(EpochSoFar())

    @property
    def rows(self) -> int:
        """Training rows n."""
        return len(self.train_x)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run, T_total."""
        return self.settings.epochs * self.settings.steps_per_epoch(self.rows)

    @property
    def convex(self) -> bool:
        """Whether the loss is convex in the parameters: a registered one of one linear layer."""
        return isinstance(self.model, nn.Linear) and self.objective.carried

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint instead of from the start."""
        checkpoint.restore(self.model, self.optimizer)
        self.step = checkpoint.step
        self._begin_epoch(checkpoint.epoch)

    def checkpoint(self) -> Checkpoint:
        """All that `restore` needs to go on from here, bit for bit."""
        epoch = EpochSoFar(tuple(self._losses), self._seen, float(self._points))
        return checkpoint_of(self.step, self.model, self.optimizer, epoch)

    def run(self, observers: Sequence[Observer] = ()) -> None:
        """Train to the end.

        Raises:
            FinineError: the loss stops being finite; the step is named.
        """
        per_epoch = self.settings.steps_per_epoch(self.rows)
        if self.step == 0:  # else they went on from the checkpoint: what a dropout layer draws
            torch.manual_seed(self.settings.seed)
        with ExitStack() as watching:
            for one in observers:
                if isinstance(one, AbstractContextManager):
                    watching.enter_context(one)
            self._run(observers, per_epoch)

    def _run(self, observers: Sequence[Observer], per_epoch: int) -> None:
        within = [one for one in observers if isinstance(one, StepObserver)]
        while self.step < self.total_steps:
            epoch = self.step // per_epoch
            if self.step % per_epoch == 0:
                self._begin_epoch(EpochSoFar())
            for batch in self._batches(epoch, self.step % per_epoch):
                for observer in observers:
                    observer.before_step(self.step, batch, self.settings.learning_rate)
                loss, points = self._one_step(batch, within)
                self._losses.append(loss)
                self._seen += len(batch)
                self._points += points
                self.step += 1
            quality = self.objective.quality(float(self._points) / self._seen)
            progress = self._progress(epoch + 1, float(np.mean(self._losses)), quality)
            for observer in observers:
                observer.after_epoch(progress)

    def _begin_epoch(self, so_far: EpochSoFar) -> None:
        self._losses, self._seen = list(so_far.losses), so_far.seen
        # on the device, where nobody waits for it
        self._points = torch.tensor(so_far.points, dtype=torch.float64, device=self.train_x.device)

    def _batches(self, epoch: int, skip: int) -> Iterator[NDArray[np.int64]]:
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(self.rows)
        size = self.settings.batch_size
        for start in range(skip * size, self.rows, size):
            yield order[start : start + size]

    def _one_step(
        self, batch: NDArray[np.int64], within: Sequence[StepObserver]
    ) -> tuple[float, Tensor]:
        """Learn from a batch; gives its loss, and the points that its rows had before."""
        self.model.train()
        rows = torch.from_numpy(batch).to(self.train_x.device)
        self.optimizer.zero_grad(set_to_none=True)
        inputs, labels = self.train_x[rows], self.train_y[rows]
        outputs = self.model(inputs)
        losses = self.loss(outputs, labels)
        loss = losses.mean()
        value = float(loss.detach())
        self._require_finite(value, "loss")
        loss.backward()
        for observer in within:
            observer.learned(Learned(self.step, batch, inputs, losses.detach(), outputs.detach()))
        self.optimizer.step()
        return value, self.objective.points(outputs.detach(), labels).sum()

    def _require_finite(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            raise FinineError(
                f"Training diverged: the {what} is {value} at step {self.step} of"
                f" {self.total_steps}.",
                f"Lower the learning rate (now {self.settings.learning_rate:g}).",
            )

    def quality(self, outputs: Tensor, targets: Tensor) -> float:
        """The objective's measure of some rows' outputs."""
        return self.objective.quality(float(self.objective.points(outputs, targets).mean()))

    def _progress(self, epoch: int, loss: float, quality: float) -> Progress:
        if len(self.validation_x) == 0:
            return Progress(epoch, self.step, loss, quality, None, None)
        outputs = predict(self.model, self.validation_x)
        validation_loss = float(self.loss(outputs, self.validation_y).mean())
        self._require_finite(validation_loss, "validation loss")
        held_out = self.quality(outputs, self.validation_y)
        return Progress(epoch, self.step, loss, quality, validation_loss, held_out)


def predict(model: nn.Module, inputs: Tensor) -> Tensor:
    """The model's outputs in eval mode, without gradients, a bounded number of rows at a time."""
    model.eval()
    rows = PREDICT_ROWS if inputs.ndim == 2 else PREDICT_IMAGES
    with torch.no_grad():
        return torch.cat([model(part) for part in inputs.split(rows)])


def _variance(model: nn.Module) -> float:
    """Mean over all trained numbers of their squared distance from the mean of their tensor."""
    trained = [p.detach() for p in model.parameters() if p.requires_grad]
    squares = sum(float((p - p.mean()).square().sum()) for p in trained)
    return squares / max(1, sum(p.numel() for p in trained))


def _optimizer(model: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            model.parameters(),
            lr=settings.learning_rate,
            momentum=MOMENTUM,
            weight_decay=settings.weight_decay,
        )
    if settings.optimizer == "adam":
        return torch.optim.Adam(
            model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
    raise FinineError(f"There is no optimiser '{settings.optimizer}'.", "Known: sgd, adam.")
