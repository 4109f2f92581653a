"""How sure was the model of each training row's label, epoch by epoch?

After an epoch all training rows are run forward once; margin and loss of each are kept in
`signals/margins.npy` and `signals/epoch_losses.npy`. The mean margin over the epochs is the AUM of
Pleiss, Zhang, Elenberg and Weinberger (2020).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.signal_writer import kept_array, made_array
from finine_core.training.settings import Progress
from finine_core.training.trainer import Trainer, predict

MARGINS, LOSSES = "margins.npy", "epoch_losses.npy"
SMALLEST = 1e-30  # a probability below is as good as none; keeps margins finite
# Epochs looked at: of a long run the mean hardly moves with more, and each costs a pass forward.
MOST_EPOCHS = 10


def looked_at(epochs: int, most: int = MOST_EPOCHS) -> tuple[int, ...]:
    """Which epochs' ends are looked at, evenly spread, the last among them.

    Examples:
        >>> looked_at(4), looked_at(40)
        ((1, 2, 3, 4), (4, 8, 12, 16, 20, 24, 28, 32, 36, 40))
    """
    count = min(epochs, most)
    return tuple(round((k + 1) * epochs / count) for k in range(count))


class EpochMargins:
    """Watches a run of a classifier and writes both files; of a resumed one it goes on in them.

    Args:
        folder: of the signals; it is there.

    Raises:
        FinineError: the run is resumed, and a file is not (wholly) there.
    """

    def __init__(self, folder: Path, trainer: Trainer) -> None:
        self.trainer = trainer
        self._line = {epoch: k for k, epoch in enumerate(looked_at(trainer.settings.epochs))}
        self._margins, self._losses = _arrays(folder, trainer, new=trainer.step == 0)

    def before_step(self, step: int, batch: object, learning_rate: float) -> None:
        """Nothing to do: margins are a matter of epochs."""

    def after_epoch(self, progress: Progress) -> None:
        """Write the epoch's line."""
        if progress.epoch not in self._line:
            return
        line = self._line[progress.epoch]
        outputs = predict(self.trainer.model, self.trainer.train_x)
        chances = self.trainer.objective.chances(outputs)
        if chances is None:
            return
        logs = chances.double().clamp(min=SMALLEST).log()
        own = logs.gather(1, self.trainer.train_y[:, None])[:, 0]
        others = logs.scatter(1, self.trainer.train_y[:, None], -np.inf).amax(dim=1)
        self._margins[line] = (own - others).float().cpu().numpy()
        self._losses[line] = (-own).float().cpu().numpy()
        self._margins.flush()
        self._losses.flush()


def mean_margins(folder: Path) -> NDArray[np.float64] | None:
    """The mean margin over the epochs of each training row, shape (n,); None without any."""
    path = folder / MARGINS
    if not path.exists():
        return None
    found: NDArray[np.float64] = np.load(path, allow_pickle=False).mean(axis=0, dtype=np.float64)
    return found


def check_kept(folder: Path, trainer: Trainer) -> None:
    """Refuse to go on with a run some of whose margins are gone: they would count as 0.

    Raises:
        FinineError: a file is missing, damaged or of another shape.
    """
    _arrays(folder, trainer, new=False)


def _arrays(folder: Path, trainer: Trainer, *, new: bool) -> tuple[np.memmap, np.memmap]:
    """Margins and losses, with room on the disk for all of them."""
    shape = (len(looked_at(trainer.settings.epochs)), trainer.rows)
    made = made_array if new else kept_array
    return made(folder / MARGINS, shape, np.float32), made(folder / LOSSES, shape, np.float32)
