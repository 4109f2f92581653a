"""Convolutions: a weight matrix that every position of the output image uses once."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from finine_core.gradients.forms import Convolution, Dense, Form, Kernel
from finine_core.gradients.rules import HookedRule, LayerCall

# How `functional.pad` calls what a convolution calls its padding mode.
_PAD_MODES = {"reflect": "reflect", "replicate": "replicate", "circular": "circular"}


class ConvolutionRule(HookedRule):
    """`nn.Conv1d` and `nn.Conv2d`: any stride, dilation, groups, padding and padding mode."""

    kinds = (nn.Conv1d, nn.Conv2d)

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:
        assert isinstance(layer, (nn.Conv1d, nn.Conv2d))
        weight, bias, rows = call.parts.get("weight"), call.parts.get("bias"), call.rows
        axes = len(layer.kernel_size)
        delta = call.delta.reshape(-1, *call.delta.shape[-1 - axes :])
        if weight is None:
            sums = delta.reshape(rows, -1, delta.shape[1], delta[0, 0].numel()).sum(dim=(1, 3))
            return [] if bias is None else [Dense((bias,), sums)]
        a, padding = _padded(layer, call.a.reshape(-1, *call.a.shape[-1 - axes :]))
        if axes == 1:  # an image of height 1
            a, delta = a.unsqueeze(2), delta.unsqueeze(2)
        kernel = Kernel(
            _pair(layer.kernel_size, 1),
            _pair(layer.stride, 1),
            _pair(padding, 0),
            _pair(layer.dilation, 1),
            layer.groups,
        )
        form = Convolution(weight, bias, a, delta, kernel)
        # Several images a row (frames of a clip): their positions follow one another.
        return [form if len(a) == rows else form.plain().regrouped(rows)]


def _padded(layer: nn.Conv1d | nn.Conv2d, a: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """Inputs with such padding as convolutions' own argument cannot express, and what is left."""
    if layer.padding_mode == "zeros" and not isinstance(layer.padding, str):
        return a, tuple(layer.padding)
    if layer.padding == "valid":
        return a, (0,) * len(layer.kernel_size)
    widths: list[int] = []  # functional.pad wants the last axis first: before, after
    for axis in reversed(range(len(layer.kernel_size))):
        if layer.padding == "same":
            total = layer.dilation[axis] * (layer.kernel_size[axis] - 1)
            widths += [total // 2, total - total // 2]
        else:
            widths += [int(layer.padding[axis])] * 2
    mode = _PAD_MODES.get(layer.padding_mode, "constant")
    return functional.pad(a, widths, mode=mode), (0,) * len(layer.kernel_size)


def _pair(values: tuple[int, ...], missing: int) -> tuple[int, int]:
    return (missing, values[0]) if len(values) == 1 else (values[0], values[1])
