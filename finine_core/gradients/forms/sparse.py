"""Gradients of a first layer whose inputs are mostly zeros, such as terms of texts.

The same as `Outer` with one position, but its right factors are kept as they are few: their
products with a matrix read the numbers that are there, and no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from finine_core.gradients.forms.counts import Shape
from finine_core.gradients.forms.outer import Outer

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class SparseOuter(Outer):
    """`Outer` with one position, and right factors `inputs` (n, q) in compressed rows."""

    def __init__(self, form: Outer, inputs: csr_array) -> None:
        self.weight, self.bias, self.transposed = form.weight, form.bias, form.transposed
        self.parts, self.rows, self.left, self.inputs = form.parts, form.rows, form.left, inputs
        self._spelled, self._sums = None, None

    @property
    def right(self) -> Tensor:  # type: ignore[override]  # spelled out: for a few rows only
        """The right factors, (n, 1, 1, q)."""
        return torch.from_numpy(self.inputs.toarray()).to(self.left)[:, None, None]

    @property
    def shape(self) -> Shape:
        return Shape(self.rows, 1, self.left.shape[-1], self.inputs.shape[1])

    def plain(self) -> Outer:
        return Outer(self.weight, self.bias, self.left, self.right, self.transposed)

    def take(self, rows: slice) -> SparseOuter:
        return SparseOuter(self._without_inputs(self.left[rows]), self.inputs[rows])

    def _without_inputs(self, left: Tensor) -> Outer:
        return Outer(self.weight, self.bias, left, left, self.transposed)

    def _right_squares(self) -> Tensor:
        return torch.from_numpy(self.inputs.multiply(self.inputs).sum(axis=1)).to(self.left)

    def _right_with(self, probe: Outer) -> Tensor:
        if not isinstance(probe, SparseOuter):
            return super()._right_with(probe)
        return torch.from_numpy((self.inputs @ probe.inputs.T).toarray()).to(self.left)

    def _right_times(self, matrix: Tensor) -> Tensor:
        dense = np.ascontiguousarray(matrix.cpu().numpy())
        return torch.from_numpy(self.inputs @ dense).to(self.left)
