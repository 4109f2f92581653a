"""The signals of a run on disk: one L × n float32 array per quantity and target.

L recorded epochs (of runs of an earlier finine: recorded steps), n training rows (positions in the
training part, 0 … n−1); a row's number in a line is that of the step in which it took part.
Signals add up over a group of rows, so whatever is asked later is answered from these files without
another run. Arrays are memory-mapped; readers open them read-only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import NEW_RUN, reading
from finine_core.influence.signal_plan import BY_STEPS, QUANTITIES, SCHEMA, SignalPlan
from finine_core.influence.targets import TARGETS

Floats = NDArray[np.float32]
AUXILIARY = "auxiliary"  # the folder of an auxiliary run's signals, in that of the run's own
EPOCH_LOSSES = "epoch_losses"  # a line an epoch, recorded or not


@dataclass(frozen=True)
class TargetSignals:
    """Recorded signals of some rows on one target; every array has L lines.

    Attributes:
        signal: (L, n).
        background, trend, variance: (L, n) or (L, 1).
        scale: p √T_total, which turns a step's μ into the whole run's.
        trend_noise: the trend's own variance ÷ that of the background, where it was estimated.
        carried: whether these are what is left of signals at the end of the run.
        auxiliary: background of an auxiliary run in the same epochs, where there was one.
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

        (L, n) or (L, 1). What is common is the trend, or what an auxiliary run's batch did at the
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
            self._probe_rows = 0
            if stored["schema"] in BY_STEPS:
                stored["recorded"] = stored.pop("steps")
                self._probe_rows = int(stored.pop("probe_rows"))
            elif stored["schema"] != SCHEMA:
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
        arrays = self._quantities(name, carried)
        noise = 0.0  # else a trend is known exactly
        if self.plan.by_steps and name in self.plan.row_targets:
            noise = self.plan.batch_size / min(self._probe_rows, self.plan.rows)
        found = TargetSignals(**arrays, scale=self.scale, trend_noise=noise, carried=carried)
        if (other := self.auxiliary) is None:
            return found
        return replace(found, auxiliary=other.target(name, carried=carried).background)

    def row(self, name: str, position: int, *, carried: bool = False) -> TargetSignals:
        """The signals of one training row, (L, 1).

        Where lines are recorded steps, a row of a step's batch has its own share taken out of the
        background, as far as it is stored: of signals as they are.
        """
        signals = self.target(name, carried=carried).of_rows(slice(position, position + 1))
        if not self.plan.by_steps or name in self.plan.row_targets or carried:
            return signals
        in_batch = (self._load("batches") == position).any(axis=1)[:, None]
        own = np.where(in_batch, signals.signal, np.float32(0.0))
        signals = replace(signals, background=signals.background - own)
        if (other := self.auxiliary) is None:
            return signals
        return replace(signals, auxiliary=other.row(name, position).background)

    def losses(self) -> Floats:
        """Every training row's loss where it took part in each recorded epoch, (L, n)."""
        return self._load("losses")

    def mean_losses(self) -> NDArray[np.float64]:
        """Every training row's mean loss over the epochs (at most 20 of them), (n,)."""
        every = (self.folder / f"{EPOCH_LOSSES}.npy").exists() and not self.plan.by_steps
        losses = self._load(EPOCH_LOSSES) if every else self.losses()
        return np.asarray(losses.mean(axis=0, dtype=np.float64))

    def _quantities(self, target: str, carried: bool) -> dict[str, Floats]:
        plan = self.plan
        found = {
            one: self._load(file_stem(plan, target, carried, one))
            for one in QUANTITIES
            if plan.width(target, one)
        }
        if plan.by_steps:
            return found
        if target in plan.row_targets:
            return found | {"trend": np.zeros((len(plan.recorded), 1), dtype=np.float32)}
        share = np.zeros((len(plan.recorded), len(plan.windows)), dtype=np.float32)
        for k, window in enumerate(plan.windows):
            share[window.line, k] = (window.beyond - window.first) / plan.per_epoch
        trend = share @ found["trend"]
        # windows deviate on their own: a mean of their deviations would be too narrow
        deviation = np.sqrt(share) @ (found["background"] - found["trend"])
        shared = {"variance": share @ found["variance"], "trend": trend}
        return found | shared | {"background": trend + deviation}

    def _load(self, name: str) -> Floats:
        return _array(self.folder / f"{name}.npy")


def _array(path: Path) -> np.ndarray:
    with reading(path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


def file_stem(plan: SignalPlan, target: str, carried: bool, quantity: str) -> str:
    """Name of a file; a target that names a class or rows goes by its place in the plan."""
    stem = target if target in TARGETS else f"target-{plan.targets.index(target)}"
    return f"{stem}.carried.{quantity}" if carried else f"{stem}.{quantity}"
