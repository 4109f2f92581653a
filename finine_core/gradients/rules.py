"""What a layer kind must know so that its share of every gradient product can be had.

A rule is given what one layer saw (its inputs a) and what came back (the gradients δ of the loss
with respect to its outputs), and gives its term of each product; terms of all layers are summed.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

# A direction in parameter space: one tensor per parameter name, shaped like the parameter.
Direction = dict[str, Tensor]


class LayerRule(Protocol):
    """Ghost arithmetic of one layer kind; a, δ hold rows along their first axis."""

    def matches(self, layer: nn.Module) -> bool:
        """Whether this rule knows the layer."""

    def pairs(
        self, layer: nn.Module, a: Tensor, delta: Tensor, other_a: Tensor, other_delta: Tensor
    ) -> Tensor:
        """⟨g_i, g_j⟩ of this layer's parameters, shape (n, m)."""

    def squared_norms(self, layer: nn.Module, a: Tensor, delta: Tensor) -> Tensor:
        """‖g_i‖² of this layer's parameters, shape (n,)."""

    def along(
        self, layer: nn.Module, a: Tensor, delta: Tensor, direction: dict[str, Tensor]
    ) -> Tensor:
        """⟨g_i, V⟩, shape (n,); `direction` has this layer's own parameter names as keys."""

    def summed(self, layer: nn.Module, a: Tensor, delta: Tensor) -> dict[str, Tensor]:
        """Σ_i g_i, keyed by this layer's own parameter names."""
