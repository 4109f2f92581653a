"""The signals of a run on disk: one T × n float32 array per quantity and target.

T recorded steps, n training rows (positions in the training part, 0 … n−1). Signals add up over
a group of rows, so whatever is asked later is answered from these files without another run.
Arrays are memory-mapped; readers open them read-only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import NEW_RUN, reading
from finine_core.influence.targets import TARGETS

Floats = NDArray[np.float32]
AUXILIARY = "auxiliary"  # the folder of an auxiliary run's signals, in that of the run's own
SCHEMA = 2  # 1 had no carried signals, and is read as a run without them
# Per target, each (T, n), or (T, 1) where it is the same for every row (docs/method.md):
#   signal      s_it  = η_t ⟨g_τ, g_i⟩ / b
#   background  o_t   = η_t ⟨g_τ, mean gradient of the batch without the row⟩
#   trend       E[o_t] over random batches
#   variance    σ²_it = η_t² Var_j ⟨g_τ, g_j⟩ / b
# and, where signals are carried, the same four once more as what is left of them at the end of the
# run (`carrying.py`), the variance with a step's share of that of the initial parameters.
QUANTITIES = ("signal", "background", "trend", "variance")


@dataclass(frozen=True)
class SignalPlan:
    """What a run will record; fixed before its first step.

    Attributes:
        rows: training rows n.
        steps: the recorded optimiser steps, T of them, increasing.
        total_steps: optimiser steps of the whole run, T_total.
        epochs: times each row enters a batch.
        batch_size: rows per batch (the last batch of an epoch may be smaller).
        probe_rows: rows drawn at each recorded step for the variance.
        targets: names.
        row_targets: those of the targets whose background differs from row to row.
        carried: whether signals are also kept as they are left at the end of the run.
    """

    rows: int
    steps: tuple[int, ...]
    total_steps: int
    epochs: int
    batch_size: int
    probe_rows: int
    targets: tuple[str, ...]
    row_targets: tuple[str, ...]
    carried: bool = False

    @property
    def views(self) -> tuple[bool, ...]:
        """Of each target: as they are (False), and carried to the end (True)."""
        return (False, True) if self.carried else (False,)

    def left(self, line: int) -> tuple[int, int]:
        """Optimiser steps to the end: from the last and the first that a recorded one stands for.

        It stands for those nearer to it than to another.

        Examples:
            >>> plan = SignalPlan(9, (2, 7), 10, 1, 1, 9, ("self",), ("self",))
            >>> plan.left(0), plan.left(1)
            ((5, 10), (0, 5))
        """
        total, last = self.total_steps, len(self.steps) - 1
        between = [(one + other + 1) // 2 for one, other in pairwise(self.steps)]
        first = between[line - 1] if line else 0
        beyond = between[line] if line < last else total
        return total - beyond, total - first

    def weight(self, line: int) -> float:
        """How many times its share of the run, T_total / T steps, a recorded step stands for.

        Examples:
            >>> plan = SignalPlan(9, (1, 7), 10, 1, 1, 9, ("self",), ("self",))
            >>> plan.weight(0), plan.weight(1)  # 4 and 6 steps of 5
            (0.8, 1.2)
        """
        near, far = self.left(line)
        return (far - near) * len(self.steps) / self.total_steps

    def width(self, target: str, quantity: str) -> int:
        """Columns of one stored array: n, or 1 where all rows share the value."""
        return self.rows if quantity == "signal" or target in self.row_targets else 1


@dataclass(frozen=True)
class TargetSignals:
    """Recorded signals of some rows on one target; every array has T lines.

    Attributes:
        signal: (T, n).
        background, trend, variance: (T, n) or (T, 1).
        scale: p √T_total, which turns a step's μ into the whole run's.
        trend_noise: the trend's own variance ÷ that of the background, where it was estimated.
        carried: whether these are what is left of signals at the end of the run.
        auxiliary: background of an auxiliary run at the same steps, where there was one.
    """

    signal: Floats
    background: Floats
    trend: Floats
    variance: Floats
    scale: float
    trend_noise: float = 0.0
    carried: bool = False
    auxiliary: Floats | None = None

    def residual(self) -> Floats:
        """Background less what is common to all runs, at the size a batch's background truly has.

        (T, n) or (T, 1). What is common is the trend, or what an auxiliary run's batch did at the
        same step (difference in differences). A trend from m probes adds variance σ²/m to the
        batch's σ²/b and another batch as much again, which is scaled away.
        """
        if self.auxiliary is not None:
            return (self.background - self.auxiliary) / np.float32(np.sqrt(2.0))
        return (self.background - self.trend) / np.float32(np.sqrt(1.0 + self.trend_noise))

    def of_steps(self, index: NDArray[np.int64]) -> TargetSignals:
        """The same rows at the given positions among the recorded steps (repeats allowed)."""
        return self._each(lambda array: array[index])

    def of_rows(self, rows: slice | NDArray[np.int64]) -> TargetSignals:
        """The same steps for the given training rows."""
        width = self.signal.shape[1]
        return self._each(lambda array: array[:, rows] if array.shape[1] == width else array)

    def _each(self, taken: Callable[[Floats], Floats]) -> TargetSignals:
        arrays = {name: getattr(self, name) for name in (*QUANTITIES, AUXILIARY)}
        changed: dict[str, Any] = {
            name: taken(one) for name, one in arrays.items() if one is not None
        }
        return replace(self, **changed)


class SignalStore:
    """Reads the signals of a run lazily, read-only.

    Raises:
        FinineError: there are no signals here, or they are of another schema.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = folder / "index.json"
        if not index.exists():
            raise FinineError(f"No signals were recorded in {folder}.", "Let the run finish first.")
        with reading(index):
            stored: dict[str, Any] = json.loads(index.read_text(encoding="utf-8"))
            if stored.pop("schema") not in (1, SCHEMA):
                raise FinineError(f"{index} was written by another version of finine.", NEW_RUN)
            fields: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in stored.items()
            }
            self.plan = SignalPlan(**fields)

    @property
    def auxiliary(self) -> SignalStore | None:
        """What an auxiliary run recorded, when there was one."""
        folder = self.folder / AUXILIARY
        return SignalStore(folder) if (folder / "index.json").exists() else None

    @property
    def scale(self) -> float:
        """p √T_total with p = 1 / steps per epoch: a row enters one batch an epoch."""
        return self.plan.epochs / float(np.sqrt(self.plan.total_steps))

    def target(self, name: str, *, carried: bool = False) -> TargetSignals:
        """The signals on one target, memory-mapped.

        Args:
            carried: as what is left of them at the end of the run.

        Raises:
            FinineError: the run did not record this target, or nothing was carried.
        """
        if name not in self.plan.targets:
            raise FinineError(
                f"This run has no target '{name}'.", f"It has: {', '.join(self.plan.targets)}."
            )
        if carried and not self.plan.carried:
            raise FinineError(
                "The signals of this run were not carried to its end: that is done with SGD, from"
                " this version of finine on.",
                "Use estimator gaussian, or run again with optimizer sgd.",
            )
        arrays = {one: self._load(file_stem(self.plan, name, carried, one)) for one in QUANTITIES}
        noise = 0.0  # a target that all rows share knows its trend exactly
        if name in self.plan.row_targets:
            noise = self.plan.batch_size / min(self.plan.probe_rows, self.plan.rows)
        found = TargetSignals(**arrays, scale=self.scale, trend_noise=noise, carried=carried)
        if (other := self.auxiliary) is None:
            return found
        return replace(found, auxiliary=other.target(name, carried=carried).background)

    def row(self, name: str, position: int, *, carried: bool = False) -> TargetSignals:
        """The signals of one training row, (T, 1), its own share taken out of the background.

        A share of b where it is large, in signals as they are; what is carried of it as noise is
        not stored, and stays in.
        """
        signals = self.target(name, carried=carried).of_rows(slice(position, position + 1))
        if name not in self.plan.row_targets and not carried:
            present = (np.asarray(self.batches()) == position).any(axis=1)[:, None]
            own = np.where(present, signals.signal, np.float32(0.0))
            signals = replace(signals, background=signals.background - own)
        if (other := self.auxiliary) is not None:
            without = other.row(name, position, carried=carried).background
            signals = replace(signals, auxiliary=without)
        return signals

    def losses(self) -> Floats:
        """Every training row's loss at every recorded step, (T, n)."""
        return self._load("losses")

    def batches(self) -> NDArray[np.int64]:
        """The training rows in each recorded step's batch, (T, b), padded with −1."""
        return _array(self.folder / "batches.npy")

    def _load(self, name: str) -> Floats:
        return _array(self.folder / f"{name}.npy")


def _array(path: Path) -> np.ndarray:
    with reading(path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


def file_stem(plan: SignalPlan, target: str, carried: bool, quantity: str) -> str:
    """Name of a file; a target that names a class or rows goes by its place in the plan."""
    stem = target if target in TARGETS else f"target-{plan.targets.index(target)}"
    return f"{stem}.carried.{quantity}" if carried else f"{stem}.{quantity}"


def as_json(plan: SignalPlan) -> dict[str, object]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in plan.__dict__.items()
    }
