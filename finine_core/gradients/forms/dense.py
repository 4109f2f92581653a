"""Gradients of small parameters (biases, scales of norm layers), spelled out: (n, p) with small p.

A sum over positions is needed anyway to get them, and p numbers a row cost less than the factors.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from finine_core.gradients.forms.base import Ask, Direction, Form, Part, Totals, squared


class Dense(Form):
    """Row gradients `values` (n, p) of the parameters in `parts`, one after the other."""

    def __init__(self, parts: tuple[Part, ...], values: Tensor) -> None:
        self.parts, self.values = parts, values
        self.rows = len(values)

    def add(self, ask: Ask, totals: Totals) -> None:
        values = self.values
        if totals.norms is not None:
            totals.norms += squared(values)
        if totals.pairs is not None and ask.probe is not None:
            totals.pairs.addmm_(values, ask.probe.spelled_out().T)
        if totals.along is not None:
            directions = torch.stack([flat(self.parts, d, values) for d in ask.directions], dim=1)
            totals.along.addmm_(values, directions)  # (n, p) @ (p, k)
        if totals.projected is not None and ask.projector is not None:
            signs = ask.projector.signs("+".join(self.key), values.shape[1])  # (p, r)
            totals.projected.addmm_(values, signs)

    def summed(self) -> Direction:
        total: Direction = {}
        values = self.values.sum(dim=0).split([part.numel for part in self.parts])
        for part, value in zip(self.parts, values, strict=True):
            total |= part.whole(value)
        return total

    def take(self, rows: slice) -> Dense:
        return Dense(self.parts, self.values[rows])

    def spelled_out(self) -> Tensor:
        return self.values

    @classmethod
    def joined(cls, forms: Sequence[Form]) -> Dense:
        return Dense(forms[0].parts, torch.cat([form.spelled_out() for form in forms]))

    @property
    def held_bytes(self) -> int:
        return self.values.nbytes


def flat(parts: Sequence[Part], direction: Direction, like: Tensor) -> Tensor:
    """The parts of a direction, one after the other, shape (p,), in `like`'s dtype and device."""
    return torch.cat([part.of(direction).reshape(-1).to(like) for part in parts])
