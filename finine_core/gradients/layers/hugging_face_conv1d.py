"""Hugging Face's `Conv1D`, a linear layer that stores its weight as (in, out), as in GPT-2.

It is known by its name and attributes: the transformers package is not needed.
"""

from __future__ import annotations

from torch import Tensor, nn

from finine_core.gradients.forms import Form
from finine_core.gradients.layers.linear import linear_forms
from finine_core.gradients.rules import HookedRule, LayerCall


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

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:  # noqa: ARG002
        weight, bias = call.parts.get("weight"), call.parts.get("bias")
        return linear_forms(call, weight, bias, transposed=True)
