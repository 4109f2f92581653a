"""Several yes-or-no answers a row: labels that may hold together, or the steps of an order.

The loss is the sum of the answers' cross-entropies. Ordered classes 0 < 1 < … < K−1 are asked as
K−1 answers, "is it beyond class k?" (Frank and Hall 2001): so a class that is two steps off costs
more than the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finine_core.measures import ACCURACY, LABEL_ACCURACY, MACRO_F1, Measure
from finine_core.training.objectives.cross_entropy import margin_unit

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True)
class Binary:
    """Σ_k of the cross-entropy of answer k.

    Attributes:
        ordered: whether the answers are the steps of ordered classes.
    """

    name: str
    ordered: bool
    measure: Measure
    carried: bool = True

    def outputs(self, classes: int) -> int:
        """One a label; one a step between ordered classes."""
        return classes - 1 if self.ordered else classes

    def fitted(self, targets: Tensor, classes: int, scale: float = 1.0) -> Binary:  # noqa: ARG002
        """Nothing depends on the targets."""
        return self

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each row; targets are class codes (n,) if ordered, or shares (n, K)."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        wanted = self.whole(targets, outputs.shape[1]).to(outputs)
        return binary_cross_entropy_with_logits(outputs, wanted, reduction="none").sum(dim=1)

    def whole(self, targets: Tensor, outputs: int) -> Tensor:
        """1 for yes and 0 for no.

        Examples:
            >>> import torch
            >>> ORDINAL.whole(torch.tensor([0, 2]), 2)
            tensor([[0., 0.],
                    [1., 1.]])
        """
        import torch

        if targets.ndim == 2:
            return targets
        return (targets[:, None] > torch.arange(outputs, device=targets.device)).float()

    def curved(self, outputs: Tensor, random: np.random.Generator) -> Tensor:
        """p − v with v = ± √(p (1 − p)), each answer by itself."""
        import torch

        chances = outputs.detach().double().sigmoid()
        signs = torch.from_numpy(random.choice([-1.0, 1.0], size=tuple(chances.shape)))
        found = chances - signs.to(chances) * (chances * (1 - chances)).sqrt()
        return found.to(outputs.dtype)

    def unit(self, losses: Tensor) -> Tensor:
        """Of the margin log p/(1−p), p the chance that all answers are as given."""
        return margin_unit(losses)

    def chances(self, outputs: Tensor) -> Tensor:
        """Of each label; of each ordered class, what two steps next to it leave between them.

        Examples:
            >>> import torch
            >>> ORDINAL.chances(torch.tensor([[9.0, 0.0]])).round(decimals=2)
            tensor([[0.0000, 0.5000, 0.5000]])
        """
        import torch

        beyond = outputs.sigmoid()
        if not self.ordered:
            return beyond
        ends = torch.ones_like(beyond[:, :1]), torch.zeros_like(beyond[:, :1])
        steps = torch.cat([ends[0], beyond, ends[1]], dim=1)
        found = (steps[:, :-1] - steps[:, 1:]).clamp(min=0)  # steps are asked each by itself
        return found / found.sum(dim=1, keepdim=True)

    def points(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """1 where the ordered class is right; else the share of right answers."""
        if self.ordered:
            return (self.chances(outputs).argmax(dim=1) == targets).double()
        return ((outputs > 0) == (targets > 0.5)).double().mean(dim=1)

    def quality(self, mean_points: float) -> float:
        """The share that is right."""
        return mean_points

    def beside(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Of labels the macro F1: the mean of their F1, each label counting alike.

        Labels that no row has and none is given by the model are left out of the mean; 0 when that
        leaves none.

        Examples:
            >>> import torch
            >>> said, true = torch.tensor([[9.0, 9.0], [9.0, -9.0]]), torch.tensor([[1, 0], [0, 0]])
            >>> MULTI_LABEL.beside(said, true)["macro_f1"]  # F1 is 2/3 and 0
            0.3333333333333333
        """
        if self.ordered:
            return {}
        said, true = outputs > 0, targets > 0.5
        either = (said.double() + true.double()).sum(dim=0)
        counted = either > 0
        if not counted.any():
            return {MACRO_F1.name: 0.0}
        both = (said & true).double().sum(dim=0)
        return {MACRO_F1.name: float((2 * both[counted] / either[counted]).mean())}


MULTI_LABEL = Binary("multi_label", ordered=False, measure=LABEL_ACCURACY)
ORDINAL = Binary("ordinal", ordered=True, measure=ACCURACY)
