"""A loss of a person's own, in the place of a task's.

Everything else stays the task's: its outputs, its measure, the chances of its answers. The
curvature of the loss is unknown, so signals are not carried to the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from finine_core.measures import Measure
from finine_core.training.objectives.base import Objective

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

PerRow = Callable[["Tensor", "Tensor"], "Tensor"]


@dataclass(frozen=True, eq=False)
class OwnLoss:
    """(outputs, targets) → the loss of each row.

    Attributes:
        task: the objective whose place it takes.
    """

    name: str
    function: PerRow
    task: Objective
    carried: bool = False

    @property
    def measure(self) -> Measure:
        """The task's."""
        return self.task.measure

    def outputs(self, classes: int) -> int:
        """As many as the task's own loss takes."""
        return self.task.outputs(classes)

    def fitted(self, targets: Tensor, classes: int, scale: float = 1.0) -> OwnLoss:
        """With the task's objective fitted."""
        return replace(self, task=self.task.fitted(targets, classes, scale))

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """What the person's function gives."""
        return self.function(outputs, targets)

    def whole(self, targets: Tensor, outputs: int) -> Tensor:
        """As the task has it."""
        return self.task.whole(targets, outputs)

    def curved(self, outputs: Tensor, random: np.random.Generator) -> Tensor:
        """Unknown: nobody may ask, since nothing is carried."""
        raise NotImplementedError("the curvature of a person's own loss is unknown")

    def unit(self, losses: Tensor) -> Tensor:
        """One: nothing is known of how the loss levels off."""
        return losses.new_ones(losses.shape)

    def chances(self, outputs: Tensor) -> Tensor | None:
        """As the task reads its outputs."""
        return self.task.chances(outputs)

    def points(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """As the task counts them."""
        return self.task.points(outputs, targets)

    def quality(self, mean_points: float) -> float:
        """The task's measure."""
        return self.task.quality(mean_points)

    def beside(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Those of the task."""
        return self.task.beside(outputs, targets)
