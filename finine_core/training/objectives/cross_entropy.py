"""One class of several: cross-entropy, with every row alike or every class alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from finine_core.measures import ACCURACY, Measure

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

TINY = 1e-30  # what is divided by at the least


@dataclass(frozen=True, eq=False)
class CrossEntropy:
    """−w_y log p_y.

    Attributes:
        balanced: whether w_y is n / (classes · n_y), so that every class counts alike; else 1.
        weights: of the classes, once fitted.
    """

    name: str
    balanced: bool = False
    weights: Tensor | None = None
    measure: Measure = ACCURACY
    carried: bool = True

    def outputs(self, classes: int) -> int:
        """One a class."""
        return classes

    def fitted(self, targets: Tensor, classes: int, scale: float = 1.0) -> CrossEntropy:  # noqa: ARG002
        """With the classes' weights, if they are to count alike; an absent class gets 1."""
        if not self.balanced:
            return self
        import torch

        counts = torch.bincount(targets, minlength=classes).float()
        weights = torch.where(counts > 0, len(targets) / (classes * counts.clamp(min=1)), 1.0)
        return replace(self, weights=weights)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy; targets are class codes (n,), or shares of the classes (n, C)."""
        from torch.nn.functional import cross_entropy

        codes = targets.ndim == 1  # in shares, weights are already there
        weights = self.weights if codes else None
        return cross_entropy(outputs, targets, weight=weights, reduction="none")

    def whole(self, targets: Tensor, outputs: int) -> Tensor:
        """w_y in the place of the class: the same loss."""
        from torch.nn.functional import one_hot

        found = one_hot(targets, outputs)
        if self.weights is None:
            return found.float()
        return found * self.weights[targets][:, None]

    def curved(self, outputs: Tensor, random: np.random.Generator) -> Tensor:
        """p − v, v = √w L ε with random signs ε and L Lᵀ = diag(p) − p pᵀ.

        L is the Cholesky factor (Tanabe and Sagae 1992), classes in the order of p. Classes drawn
        from p have the same matrix, but few rows would have nearly all of it: those where an
        improbable one is drawn. w is the weight of a class drawn from p, on average.

        Examples:
            >>> import numpy as np, torch
            >>> CROSS_ENTROPY.curved(torch.tensor([[0.0, 0.0]]), np.random.default_rng(0))  # ½ ± ½
            tensor([[0., 1.]])
        """
        import torch

        found = outputs.detach().double().softmax(dim=1)
        chances, order = found.sort(dim=1)
        signs = torch.from_numpy(random.choice([-1.0, 1.0], size=chances.shape)).to(chances)
        rest = chances.flip(1).cumsum(dim=1).flip(1)  # q_{k−1}, of the classes from the k-th on
        after = (rest - chances).clamp(min=0)  # q_k
        after[:, -1] = 0
        share = torch.where(after > 0, chances / (after * rest).clamp(min=TINY), 0).sqrt() * signs
        pull = share * after - chances * (share.cumsum(dim=1) - share)
        if self.weights is not None:
            pull = pull * (found @ self.weights.to(found)).sqrt()[:, None]
        return (chances - pull).gather(1, order.argsort(dim=1)).to(outputs.dtype)

    def unit(self, losses: Tensor) -> Tensor:
        """Of the margin log p/(1−p) of the given label: 1 / (1 − p), whatever its weight."""
        return margin_unit(losses)

    def chances(self, outputs: Tensor) -> Tensor:
        """Of each class."""
        return outputs.softmax(dim=1)

    def points(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """1 where the likeliest class is the label."""
        return (outputs.argmax(dim=1) == targets).double()

    def quality(self, mean_points: float) -> float:
        """The share of rows that are right."""
        return mean_points

    def beside(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:  # noqa: ARG002
        """None."""
        return {}


def margin_unit(losses: Tensor) -> Tensor:
    """1 / (1 − p) for losses −log p: by how much log p/(1−p) moves when the loss moves by one."""
    import torch

    missed = -torch.expm1(-losses.double())
    return 1 / missed.clamp(min=torch.finfo(torch.float32).eps)


CROSS_ENTROPY = CrossEntropy("cross_entropy")
BALANCED = CrossEntropy("balanced_cross_entropy", balanced=True)
