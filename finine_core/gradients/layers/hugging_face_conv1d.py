"""Hugging Face's `Conv1D`, a linear layer that stores its weight as (in, out), as in GPT-2.

It is known by its name and attributes: the transformers package is not needed.
"""

from __future__ import annotations

from torch import Tensor, nn

from finine_core.gradients.forms import Form, Part
from finine_core.gradients.layers.linear import linear_forms
from finine_core.gradients.rules import HookedRule


class HuggingFaceConv1DRule(HookedRule):
    """`transformers.pytorch_utils.Conv1D`, and whatever has its name, `nf` and a 2-D weight."""

    def matches(self, layer: nn.Module) -> bool:
        weight = getattr(layer, "weight", None)
        return (
            type(layer).__name__ == "Conv1D"
            and hasattr(layer, "nf")
            and isinstance(weight, Tensor)
            and weight.dim() == 2
        )

    def forms(
        self,
        layer: nn.Module,  # noqa: ARG002
        place: str,  # noqa: ARG002
        a: Tensor,
        delta: Tensor,
        rows: int,
        parts: dict[str, Part],
    ) -> list[Form]:
        weight, bias = parts.get("weight"), parts.get("bias")
        return linear_forms(a, delta, rows, weight, bias, transposed=True)
