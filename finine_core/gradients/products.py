"""What `RowGradients` gives: products of rows, and rows that are held to be paired with others."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from finine_core.gradients.forms import Direction
from finine_core.gradients.ghost import GhostRows


@dataclass(frozen=True)
class Products:
    """What was asked for; anything else is None.

    Attributes:
        losses: (n,).
        outputs: the model's outputs, first axis n, when asked for.
        norms: ‖g_i‖², (n,).
        pairs: ⟨g_i, g_j⟩ with the probes j, (n, m).
        along: ⟨g_i, V_k⟩, (n, k).
        mean: the mean gradient of the rows.
        projected: (n, r); inner products of its rows estimate ⟨g_i, g_j⟩.
    """

    losses: Tensor
    outputs: Tensor | None = None
    norms: Tensor | None = None
    pairs: Tensor | None = None
    along: Tensor | None = None
    mean: Direction | None = None
    projected: Tensor | None = None


@dataclass(frozen=True)
class ProbeSet:
    """Rows j that are held, to be paired with rows that stream by."""

    rows: GhostRows

    def __len__(self) -> int:
        return len(self.rows)
