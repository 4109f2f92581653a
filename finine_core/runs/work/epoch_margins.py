"""How sure was the model of each training row's label, epoch by epoch?

Each row's margin and loss where it takes part, before the step changes the model, are kept in
`signals/margins.npy` and `signals/epoch_losses.npy`. The mean margin over the epochs is the AUM of
Pleiss, Zhang, Elenberg and Weinberger (2020), who take it at the same place.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finine_core.influence.signal_writer import kept_array, made_array
from finine_core.influence.signals import EPOCH_LOSSES
from finine_core.training.settings import Progress
from finine_core.training.trainer import Learned, Trainer

MARGINS, LOSSES = "margins.npy", f"{EPOCH_LOSSES}.npy"
SMALLEST = 1e-30  # a probability below is as good as none; keeps margins finite
MOST_EPOCHS = 20  # looked at: of a long run the mean hardly moves with more
TOGETHER = 2**18  # outputs whose margins are taken at once: a few MB, however many classes


def looked_at(epochs: int, most: int = MOST_EPOCHS) -> tuple[int, ...]:
    """Which epochs (1, 2, …) are looked at, evenly spread, the last among them.

    Examples:
        >>> looked_at(4), looked_at(40, most=10)
        ((1, 2, 3, 4), (4, 8, 12, 16, 20, 24, 28, 32, 36, 40))
    """
    count = min(epochs, most)
    return tuple(round((k + 1) * epochs / count) for k in range(count))


class EpochMargins:
    """Watches a run and writes both files; of a resumed one it goes on in them.

    Without classes there are losses alone.

    Args:
        folder: of the signals; it is there.
        margins: whether there are classes.

    Raises:
        FinineError: the run is resumed, and a file is not (wholly) there.
    """

    def __init__(self, folder: Path, trainer: Trainer, *, margins: bool) -> None:
        self.trainer = trainer
        self._line = {epoch - 1: k for k, epoch in enumerate(looked_at(trainer.settings.epochs))}
        self._per_epoch = trainer.settings.steps_per_epoch(trainer.rows)
        self._losses = _array(folder / LOSSES, trainer, new=trainer.step == 0)
        self._margins = None
        if margins:
            self._margins = _array(folder / MARGINS, trainer, new=trainer.step == 0)
        # Rows, losses and outputs of steps; not their inputs, which may be large.
        self._waiting: list[tuple[NDArray[np.int64], Tensor, Tensor]] = []
        self._at = 0  # the line of these steps

    def before_step(self, step: int, batch: object, learning_rate: float) -> None:
        """Nothing to do: the rows have not run yet."""

    def learned(self, one: Learned) -> None:
        """Keep what the step's rows had."""
        line = self._line.get(one.step // self._per_epoch)
        if line is not None:
            self._at = line
            self._waiting.append((one.batch, one.losses, one.outputs))
            if len(self._waiting) * one.outputs.numel() >= TOGETHER:
                self._write()

    def after_epoch(self, progress: Progress) -> None:  # noqa: ARG002
        """Write what is left of the epoch's steps."""
        self._write()

    def flush(self) -> None:
        """Bring everything so far to disk (before a checkpoint refers to it)."""
        self._write()
        for array in (self._losses, self._margins):
            if array is not None:
                array.flush()

    def _write(self) -> None:
        if not self._waiting:
            return
        (batches, losses, outputs), self._waiting = zip(*self._waiting, strict=True), []
        line, rows = self._at, np.concatenate(batches)
        self._losses[line, rows] = torch.cat(losses).float().cpu().numpy()
        if self._margins is not None:
            chances = self.trainer.objective.chances(torch.cat(outputs))
            if chances is not None:
                labels = self.trainer.train_y[rows]
                self._margins[line, rows] = margins_of(chances, labels).float().cpu().numpy()


def margins_of(chances: Tensor, labels: Tensor) -> Tensor:
    """log p of each row's label less that of the likeliest other, (n,).

    Examples:
        >>> margins_of(torch.tensor([[0.8, 0.2], [0.5, 0.5]]), torch.tensor([0, 1])).exp().round()
        tensor([4., 1.], dtype=torch.float64)
    """
    logs = chances.double().clamp(min=SMALLEST).log()
    own = logs.gather(1, labels[:, None])[:, 0]
    return own - logs.scatter(1, labels[:, None], -np.inf).amax(dim=1)


def mean_margins(folder: Path) -> NDArray[np.float64] | None:
    """The mean margin over the epochs of each training row, shape (n,); None without any."""
    path = folder / MARGINS
    if not path.exists():
        return None
    found: NDArray[np.float64] = np.load(path, allow_pickle=False).mean(axis=0, dtype=np.float64)
    return found


def early_losses(folder: Path) -> NDArray[np.float64]:
    """The mean loss over the first quarter of the epochs, at least one, shape (n,).

    What is learned late, or by heart, has a large one (Arpit et al. 2017).
    """
    losses = np.load(folder / LOSSES, mmap_mode="r", allow_pickle=False)
    found: NDArray[np.float64] = losses[: max(1, len(losses) // 4)].mean(axis=0, dtype=np.float64)
    return found


def times_forgotten(folder: Path) -> NDArray[np.float64] | None:
    """How often a row that was right in one epoch was wrong in the next, shape (n,).

    The forgetting events of Toneva et al. (2019), in the epochs that are looked at; NaN where it
    was right in none of them, and so was never learned; None without classes.
    """
    path = folder / MARGINS
    if not path.exists():
        return None
    right = np.load(path, mmap_mode="r", allow_pickle=False) > 0
    lost: NDArray[np.float64] = (right[:-1] & ~right[1:]).sum(axis=0, dtype=np.float64)
    return np.where(right.any(axis=0), lost, np.nan)


def check_kept(folder: Path, trainer: Trainer, *, margins: bool) -> None:
    """Refuse to go on with a run some of whose margins are gone: they would count as 0.

    Raises:
        FinineError: a file is missing, damaged or of another shape.
    """
    for name in (LOSSES, MARGINS) if margins else (LOSSES,):
        _array(folder / name, trainer, new=False)


def _array(path: Path, trainer: Trainer, *, new: bool) -> np.memmap:
    """A line an epoch, with room on the disk for all of them."""
    shape = (len(looked_at(trainer.settings.epochs)), trainer.rows)
    return (made_array if new else kept_array)(path, shape, np.float32)
