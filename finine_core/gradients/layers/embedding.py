"""Embeddings: row i's gradient is δ_it in the table row of its token t, and 0 elsewhere."""

from __future__ import annotations

from torch import nn

from finine_core.gradients.forms import Form, Scatter
from finine_core.gradients.rules import HookedRule, LayerCall


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

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:
        if "weight" not in call.parts:
            return []
        tokens = call.a.reshape(call.rows, -1)
        delta = call.delta.reshape(call.rows, tokens.shape[1], -1)
        padding = getattr(layer, "padding_idx", None)
        if padding is not None:
            delta = delta.masked_fill((tokens == padding)[..., None], 0.0)
        return [Scatter(call.parts["weight"], tokens, delta)]
