"""The folds of a run on disk: which row is held out in which training, and each training's signals.

`signals/folds.npy` holds the fold of each row of the file; the first training's signals lie in
`signals/`, those of training k in `signals/fold-k/`. A run that trains once has neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finine_core.errors import FinineError
from finine_core.files import NEW_RUN, reading, write_atomically

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from finine_core.influence.trainings import Trainings

FILE = "folds.npy"


def fold_name(training: int) -> str:
    """What the files of training 2, 3, … are called."""
    return f"fold-{training}"


def folds_in(record: Mapping[str, Any]) -> int:
    """How many folds a run has, by its run.json; 1 for a run that trains once."""
    return int(record["config"].get("folds", 1))


def write_folds(signals: Path, folds: NDArray[np.int64]) -> None:
    """Keep the fold of each row of the file."""
    import numpy as np

    signals.mkdir(exist_ok=True)
    with write_atomically(signals / FILE) as temporary, temporary.open("wb") as stream:
        np.save(stream, folds, allow_pickle=False)


def read_folds(signals: Path) -> NDArray[np.int64] | None:
    """The fold of each row of the file, shape (rows,); None where the run trained once.

    Raises:
        FinineError: the file is damaged.
    """
    import numpy as np

    path = signals / FILE
    if not path.exists():
        return None
    with reading(path):
        found: NDArray[np.int64] = np.load(path, allow_pickle=False)
        return found


def trainings_of(signals: Path, first: NDArray[np.int64], folds: int) -> Trainings:
    """What the trainings of a run recorded.

    Args:
        signals: the folder of the run's signals.
        first: the row numbers that the first training learned from.
        folds: how many there are; 1 for a run that trained once.

    Raises:
        FinineError: signals are missing or damaged.
    """
    from finine_core.dataset.folds import learned_from
    from finine_core.influence import SignalStore
    from finine_core.influence.trainings import Trainings

    if folds == 1:
        return Trainings((SignalStore(signals),), (first,))
    cut = read_folds(signals)
    if cut is None:
        raise FinineError(f"{signals / FILE} is gone.", NEW_RUN)
    others = range(2, folds + 1)
    return Trainings(
        (SignalStore(signals), *(SignalStore(signals / fold_name(k)) for k in others)),
        (first, *(learned_from(cut, k) for k in others)),
    )
