"""What a run will record of its signals: which epochs, in which windows, in arrays of which size.

Fixed before a run's first step, and stored beside its signals (`signals.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

# 2 had recorded steps, at which all rows were run anew; 1 also had no carried signals.
SCHEMA, BY_STEPS = 3, (1, 2)
# Per target (docs/method.md), at the step t in which row i takes part, b rows a batch:
#   signal      s_i  = η ⟨g_τ, g_i⟩ / b
#   background  what the batch's other rows add to their expectation, at the size of the variance
#   trend       E of what a batch adds; of targets that all rows share
#   variance    η² Var_j ⟨g_τ, g_j⟩ / b
# and, where signals are carried, the same once more as what is left of them at the end of the run
# (`carrying.py`), the variance with a step's share of that of the initial parameters. What all rows
# share has a line a window instead of an epoch: (W, 1).
QUANTITIES = ("signal", "background", "trend", "variance")
SIGNAL, TREND = "signal", "trend"
# Recorded epochs: see `recorded_epochs`.
LATE_SHARE, FEWEST_LATE, EARLY_PLACE, SHORT_STEPS = 0.3, 4, 2 / 3, 1000
# Steps that share one look at the curvature and at the targets' gradients.
WINDOW_STEPS = 256


class Window(NamedTuple):
    """Steps of a recorded epoch that are worked off together: from `first` to before `beyond`."""

    first: int
    beyond: int
    line: int


@dataclass(frozen=True)
class SignalPlan:
    """What a run will record; fixed before its first step.

    Attributes:
        rows: training rows n.
        recorded: the recorded epochs (0, 1, …), L of them, increasing, the last one among them;
            of a run by steps (an earlier finine's), its recorded steps.
        total_steps: optimiser steps of the whole run, T_total.
        epochs: times each row enters a batch.
        batch_size: rows per batch (the last batch of an epoch may be smaller).
        targets: names.
        row_targets: those of the targets whose background differs from row to row.
        carried: whether signals are also kept as they are left at the end of the run.
        schema: of the files.
        window_steps: of a window, at most.
    """

    rows: int
    recorded: tuple[int, ...]
    total_steps: int
    epochs: int
    batch_size: int
    targets: tuple[str, ...]
    row_targets: tuple[str, ...]
    carried: bool = False
    schema: int = SCHEMA
    window_steps: int = WINDOW_STEPS

    @property
    def by_steps(self) -> bool:
        """Whether lines are recorded steps, as in runs of an earlier finine."""
        return self.schema in BY_STEPS

    @property
    def places(self) -> tuple[str, list[int]]:
        """What lines are called, and their numbers: epochs from 1 on, or steps from 0 on."""
        if self.by_steps:
            return "step", list(self.recorded)
        return "epoch", [epoch + 1 for epoch in self.recorded]

    @property
    def views(self) -> tuple[bool, ...]:
        """Of each target: as they are (False), and carried to the end (True)."""
        return (False, True) if self.carried else (False,)

    @property
    def per_epoch(self) -> int:
        """Optimiser steps of an epoch."""
        return self.total_steps // self.epochs

    @property
    def batch(self) -> float:
        """b such that a row's share of an epoch is 1 / b a step: rows over steps."""
        return float(self.batch_size) if self.by_steps else self.rows / self.per_epoch

    @property
    def noisy_batch(self) -> float:
        """b such that Var / b is the mean variance of a batch's mean: a smaller last one counts.

        Examples:
            >>> SignalPlan(5, (0,), 2, 1, 4, ("self",), ("self",)).noisy_batch  # 4 rows, and 1
            1.6
        """
        if self.by_steps:
            return float(self.batch_size)
        last = self.rows - self.batch_size * (self.per_epoch - 1)
        return self.per_epoch / ((self.per_epoch - 1) / self.batch_size + 1 / last)

    def left(self, line: int) -> tuple[int, int]:
        """Optimiser steps to the end: from the last and the first that a recorded epoch stands for.

        It stands for itself and for those before it that are not recorded.

        Examples:
            >>> plan = SignalPlan(9, (1, 4), 15, 5, 3, ("self",), ("self",))
            >>> plan.left(0), plan.left(1)
            ((9, 15), (0, 9))
        """
        before = self.recorded[line - 1] + 1 if line else 0
        total, each = self.total_steps, self.per_epoch
        return total - (self.recorded[line] + 1) * each, total - before * each

    def weight(self, line: int) -> float:
        """How many times its share of the run, T_total / L steps, a recorded epoch stands for.

        Examples:
            >>> plan = SignalPlan(9, (1, 4), 15, 5, 3, ("self",), ("self",))
            >>> plan.weight(0), plan.weight(1)  # 2 and 3 epochs of 2½
            (0.8, 1.2)
        """
        near, far = self.left(line)
        return (far - near) * len(self.recorded) / self.total_steps

    @property
    def weights(self) -> tuple[float, ...]:
        """How many times each line counts in signals as they are; a recorded step counts once."""
        lines = range(len(self.recorded))
        return tuple(1.0 if self.by_steps else self.weight(line) for line in lines)

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """All windows, in order: each recorded epoch in even parts of at most so many steps.

        Examples:
            >>> SignalPlan(9, (1, 4), 15, 5, 3, ("self",), ("self",)).windows[1]
            Window(first=12, beyond=15, line=1)
        """
        parts = math.ceil(self.per_epoch / self.window_steps)
        cuts = [round(k * self.per_epoch / parts) for k in range(parts + 1)]
        return tuple(
            Window(epoch * self.per_epoch + first, epoch * self.per_epoch + beyond, line)
            for line, epoch in enumerate(self.recorded)
            for first, beyond in pairwise(cuts)
        )

    def lines(self, target: str, quantity: str) -> int:
        """Lines of one stored array."""
        shared = target not in self.row_targets and quantity != SIGNAL
        return len(self.windows) if shared and not self.by_steps else len(self.recorded)

    def width(self, target: str, quantity: str) -> int:
        """Columns of one stored array: n, 1 where all rows share the value, 0 where there is none.

        Within an epoch each row has its expectation taken off already: there is no trend of rows.
        """
        if target in self.row_targets and quantity == TREND and not self.by_steps:
            return 0
        return self.rows if quantity == SIGNAL or target in self.row_targets else 1


def recorded_epochs(epochs: int, steps: int) -> tuple[int, ...]:
    """Which epochs (0, 1, …) are recorded: one early, and the last three tenths, at least four; of
    a run of few steps all, which takes a second more at the most.

    What is left at the end of a run is mostly of late steps. On mnist_5k these epochs gave as
    consistent rankings as all of them, and better ones than as many that were spread evenly
    (docs/method.md).

    Args:
        steps: of the whole run.

    Examples:
        >>> recorded_epochs(10, steps=1000)
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
        >>> recorded_epochs(10, steps=2000), recorded_epochs(20, steps=2000)
        ((3, 6, 7, 8, 9), (8, 14, 15, 16, 17, 18, 19))
    """
    if steps <= SHORT_STEPS:
        return tuple(range(epochs))
    before = max(0, epochs - max(FEWEST_LATE, math.ceil(LATE_SHARE * epochs)))
    early = [round(before * EARLY_PLACE) - 1] if before > 1 else []
    return (*early, *range(before, epochs))


def as_json(plan: SignalPlan) -> dict[str, object]:
    """The plan as index.json has it."""
    values = {one.name: getattr(plan, one.name) for one in fields(plan)}
    return {k: list(value) if isinstance(value, tuple) else value for k, value in values.items()}
