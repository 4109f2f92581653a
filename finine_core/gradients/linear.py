"""Ghost products of a linear layer on two-dimensional input.

With input a_i and output gradient δ_i, row i's weight gradient is δ_i a_iᵀ and its bias gradient
δ_i, hence ⟨g_i, g_j⟩ = (a_i·a_j + 1)(δ_i·δ_j): two thin GEMMs instead of an n × parameters matrix.
"""

from __future__ import annotations

from torch import Tensor, nn


class LinearRule:
    """`nn.Linear`, with or without bias."""

    def matches(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Linear)

    def pairs(
        self, layer: nn.Module, a: Tensor, delta: Tensor, other_a: Tensor, other_delta: Tensor
    ) -> Tensor:
        inputs = a @ other_a.T  # (n, m)
        if layer.bias is not None:
            inputs += 1.0
        return inputs.mul_(delta @ other_delta.T)

    def squared_norms(self, layer: nn.Module, a: Tensor, delta: Tensor) -> Tensor:
        inputs = a.square().sum(dim=1)
        if layer.bias is not None:
            inputs = inputs + 1.0
        return inputs * delta.square().sum(dim=1)

    def along(
        self, layer: nn.Module, a: Tensor, delta: Tensor, direction: dict[str, Tensor]
    ) -> Tensor:
        moved = a @ direction["weight"].T  # (n, out): the output's change along the direction
        if layer.bias is not None:
            moved = moved + direction["bias"]
        return (moved * delta).sum(dim=1)

    def summed(self, layer: nn.Module, a: Tensor, delta: Tensor) -> dict[str, Tensor]:
        total = {"weight": delta.T @ a}
        if layer.bias is not None:
            total["bias"] = delta.sum(dim=0)
        return total
