"""Gradients of convolution kernels: a weight matrix whose positions are those of the output image.

The left factor is δ at a position, the right one the patch of inputs that the kernel saw there.
Patches are k² times larger than the inputs, so they are unfolded for a tile of rows at a time;
directions and sums use PyTorch's own convolutions, which never unfold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.grad import conv2d_weight

from finine_core.gradients.forms.base import Direction, Form, Part
from finine_core.gradients.forms.counts import Shape
from finine_core.gradients.forms.outer import Outer


@dataclass(frozen=True)
class Kernel:
    """How a two-dimensional convolution moves; a one-dimensional one has height 1."""

    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int


class Convolution(Outer):
    """Inputs `a` (n, C, H, W) and output gradients δ (n, O, H', W') of a convolution."""

    def __init__(
        self, weight: Part, bias: Part | None, a: Tensor, delta: Tensor, kernel: Kernel
    ) -> None:
        self.weight, self.bias, self.transposed = weight, bias, False
        self.parts = (weight,) if bias is None else (weight, bias)
        self.a, self.delta, self.kernel = a, delta.contiguous(), kernel
        self.rows = len(a)
        groups = kernel.groups
        by_group = self.delta.view(self.rows, groups, delta.shape[1] // groups, -1)
        self.left = by_group.transpose(2, 3)  # (n, G, H'·W', O/G)
        self._spelled, self._sums = None, None

    @property
    def shape(self) -> Shape:
        n, groups, positions, p = self.left.shape
        height, width = self.kernel.size
        return Shape(n, positions, p, self.a.shape[1] // groups * height * width, groups)

    def right_rows(self, rows: slice) -> Tensor:
        """Patches of some rows, (rows, G, H'·W', C/G·kh·kw)."""
        kernel, a = self.kernel, self.a[rows]
        vertical, horizontal = kernel.padding
        a = functional.pad(a, (horizontal, horizontal, vertical, vertical)).contiguous()
        n, channels = a.shape[:2]
        sn, sc, sh, sw = a.stride()
        groups, within = kernel.groups, channels // kernel.groups
        patches = a.as_strided(
            (n, groups, within, *kernel.size, *self.delta.shape[2:]),
            (
                *(sn, sc * within, sc),
                *(sh * kernel.dilation[0], sw * kernel.dilation[1]),
                *(sh * kernel.stride[0], sw * kernel.stride[1]),
            ),
            a.storage_offset(),
        )
        return patches.reshape(n, groups, self.shape.right, -1).transpose(2, 3)

    def _add_along(self, directions: Sequence[Direction], along: Tensor) -> None:
        kernel = self.kernel
        for k, direction in enumerate(directions):
            value = self.weight.of(direction).to(self.a)
            moved = functional.conv2d(
                self.a,
                value.reshape(value.shape[0], value.shape[1], *kernel.size),
                None if self.bias is None else self.bias.of(direction).to(self.a),
                kernel.stride,
                kernel.padding,
                kernel.dilation,
                kernel.groups,
            )  # (n, O, H', W'): how outputs move along the direction
            along[:, k] += moved.mul_(self.delta).flatten(1).sum(dim=1)

    def summed(self) -> Direction:
        kernel = self.kernel
        size = (self.delta.shape[1], self.a.shape[1] // kernel.groups, *kernel.size)
        total = self.weight.whole(
            conv2d_weight(
                self.a,
                size,
                self.delta,
                kernel.stride,
                kernel.padding,
                kernel.dilation,
                kernel.groups,
            )
        )
        if self.bias is not None:
            total |= self.bias.whole(self.delta.sum(dim=(0, 2, 3)))
        return total

    def take(self, rows: slice) -> Convolution:
        a, delta = self.a[rows], self.delta[rows]
        return Convolution(self.weight, self.bias, a, delta, self.kernel)

    def plain(self) -> Outer:
        return Outer(self.weight, self.bias, self.left, self.right_rows(slice(0, self.rows)))

    def without_bias(self) -> Outer:
        return Convolution(self.weight, None, self.a, self.delta, self.kernel)

    def beside(self, other: Outer) -> Outer:
        return self.plain().beside(other.plain())

    @classmethod
    def joined(cls, forms: Sequence[Form]) -> Convolution:
        some = [form for form in forms if isinstance(form, Convolution)]
        return Convolution(
            some[0].weight,
            some[0].bias,
            torch.cat([form.a for form in some]),
            torch.cat([form.delta for form in some]),
            some[0].kernel,
        )

    @property
    def held_bytes(self) -> int:
        return self.a.nbytes + self.delta.nbytes
