"""Multi-head attention through its linear maps, which its module does not call as modules.

`nn.MultiheadAttention` hands raw parameters to one fused function. While it is watched, its forward
is replaced by the same arithmetic with the four maps in the open: query, key and value (three
parts of one parameter, or three parameters) and the output map.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from finine_core.gradients.forms import Form
from finine_core.gradients.layers.linear import linear_forms
from finine_core.gradients.rules import Keep, LayerCall

_MAPS = ("query", "key", "value")


class AttentionRule:
    """`nn.MultiheadAttention` on batches, self- and cross-attention, with masks."""

    def matches(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.MultiheadAttention)

    def refuses(self, layer: nn.Module) -> str | None:
        assert isinstance(layer, nn.MultiheadAttention)
        if layer.bias_k is not None or layer.add_zero_attn:
            return "attention with bias_k, bias_v or add_zero_attn has no rule"
        return None

    def parameters(self, layer: nn.Module) -> dict[str, nn.Parameter]:
        return dict(layer.named_parameters(remove_duplicate=False))  # with those of out_proj

    def watch(self, layer: nn.Module, keep: Keep) -> Callable[[], None]:
        assert isinstance(layer, nn.MultiheadAttention)

        def forward(
            query: Tensor,
            key: Tensor,
            value: Tensor,
            key_padding_mask: Tensor | None = None,
            need_weights: bool = True,
            attn_mask: Tensor | None = None,
            average_attn_weights: bool = True,
            is_causal: bool = False,  # noqa: ARG001  a hint: the mask says it too
        ) -> tuple[Tensor, Tensor | None]:
            masks = (key_padding_mask, attn_mask)
            return _attend(
                layer, (query, key, value), masks, need_weights, average_attn_weights, keep
            )

        layer.forward = forward  # type: ignore[method-assign]  # of this instance alone

        def stop() -> None:
            del layer.forward

        return stop

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:
        assert isinstance(layer, nn.MultiheadAttention)
        place, parts = call.place, call.parts
        if place == "out":
            return linear_forms(call, parts.get("out_proj.weight"), parts.get("out_proj.bias"))
        if place == "all":
            return linear_forms(call, parts.get("in_proj_weight"), parts.get("in_proj_bias"))
        start = _MAPS.index(place) * layer.embed_dim
        bias = parts.get("in_proj_bias")
        if bias is not None:
            bias = replace(bias, start=start, stop=start + layer.embed_dim)
        weight = parts.get("in_proj_weight")
        if weight is not None:
            weight = replace(weight, start=start, stop=start + layer.embed_dim)
        else:
            weight = parts.get(f"{place[0]}_proj_weight")
        return linear_forms(call, weight, bias)


def _attend(
    layer: nn.MultiheadAttention,
    given: tuple[Tensor, Tensor, Tensor],
    masks: tuple[Tensor | None, Tensor | None],
    need_weights: bool,
    average: bool,
    keep: Keep,
) -> tuple[Tensor, Tensor | None]:
    if given[0].dim() != 3:
        raise RuntimeError("attention on unbatched input has no rule")
    if not layer.batch_first:
        query, key, value = (x.transpose(0, 1) for x in given)
    else:
        query, key, value = given
    q, k, v = (
        x.unflatten(-1, (layer.num_heads, -1)).transpose(1, 2)
        for x in _mapped(layer, query, key, value, given[0] is given[1] is given[2], keep)
    )  # each (n, heads, positions, width / heads)
    mask = _merged(masks, q, k)
    attention: Tensor | None = None
    if need_weights:
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        attention = torch.softmax(scores if mask is None else scores + mask, dim=-1)
        mixed = attention @ v
        if average:
            attention = attention.mean(dim=1)
    else:
        mixed = functional.scaled_dot_product_attention(q, k, v, mask)
    mixed = mixed.transpose(1, 2).flatten(2)  # (n, positions, width)
    out = layer.out_proj
    output = keep("out", mixed, functional.linear(mixed, out.weight, out.bias))
    return (output if layer.batch_first else output.transpose(0, 1)), attention


def _mapped(
    layer: nn.MultiheadAttention,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    alike: bool,
    keep: Keep,
) -> tuple[Tensor, ...]:
    """Query, key and value maps, each (n, positions, width)."""
    width, together = layer.embed_dim, layer.in_proj_weight
    if together is not None and alike:  # self-attention: one map, three times as wide
        mapped = keep("all", query, functional.linear(query, together, layer.in_proj_bias))
        return mapped.split(width, dim=-1)
    if together is not None:
        weights = list(together.split(width))
    else:
        weights = [layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight]
    biases: list[Tensor | None] = [None] * 3
    if layer.in_proj_bias is not None:
        biases = list(layer.in_proj_bias.split(width))
    return tuple(
        keep(name, x, functional.linear(x, w, b))
        for name, x, w, b in zip(_MAPS, (query, key, value), weights, biases, strict=True)
    )


def _merged(masks: tuple[Tensor | None, Tensor | None], q: Tensor, k: Tensor) -> Tensor | None:
    """Both masks as one summand of the scores (n, heads, positions, positions), or None."""
    padding, order = (None if m is None else _as_summand(m, q.dtype) for m in masks)
    if padding is not None:
        padding = padding.view(len(q), 1, 1, k.shape[2])
    if order is not None:
        order = order.view(-1, 1, *order.shape) if order.dim() == 2 else order.view(
            len(q), -1, *order.shape[1:]
        )  # fmt: skip
    if padding is None or order is None:
        return order if padding is None else padding
    return padding + order


def _as_summand(mask: Tensor, dtype: torch.dtype) -> Tensor:
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, -math.inf)
