"""Which model, and how many epochs? The loss on held-out rows says, in trainings not recorded.

Early stopping (Prechelt 1998): each candidate is trained until its held-out loss has not become
less for a while; the epoch with the least is its best. Where the epochs are given, each is trained
so many. The first candidate stays, unless another is right on more rows by more than a standard
error of the difference, or, where neither is, has a smaller loss by more than one: an unfinished
training can have a large loss and yet rank its answers well. That counts where the loss is plain
cross-entropy; any other loss says itself what matters. A training of the chosen model with the same
seed and so many epochs is then, step by step, the one that was tried.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from finine_core.errors import FinineError
from finine_core.training.settings import Progress
from finine_core.training.trainer import Trainer, predict

# Epochs without a better one after which it is ended: a share of the most, within these. With less,
# a few unlucky epochs end it.
PATIENCE_SHARE, LEAST_PATIENCE, MOST_PATIENCE = 0.25, 3, 10
# A run has at least so many epochs and steps, or chance decides what is learned last: of a table of
# 190 rows μ self of two seeds correlated at .28 (logistic) and .55 (mlp) after 24 steps, and at .99
# and .93 after 72.
LEAST_EPOCHS, LEAST_STEPS = 3, 100
PLAIN = "cross_entropy"  # the loss for which a row is simply right or wrong
BEYOND = 1.0  # standard errors by which another candidate must be better than the first

Watch = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Tried:
    """A candidate, trained.

    Attributes:
        model: its name.
        epochs: the best number of them.
        trained: how many it was trained.
        loss: weighted mean over the held-out rows after the best epoch; infinite when it diverged.
        quality: the objective's measure there, every row alike.
        losses: of the held-out rows after the best epoch, shape (m,); empty when it diverged.
        right: whether the rows are, as 0 or 1, shape (m,); None where the loss alone decides.
    """

    model: str
    epochs: int
    trained: int
    loss: float
    quality: float
    losses: NDArray[np.floating]
    right: NDArray[np.floating] | None = None


class _Enough(Exception):  # noqa: N818  it is no error
    """Raised to end a training that no longer gets better."""


class _Watcher:
    """Keeps the best epoch of a training, and ends it when there is no better for a while."""

    def __init__(
        self,
        model: str,
        trainer: Trainer,
        inputs: Tensor,
        targets: Tensor,
        weights: NDArray[np.floating],
        *,
        stop: bool,
        watch: Callable[[int, int], None] | None,
    ) -> None:
        self.model, self.trainer, self.inputs, self.targets = model, trainer, inputs, targets
        self.weights, self.watch = weights, watch
        most, per_epoch = trainer.settings.epochs, trainer.total_steps // trainer.settings.epochs
        patience = math.ceil(PATIENCE_SHARE * most)
        self.patience = min(max(LEAST_PATIENCE, patience), MOST_PATIENCE)
        least = max(LEAST_EPOCHS, math.ceil(LEAST_STEPS / max(per_epoch, 1)))
        self.least = min(most, least) if stop else most
        self.best: Tried | None = None
        self.trained = 0

    def before_step(self, step: int, batch: NDArray[np.int64], learning_rate: float) -> None:
        """Nothing to do: losses are taken between epochs."""

    def after_epoch(self, progress: Progress) -> None:
        self.trained = progress.epoch
        if self.watch is not None:
            self.watch(progress.epoch, self.trainer.settings.epochs)
        if progress.epoch < self.least:
            return
        outputs = predict(self.trainer.model, self.inputs)
        losses = self.trainer.loss(outputs, self.targets).double().cpu().numpy()
        loss = float(np.average(losses, weights=self.weights))
        if not math.isfinite(loss):
            raise FinineError(
                f"Training diverged: the loss on held-out rows is {loss} after epoch"
                f" {progress.epoch}.",
                f"Lower the learning rate (now {self.trainer.settings.learning_rate:g}).",
            )
        if self.best is None or loss < self.best.loss:
            objective = self.trainer.objective
            points = objective.points(outputs, self.targets).double().cpu().numpy()
            quality = objective.quality(float(points.mean()))
            right = points if objective.name == PLAIN else None
            self.best = Tried(self.model, progress.epoch, 0, loss, quality, losses, right)
        elif progress.epoch - self.best.epochs >= self.patience:
            raise _Enough


def try_out(
    trainers: Mapping[str, Trainer],
    inputs: Tensor,
    targets: Tensor,
    weights: NDArray[np.floating],
    watch: Watch | None = None,
    *,
    stop: bool = True,
) -> list[Tried]:
    """Train each candidate, at most as many epochs as the settings say.

    Args:
        trainers: by the model's name, with no held-out rows of their own; at the start.
        inputs, targets: the m held-out rows.
        weights: how far each of them counts, shape (m,), not all 0.
        watch: called after each epoch with the model, the epoch and the most epochs; may raise.
        stop: whether epochs are chosen; else each is trained as many as the settings say.

    Raises:
        FinineError: every candidate diverged.
    """
    found: list[Tried] = []
    problem: FinineError | None = None
    for model, trainer in trainers.items():
        seen = _Watcher(
            model,
            trainer,
            inputs,
            targets,
            weights,
            stop=stop,
            watch=None if watch is None else partial(watch, model),
        )
        try:
            trainer.run([seen])
        except _Enough:
            pass
        except FinineError as error:  # it diverged: what it was before counts, or another may not
            problem = error
        if seen.best is None:
            found.append(Tried(model, 0, seen.trained, math.inf, math.nan, np.empty(0)))
            continue
        found.append(replace(seen.best, trained=seen.trained))
    if problem is not None and all(math.isinf(one.loss) for one in found):
        raise problem
    return found


def best_of(tried: list[Tried], weights: NDArray[np.floating]) -> Tried:
    """The first, or another that is better by more than a standard error.

    Args:
        weights: as in `try_out`.

    Examples:
        >>> rows = np.array([1.0, 1.1, 0.9, 1.0])
        >>> first = Tried("mlp", 4, 9, 1.0, 0.5, rows)
        >>> better = Tried("logistic", 6, 9, 0.8, 0.5, rows - 0.2)
        >>> luck = Tried("logistic", 6, 9, 0.95, 0.5, rows * np.array([0, 2, 0, 1.8]))
        >>> best_of([first, better], np.ones(4)).model, best_of([first, luck], np.ones(4)).model
        ('logistic', 'mlp')
    """
    best = tried[0]
    for other in tried[1:]:
        if math.isinf(other.loss):
            continue
        if math.isinf(best.loss):
            best = other
            continue
        better = 0
        if best.right is not None and other.right is not None:
            better = _sign(other.right - best.right, weights)
        if (better or _sign(best.losses - other.losses, weights)) > 0:
            best = other
    return best


def _sign(apart: NDArray[np.floating], weights: NDArray[np.floating]) -> int:
    """1 or −1 where the weighted mean of (m,) differences is beyond its standard error, else 0."""
    mean = float(np.average(apart, weights=weights))
    error = float(np.sqrt(np.sum(np.square(weights * (apart - mean)))) / np.sum(weights))
    return 0 if abs(mean) <= BEYOND * error else int(np.sign(mean))
