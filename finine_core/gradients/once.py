"""Ghost rows of a model at one call, for when nothing else is asked of the same model."""

from __future__ import annotations

from torch import Tensor, nn

from finine_core.gradients.capture import PerRowLoss
from finine_core.gradients.ghost import GhostRows
from finine_core.gradients.rows import RowGradients


def ghost_rows(model: nn.Module, loss: PerRowLoss, inputs: Tensor, labels: Tensor) -> GhostRows:
    """Run the rows through the model once and keep what every gradient product needs.

    The model is surveyed anew at every call: use `RowGradients` for more than one.

    Raises:
        FinineError: as `RowGradients`.

    Examples:
        >>> import torch
        >>> model = nn.Linear(2, 2).eval()
        >>> loss = nn.CrossEntropyLoss(reduction="none")
        >>> rows = ghost_rows(model, loss, torch.ones(3, 2), torch.tensor([0, 1, 1]))
        >>> rows.squared_norms().shape, rows.pairs(rows).shape
        (torch.Size([3]), torch.Size([3, 3]))
    """
    return RowGradients(model, loss).rows(inputs, labels)
