"""Embeddings: row i's gradient is δ_it in the table row of its token t, and 0 elsewhere."""

from __future__ import annotations

from torch import Tensor, nn

from finine_core.gradients.forms import Form, Part, Scatter
from finine_core.gradients.rules import HookedRule


class EmbeddingRule(HookedRule):
    """`nn.Embedding` on tokens (n,) or (n, …); `padding_idx` gets no gradient."""

    kinds = (nn.Embedding,)

    def refuses(self, layer: nn.Module) -> str | None:
        assert isinstance(layer, nn.Embedding)
        if layer.max_norm is not None:
            return "max_norm changes the table while the model runs"
        if layer.scale_grad_by_freq:
            return "scale_grad_by_freq divides gradients by counts of tokens"
        return None

    def forms(
        self,
        layer: nn.Module,
        place: str,  # noqa: ARG002
        a: Tensor,
        delta: Tensor,
        rows: int,
        parts: dict[str, Part],
    ) -> list[Form]:
        if "weight" not in parts:
            return []
        tokens = a.reshape(rows, -1)
        delta = delta.reshape(rows, tokens.shape[1], -1)
        padding = getattr(layer, "padding_idx", None)
        if padding is not None:
            delta = delta.masked_fill((tokens == padding)[..., None], 0.0)
        return [Scatter(parts["weight"], tokens, delta)]
