"""A number: half the squared error, or Huber's loss, which grows evenly beyond a distance.

Targets are standardised before training (`dataset/tasks/bands.py`), so distances are in standard
deviations of the training targets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from finine_core.measures import MAE, RMSE, Measure

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

# Huber's distance for standardised targets. Beyond 1 the curvature of the loss is the same near
# the fit, and a target one deviation off still counts in full.
HUBER_DISTANCE = 1.0


@dataclass(frozen=True)
class Squared:
    """½ (f − y)² within `distance`, and distance · (|f − y| − distance / 2) beyond.

    Attributes:
        distance: None for the squared error everywhere.
        scale: of the targets, so many of the file's to one of ours.
    """

    name: str
    distance: float | None = None
    scale: float = 1.0
    measure: Measure = RMSE
    carried: bool = True

    def outputs(self, classes: int) -> int:  # noqa: ARG002
        """One number."""
        return 1

    def fitted(self, targets: Tensor, classes: int, scale: float = 1.0) -> Squared:  # noqa: ARG002
        """With the scale, so that errors are told in the numbers of the file."""
        return replace(self, scale=scale)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each row; targets of shape (n, 1)."""
        from torch.nn.functional import huber_loss, mse_loss

        if self.distance is None:
            return mse_loss(outputs, targets, reduction="none")[:, 0] / 2
        return huber_loss(outputs, targets, reduction="none", delta=self.distance)[:, 0]

    def whole(self, targets: Tensor, outputs: int) -> Tensor:  # noqa: ARG002
        """As they are."""
        return targets

    def curved(self, outputs: Tensor, random: np.random.Generator) -> Tensor:
        """f − v with random signs v: the curvature of the loss in f is 1 where the model fits."""
        import torch

        signs = torch.from_numpy(random.choice([-1.0, 1.0], size=tuple(outputs.shape)))
        return outputs.detach() - signs.to(outputs)

    def unit(self, losses: Tensor) -> Tensor:
        """Of the error |f − y|: one over the slope of the loss there."""
        import torch

        slope = (2 * losses.double()).sqrt()
        if self.distance is not None:
            slope = slope.clamp(max=self.distance)
        return 1 / slope.clamp(min=torch.finfo(torch.float32).eps)

    def chances(self, outputs: Tensor) -> None:  # noqa: ARG002
        """None: a number is estimated."""
        return

    def points(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The squared error, whatever the loss."""
        return (outputs - targets).double().square()[:, 0]

    def quality(self, mean_points: float) -> float:
        """The root mean squared error, in the numbers of the file."""
        return float(mean_points**0.5) * self.scale

    def beside(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """The mean absolute error, in which a few rows that are far off count less."""
        return {MAE.name: float((outputs - targets).double().abs().mean()) * self.scale}


SQUARED = Squared("squared")
HUBER = Squared("huber", HUBER_DISTANCE)
