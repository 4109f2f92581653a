"""How do the signals of a run come to the disk, and go on there when the run is resumed?

Takes what the recorder found in a window of steps; the arrays are memory-mapped, and their blocks
are taken before the first step. A resumed run goes on only where all that it recorded before is
there.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import read_json, write_atomically, write_json
from finine_core.influence.signal_plan import QUANTITIES, SIGNAL, SignalPlan, as_json
from finine_core.influence.signals import file_stem


class SignalWriter:
    """Writes signals while a run goes on; a resumed run goes on in the same files.

    Args:
        folder: of the signals; what is there is replaced unless the run is resumed.
        plan: what will be recorded.
        resumed_at: the optimiser step from which a resumed run goes on.

    Raises:
        FinineError: the run is resumed, and what it has recorded so far is not (wholly) here.
    """

    def __init__(self, folder: Path, plan: SignalPlan, *, resumed_at: int = 0) -> None:
        self.folder, self.plan = folder, plan
        self._open = kept_array if resumed_at else made_array
        content = as_json(plan)
        if resumed_at and read_json(folder / "index.json") != content:
            raise FinineError(f"The signals in {folder} are not those of this run.")
        folder.mkdir(exist_ok=True)  # an error when the run's folder was deleted
        self._arrays = {
            (target, carried, quantity): self._array(
                file_stem(plan, target, carried, quantity),
                (plan.lines(target, quantity), plan.width(target, quantity)),
            )
            for target in plan.targets
            for carried in plan.views
            for quantity in QUANTITIES
            if plan.width(target, quantity)
        }
        self._losses = self._array("losses", (len(plan.recorded), plan.rows))
        self._done = self._array("done", (len(plan.windows),), np.int8)
        before = np.array([window.beyond <= resumed_at for window in plan.windows])
        if not self._done[before].all():
            raise FinineError(f"The signals in {folder} end before step {resumed_at}.")
        write_json(folder / "index.json", content)

    def write(
        self,
        window: int,
        target: str,
        rows: NDArray[np.int64],
        *,
        carried: bool = False,
        **quantities: NDArray[np.floating],
    ) -> None:
        """Store quantities of the rows that took part in a window of the plan."""
        for quantity, values in quantities.items():
            array = self._arrays[target, carried, quantity]
            if array.shape[1] == 1 and quantity != SIGNAL:
                array[window, 0] = values
            else:
                array[self.plan.windows[window].line, rows] = values

    def write_losses(
        self, window: int, rows: NDArray[np.int64], losses: NDArray[np.floating]
    ) -> None:
        """Store losses of the rows that took part in a window; it is done with that."""
        self._losses[self.plan.windows[window].line, rows] = losses
        self._done[window] = 1

    def flush(self) -> None:
        """Bring everything written so far to disk (before a checkpoint refers to it)."""
        for array in (*self._arrays.values(), self._losses, self._done):
            array.flush()

    def _array(self, name: str, shape: tuple[int, ...], dtype: type = np.float32) -> np.memmap:
        return self._open(self.folder / f"{name}.npy", shape, dtype)


def made_array(path: Path, shape: tuple[int, ...], dtype: type) -> np.memmap:
    """A new array of zeros on the disk; the file appears whole."""
    with write_atomically(path, durable=False) as temporary:
        np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
        _reserve(temporary)
    return np.lib.format.open_memmap(path, mode="r+")


def kept_array(path: Path, shape: tuple[int, ...], dtype: type) -> np.memmap:
    """A stored array, to go on in.

    Raises:
        FinineError: it is missing, damaged, or of another shape.
    """
    try:
        stored = np.lib.format.open_memmap(path, mode="r+")
    except (OSError, ValueError) as error:
        raise FinineError(f"{path} cannot be read ({error}).") from error
    if stored.shape != shape or stored.dtype != dtype:
        raise FinineError(f"{path} has shape {stored.shape}, the run's is {shape}.")
    return stored


def _reserve(path: Path) -> None:
    """Take the file's blocks now: on a full disk that is an error, a write to a map a crash."""
    if hasattr(os, "posix_fallocate"):  # not on macOS
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
