"""Linear layers: row i's weight gradient is Σ_t δ_it a_itᵀ over the positions t of a sequence."""

from __future__ import annotations

from torch import Tensor, nn

from finine_core.gradients.forms import Dense, Form, Outer, Part
from finine_core.gradients.rules import HookedRule


class LinearRule(HookedRule):
    """`nn.Linear` on (n, in), (n, positions, in) or more position axes."""

    kinds = (nn.Linear,)

    def forms(
        self,
        layer: nn.Module,  # noqa: ARG002
        place: str,  # noqa: ARG002
        a: Tensor,
        delta: Tensor,
        rows: int,
        parts: dict[str, Part],
    ) -> list[Form]:
        return linear_forms(a, delta, rows, parts.get("weight"), parts.get("bias"))


def linear_forms(
    a: Tensor,
    delta: Tensor,
    rows: int,
    weight: Part | None,
    bias: Part | None,
    transposed: bool = False,
) -> list[Form]:
    """Row gradients of y = W a + b, from a (n, …, in) and δ (n, …, out)."""
    delta = delta.reshape(rows, 1, -1, delta.shape[-1])  # (n, 1, T, out)
    if weight is not None:
        a = a.reshape(rows, 1, -1, a.shape[-1])  # (n, 1, T, in)
        return [Outer(weight, bias, delta, a, transposed)]
    return [] if bias is None else [Dense((bias,), delta.sum(dim=(1, 2)))]
