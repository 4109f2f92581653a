"""Norm layers: Σ_t δ_it x̂_it is the scale's gradient, with normalised inputs x̂, and Σ_t δ_it the
shift's.

Both are vectors, so they are spelled out. Batch norm must have running statistics, by which rows do
not depend on one another. While it trains it goes by those of the batch: a row's share of the
batch's gradient is then what comes back to its own outputs.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from finine_core.errors import FinineError
from finine_core.gradients.forms import Dense, Form
from finine_core.gradients.rules import HookedRule, LayerCall

# nn.RMSNorm came with PyTorch 2.4; older ones simply have no such layer.
_RMS_NORM: type[nn.Module] | None = getattr(nn, "RMSNorm", None)


def _scale_and_shift(
    call: LayerCall, normalised: Callable[[], Tensor], per_row: Callable[[Tensor], Tensor]
) -> list[Form]:
    """Gradients of y = w · x̂ + b, summed by `per_row` to (n, p)."""
    found: list[Form] = []
    if "weight" in call.parts:
        found.append(Dense((call.parts["weight"],), per_row(normalised() * call.delta)))
    if "bias" in call.parts:
        found.append(Dense((call.parts["bias"],), per_row(call.delta)))
    return found


class _LastAxesNorm(HookedRule):
    """Norms over the last axes, with parameters of that shape."""

    @abstractmethod
    def normalised(self, layer: nn.Module, a: Tensor, eps: float | None) -> Tensor:
        """x̂, shaped like a."""

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:
        width = math.prod(layer.normalized_shape)  # type: ignore[arg-type]
        return _scale_and_shift(
            call,
            lambda: self.normalised(layer, call.a, layer.eps),  # type: ignore[arg-type]
            lambda values: values.reshape(call.rows, -1, width).sum(dim=1),
        )


class LayerNormRule(_LastAxesNorm):
    """`nn.LayerNorm`."""

    kinds = (nn.LayerNorm,)

    def normalised(self, layer: nn.Module, a: Tensor, eps: float | None) -> Tensor:
        assert isinstance(layer, nn.LayerNorm)
        assert eps is not None
        return functional.layer_norm(a, layer.normalized_shape, None, None, eps)


class RMSNormRule(_LastAxesNorm):
    """`nn.RMSNorm`."""

    kinds = () if _RMS_NORM is None else (_RMS_NORM,)

    def normalised(self, layer: nn.Module, a: Tensor, eps: float | None) -> Tensor:
        if eps is None:  # PyTorch's default is that of the inputs' dtype, not of ours
            weight = layer.weight
            assert isinstance(weight, Tensor)
            eps = torch.finfo(weight.dtype).eps
        axes = tuple(range(-len(layer.normalized_shape), 0))  # type: ignore[arg-type]
        return a * torch.rsqrt(a.square().mean(dim=axes, keepdim=True) + eps)


class _ChannelNorm(HookedRule):
    """Norms with one scale and shift per channel, on (n, C) or (n, C, …)."""

    @abstractmethod
    def normalised(self, layer: nn.Module, a: Tensor) -> Tensor:
        """x̂, shaped like a."""

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:
        def by_channel(values: Tensor) -> Tensor:  # (n, C)
            positions = math.prod(values.shape[2:])
            return values.reshape(call.rows, -1, *values.shape[1:2], positions).sum(dim=(1, 3))

        return _scale_and_shift(call, lambda: self.normalised(layer, call.a), by_channel)


class GroupNormRule(_ChannelNorm):
    """`nn.GroupNorm`."""

    kinds = (nn.GroupNorm,)

    def normalised(self, layer: nn.Module, a: Tensor) -> Tensor:
        assert isinstance(layer, nn.GroupNorm)
        return functional.group_norm(a, layer.num_groups, None, None, layer.eps)


class BatchNormRule(_ChannelNorm):
    """`nn.BatchNorm1d`, `2d` and `3d`; in training mode all of the rows must be one batch."""

    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

    def normalised(self, layer: nn.Module, a: Tensor) -> Tensor:
        eps = float(layer.eps)  # type: ignore[arg-type]
        if layer.training:
            return functional.batch_norm(a, None, None, training=True, eps=eps)
        mean, variance = layer.running_mean, layer.running_var
        if not isinstance(mean, Tensor) or not isinstance(variance, Tensor):
            raise FinineError(
                "A batch norm without running statistics takes those of the batch, so one row's"
                " gradient depends on the others.",
                "Build it with track_running_stats=True.",
            )
        shape = (-1, *(1 for _ in a.shape[2:]))
        scale = torch.rsqrt(variance.to(a) + eps)
        return (a - mean.to(a).view(shape)) * scale.view(shape)
