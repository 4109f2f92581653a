"""How do the signals of a run come to the disk, and go on there when the run is resumed?

Takes what the recorder found at a step; the arrays are memory-mapped, and their blocks are taken
before the first step. A resumed run goes on only where all that it recorded before is there.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import read_json, write_atomically, write_json
from finine_core.influence.signals import (
    QUANTITIES,
    SCHEMA,
    Floats,
    SignalPlan,
    as_json,
    file_stem,
)


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
        content = {"schema": SCHEMA, **as_json(plan)}
        if resumed_at and read_json(folder / "index.json") != content:
            raise FinineError(f"The signals in {folder} are not those of this run.")
        folder.mkdir(exist_ok=True)  # an error when the run's folder was deleted
        steps = len(plan.steps)
        self._arrays = {
            (target, carried, quantity): self._array(
                file_stem(plan, target, carried, quantity), (steps, plan.width(target, quantity))
            )
            for target in plan.targets
            for carried in plan.views
            for quantity in QUANTITIES
        }
        self._losses = self._array("losses", (steps, plan.rows))
        self._batches = self._array("batches", (steps, plan.batch_size), np.int64)
        self._rates = self._array("learning_rates", (steps,), np.float64)
        before = np.asarray(plan.steps) < resumed_at
        if not (self._rates[before] > 0).all():  # none is ever zero
            raise FinineError(f"The signals in {folder} end before step {resumed_at}.")
        write_json(folder / "index.json", content)

    def write(
        self,
        line: int,
        target: str,
        rows: slice,
        *,
        carried: bool = False,
        **quantities: NDArray[np.floating],
    ) -> None:
        """Store quantities of some rows at the line-th recorded step."""
        for quantity, values in quantities.items():
            array = self._arrays[target, carried, quantity]
            if array.shape[1] == 1:
                array[line, 0] = values
            else:
                array[line, rows] = values

    def signal(self, line: int, target: str) -> Floats:
        """The stored signals of the line-th recorded step, (n,)."""
        return np.asarray(self._arrays[target, False, "signal"][line])

    def write_losses(self, line: int, rows: slice, losses: NDArray[np.floating]) -> None:
        """Store the rows' losses at the line-th recorded step."""
        self._losses[line, rows] = losses

    def write_step(self, line: int, batch: NDArray[np.int64], learning_rate: float) -> None:
        """Store which rows the step's batch held, and its learning rate."""
        self._batches[line] = -1  # padding, for a smaller last batch
        self._batches[line, : len(batch)] = batch
        self._rates[line] = learning_rate

    def flush(self) -> None:
        """Bring everything written so far to disk (before a checkpoint refers to it)."""
        for array in (*self._arrays.values(), self._losses, self._batches, self._rates):
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
