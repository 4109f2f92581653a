"""Norms and pairs of weight gradients from their factors: ⟨G_i, G_j⟩ = Σ_tt' (l·l')(r·r' + 1).

Positions meet positions here, so it pays where there are few of them (`counts.py`). The 1 is there
when the weight has a bias.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from finine_core.gradients.forms.base import Part, slices, tile_rows
from finine_core.gradients.forms.counts import Shape


class Factors(Protocol):
    """What is needed of a weight's gradients; `Outer` says what these are."""

    rows: int
    left: Tensor
    bias: Part | None

    @property
    def shape(self) -> Shape:
        """Sizes."""

    def right_rows(self, rows: slice) -> Tensor:
        """Right factors of some rows."""


def gram_norms(form: Factors, norms: Tensor) -> None:
    """Add ‖G_i‖² to norms (n,)."""
    shape, size = form.shape, form.left.element_size()
    row = shape.groups * shape.positions * (2 * shape.positions + shape.right) * size
    for rows in slices(form.rows, tile_rows(row)):
        left, right = form.left[rows].flatten(0, 1), form.right_rows(rows).flatten(0, 1)
        inputs = torch.bmm(right, right.transpose(1, 2))  # (rows·G, T, T)
        if form.bias is not None:
            inputs += 1.0
        inputs.mul_(torch.bmm(left, left.transpose(1, 2)))
        norms[rows] += inputs.reshape(-1, shape.groups * shape.positions**2).sum(dim=1)


def gram_pairs(form: Factors, probe: Factors, pairs: Tensor) -> None:
    """Add ⟨G_i, G_j⟩ to pairs (n, m)."""
    mine, theirs = form.shape, probe.shape
    m, s = theirs.rows, theirs.positions
    step = tile_rows(2 * mine.positions * m * s * form.left.element_size())
    for group in range(mine.groups):
        their_left = probe.left[:, group].reshape(m * s, -1)
        their_right = probe.right_rows(slice(0, m))[:, group].reshape(m * s, -1)
        for rows in slices(form.rows, step):
            left = form.left[rows, group].flatten(0, 1)  # (rows·T, p)
            right = form.right_rows(rows)[:, group].flatten(0, 1)
            inputs = right @ their_right.T  # (rows·T, m·T')
            if form.bias is not None:
                inputs += 1.0
            inputs.mul_(left @ their_left.T)
            pairs[rows] += inputs.view(-1, mine.positions, m, s).sum(dim=(1, 3))
