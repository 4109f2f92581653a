"""Multi-head attention through its linear maps, which its module does not call as modules.

`nn.MultiheadAttention` hands raw parameters to one fused function. While it is watched, its forward
is replaced by the same arithmetic with the four maps in the open: query, key and value (three
parts of one parameter, or three parameters) and the output map. It may be watched in the middle of
a training, so operations, their order, the layout of what they work on and the numbers that dropout
draws are those of `torch.nn.functional.multi_head_attention_forward`, to the last bit.
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
            is_causal: bool = False,  # a hint: the mask says it too
        ) -> tuple[Tensor, Tensor | None]:
            given, masks = (query, key, value), (key_padding_mask, attn_mask)
            if need_weights:
                return _with_weights(layer, given, masks, average_attn_weights, keep)
            return _without_weights(layer, given, masks, is_causal, keep), None

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


Given = tuple[Tensor, Tensor, Tensor]
Masks = tuple[Tensor | None, Tensor | None]


def _with_weights(
    layer: nn.MultiheadAttention, given: Given, masks: Masks, average: bool, keep: Keep
) -> tuple[Tensor, Tensor]:
    q, k, v = _mapped(layer, given, keep)  # (n·heads, positions, width / heads) each
    rows, mask = len(q) // layer.num_heads, _merged(masks, layer.num_heads, q.dtype)
    q, across = q * math.sqrt(1.0 / q.shape[-1]), k.transpose(-2, -1)
    scores = torch.bmm(q, across) if mask is None else torch.baddbmm(mask, q, across)
    weights = torch.softmax(scores, dim=-1)
    if layer.training and layer.dropout > 0:
        weights = functional.dropout(weights, layer.dropout)
    mixed = torch.bmm(weights, v).transpose(0, 1)
    output = _mapped_out(layer, mixed.reshape(-1, layer.embed_dim), rows, keep)
    weights = weights.unflatten(0, (rows, -1))
    return output, weights.mean(dim=1) if average else weights


def _without_weights(
    layer: nn.MultiheadAttention, given: Given, masks: Masks, causal: bool, keep: Keep
) -> Tensor:
    q, k, v = (x.unflatten(0, (-1, layer.num_heads)) for x in _mapped(layer, given, keep))
    causal = causal and masks[0] is None
    mask = None if causal else _merged(masks, layer.num_heads, q.dtype)
    if mask is not None:
        mask = mask[None] if len(mask) == 1 else mask.unflatten(0, (len(q), -1))
    dropout = layer.dropout if layer.training else 0.0
    mixed = functional.scaled_dot_product_attention(q, k, v, mask, dropout, causal)
    mixed = mixed.permute(2, 0, 1, 3)
    return _mapped_out(layer, mixed.reshape(-1, layer.embed_dim), len(q), keep)


def _mapped(layer: nn.MultiheadAttention, given: Given, keep: Keep) -> tuple[Tensor, ...]:
    """Query, key and value maps by head, each (n·heads, positions, width / heads)."""
    if given[0].dim() != 3:
        raise RuntimeError("attention on unbatched input has no rule")
    if layer.batch_first:  # what was one tensor stays one
        turned = {id(x): x.transpose(0, 1) for x in given}
        given = turned[id(given[0])], turned[id(given[1])], turned[id(given[2])]
    heads = given[0].shape[1] * layer.num_heads
    return tuple(
        x.reshape(len(x), heads, -1).transpose(0, 1) for x in _in_the_open(layer, given, keep)
    )


def _in_the_open(layer: nn.MultiheadAttention, given: Given, keep: Keep) -> tuple[Tensor, ...]:
    """Query, key and value maps, each (positions, n, width)."""
    (query, key, value), width = given, layer.embed_dim
    weight, bias = layer.in_proj_weight, layer.in_proj_bias
    if weight is not None and query is key is value:  # self-attention: one map, three times as wide
        mapped = keep("all", query, functional.linear(query, weight, bias))
        return tuple(x.contiguous() for x in mapped.split(width, dim=-1))
    weights = [layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight]
    if weight is not None:
        weights = list(weight.split(width))
    biases: list[Tensor | None] = [None] * 3
    if bias is not None:
        biases = list(bias.split(width))
    mapped_query = keep("query", query, functional.linear(query, weights[0], biases[0]))
    if weight is not None and key is value:  # key and value together
        both = functional.linear(key, weight[width:], None if bias is None else bias[width:])
        keys, values = (x.contiguous() for x in both.split(width, dim=-1))
    else:
        keys = functional.linear(key, weights[1], biases[1])
        values = functional.linear(value, weights[2], biases[2])
    return mapped_query, keep("key", key, keys), keep("value", value, values)


def _mapped_out(layer: nn.MultiheadAttention, mixed: Tensor, rows: int, keep: Keep) -> Tensor:
    """The output map, of (positions · n, width)."""
    out = layer.out_proj
    output = functional.linear(mixed, out.weight, out.bias)
    shape = (-1, rows, layer.embed_dim)
    output = keep("out", mixed.view(shape), output.view(shape))
    return output.transpose(0, 1) if layer.batch_first else output


def _merged(masks: Masks, heads: int, dtype: torch.dtype) -> Tensor | None:
    """Both masks as one summand of the scores (n·heads or 1, positions or 1, positions)."""
    padding, order = (None if m is None else _as_summand(m, dtype) for m in masks)
    if padding is not None:
        padding = padding[:, None, None].expand(-1, heads, -1, -1).flatten(0, 1)
    if order is not None and order.dim() == 2:
        order = order[None]
    if padding is None or order is None:
        return order if padding is None else padding
    return order + padding


def _as_summand(mask: Tensor, dtype: torch.dtype) -> Tensor:
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, -math.inf)
