"""Linear layers: row i's weight gradient is Σ_t δ_it a_itᵀ over the positions t of a sequence."""

from __future__ import annotations

from torch import nn

from finine_core.gradients.forms import Dense, Form, Outer, Part
from finine_core.gradients.rules import HookedRule, LayerCall


class LinearRule(HookedRule):
    """`nn.Linear` on (n, in), (n, positions, in) or more position axes."""

    kinds = (nn.Linear,)

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:  # noqa: ARG002
        return linear_forms(call, call.parts.get("weight"), call.parts.get("bias"))


def linear_forms(
    call: LayerCall, weight: Part | None, bias: Part | None, transposed: bool = False
) -> list[Form]:
    """Row gradients of y = W a + b, from a (n, …, in) and δ (n, …, out)."""
    delta = call.delta.reshape(call.rows, 1, -1, call.delta.shape[-1])  # (n, 1, T, out)
    if weight is not None:
        a = call.a.reshape(call.rows, 1, -1, call.a.shape[-1])  # (n, 1, T, in)
        return [Outer(weight, bias, delta, a, transposed)]
    return [] if bias is None else [Dense((bias,), delta.sum(dim=(1, 2)))]
