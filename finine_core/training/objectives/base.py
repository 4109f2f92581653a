"""What an objective is: the loss of a row, and all that follows from its form.

A task has outputs f of the model, targets y of the rows, and a loss ℓ(f, y) for each row. The
recorder needs two more things of the loss: its curvature in f, and in which unit a change of it
grows evenly with a change of f.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from finine_core.measures import Measure

if TYPE_CHECKING:  # the registry must be cheap to import; torch is not
    import numpy as np
    from torch import Tensor


class Objective(Protocol):
    """A row's loss and what follows from it.

    Attributes:
        name: the word in files, such as 'cross_entropy'.
        measure: how good a model is, told beside the loss.
        carried: whether signals can be carried to the end of the run, which needs the loss's
            curvature.
    """

    @property
    def name(self) -> str: ...

    @property
    def measure(self) -> Measure: ...

    @property
    def carried(self) -> bool: ...

    def outputs(self, classes: int) -> int:
        """How many outputs a model of so many classes has."""

    def fitted(self, targets: Tensor, classes: int, scale: float = 1.0) -> Objective:
        """The objective for these training targets: class weights and the like are set.

        Args:
            scale: of standardised numbers: so many of the file's are one of ours.
        """

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each row, shape (n,); takes what `whole` and `curved` give as well."""

    def whole(self, targets: Tensor, outputs: int) -> Tensor:
        """Targets of rows in the form that `curved` has, shape (n, outputs), float."""

    def curved(self, outputs: Tensor, random: np.random.Generator) -> Tensor:
        """Targets with which the gradient of the loss is that of vᵀ f, shape (n, outputs).

        v is random with E v vᵀ the curvature of the loss in the outputs f: so the gradients'
        second moment is the Gauss–Newton matrix (for cross-entropy, the Fisher matrix).
        """

    def unit(self, losses: Tensor) -> Tensor:
        """By how much a row's output moves when its loss moves by one, shape (n,).

        Outputs change evenly with the parameters while the loss levels off. A trade-off function is
        the same for both, since one follows from the other.
        """

    def chances(self, outputs: Tensor) -> Tensor | None:
        """The probability of each answer, shape (n, answers); None when the answer is a number."""

    def points(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """What `quality` is taken of, shape (n,), such as 1 for a row that is right."""

    def quality(self, mean_points: float) -> float:
        """The measure, from the mean of `points` over rows."""

    def beside(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Further measures of a trained model by name, told beside the first; often none."""
