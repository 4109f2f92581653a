"""Gradients of weight matrices: row i's is a sum of outer products, G_i = Σ_t l_it r_itᵀ.

For a linear layer l is the gradient δ of its outputs, r its inputs a, t the positions of a
sequence, and a bias is one more input that is always 1: ⟨g_i, g_j⟩ = (a_i·a_j + 1)(δ_i·δ_j) for
T = 1. Convolutions have their image positions for t (`forms/convolution.py`). Counts of operations
(`forms/counts.py`) decide between factors and spelled-out gradients.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from finine_core.gradients.forms.base import (
    Ask,
    Choice,
    Direction,
    Form,
    Part,
    Totals,
    slices,
    squared,
    tile_rows,
)
from finine_core.gradients.forms.counts import Shape, instantiated_products, operations
from finine_core.gradients.forms.dense import Dense
from finine_core.gradients.forms.gram import gram_norms, gram_pairs

# A probe's gradients are spelled out in slices of at most this size, each used for all rows of a
# chunk; thinner slices make thinner GEMMs.
PROBE_BYTES = 64 * 2**20


class Outer(Form):
    """Factors `left` (n, G, T, p) and `right` (n, G, T, q) of a weight of G·p × q numbers.

    Args:
        weight: whose gradient the sum of outer products is.
        bias: whose gradient Σ_t l_it is, or None.
        transposed: the parameter is stored as q × p.
    """

    def __init__(
        self,
        weight: Part,
        bias: Part | None,
        left: Tensor,
        right: Tensor,
        transposed: bool = False,
    ) -> None:
        self.weight, self.bias = weight, bias
        self.parts = (weight,) if bias is None else (weight, bias)
        self.left, self.right, self.transposed = left, right, transposed
        self.rows = len(left)
        self._spelled: Tensor | None = None
        self._sums: Tensor | None = None

    # --- shapes and factors; a convolution overrides these ---------------------------------------

    @property
    def shape(self) -> Shape:
        n, groups, positions, p = self.left.shape
        return Shape(n, positions, p, self.right.shape[-1], groups)

    def right_rows(self, rows: slice) -> Tensor:
        """The right factors of some rows, (rows, G, T, q)."""
        return self.right[rows]

    # --- products --------------------------------------------------------------------------------

    def add(self, ask: Ask, totals: Totals) -> None:
        shape = self.shape
        probe = ask.probe if isinstance(ask.probe, Outer) else None
        if (
            shape.positions == 1
            and shape.groups == 1
            and (probe is None or probe.shape.positions == 1)
        ):
            self._add_single(probe, ask, totals)
            return
        counts = operations(
            shape,
            totals.norms is not None,
            probe.shape if probe is not None else None,
            len(ask.directions),
            probe is not None and probe._spelled is not None,
        )
        spelled = instantiated_products(counts)
        for name, by_form in counts.items():
            if name != "spelling out":
                taken = "instantiated" if name in spelled else "Gram"
                ask.choices.append(
                    Choice(" + ".join(self.key), str(shape), f"{name}: {taken}", by_form)
                )
        if spelled:
            self._add_spelled(spelled, probe, ask, totals)
        if totals.norms is not None and "norms" not in spelled:
            gram_norms(self, totals.norms)
        if totals.pairs is not None and probe is not None and "pairs" not in spelled:
            gram_pairs(self, probe, totals.pairs)
        if totals.along is not None and "along" not in spelled:
            self._add_along(ask.directions, totals.along)
        if totals.projected is not None:
            self._add_projected(ask, totals.projected)
        if self.bias is not None and spelled:
            self._add_bias(spelled, probe, ask, totals)

    def _add_single(self, probe: Outer | None, ask: Ask, totals: Totals) -> None:
        """One position: everything follows from products of the factors' rows."""
        left = self.left[:, 0, 0]  # (n, p)
        if totals.norms is not None:
            inputs = self._right_squares()
            if self.bias is not None:
                inputs += 1.0
            totals.norms.addcmul_(inputs, squared(left))
        if totals.pairs is not None and probe is not None:
            inputs = self._right_with(probe)  # (n, m)
            theirs = left @ probe.left[:, 0, 0].T  # (n, m)
            if self.bias is not None:
                inputs += 1.0
            totals.pairs.addcmul_(inputs, theirs)
        if totals.along is not None:
            self._add_along(ask.directions, totals.along)
        if totals.projected is not None:
            self._add_projected(ask, totals.projected)

    def _right_squares(self) -> Tensor:
        """Squared lengths of the right factors, (n,); of one position."""
        return squared(self.right[:, 0, 0])

    def _right_with(self, probe: Outer) -> Tensor:
        """Products of the right factors with the probe's, (n, m); of one position."""
        return self._right_times(probe.right[:, 0, 0].T)

    def _right_times(self, matrix: Tensor) -> Tensor:
        """The right factors times a matrix (q, m), (n, m); of one position."""
        return self.right[:, 0, 0] @ matrix

    def _add_along(self, directions: Sequence[Direction], along: Tensor) -> None:
        if self.shape.groups == 1 and self.shape.positions == 1:
            left = self.left[:, 0, 0]  # (n, p)
            for k, direction in enumerate(directions):
                moved = self._right_times(self._matrix(direction).T)
                if self.bias is not None:
                    moved += self.bias.of(direction).to(moved)
                along[:, k] += moved.mul_(left).sum(dim=1)
            return
        right, left = self.right, self.left
        if self.shape.groups == 1:
            right, left = right[:, 0], left[:, 0]  # (n, T, q), (n, T, p)
        for k, direction in enumerate(directions):
            matrix = self._grouped(direction) if self.shape.groups > 1 else self._matrix(direction)
            moved = right @ matrix.mT  # how outputs move along the direction, like left
            if self.bias is not None:
                bias = self.bias.of(direction).to(moved)
                moved += bias if self.shape.groups == 1 else bias.view(-1, 1, left.shape[-1])
            along[:, k] += moved.mul_(left).flatten(1).sum(dim=1)

    def _add_spelled(
        self, wanted: frozenset[str], probe: Outer | None, ask: Ask, totals: Totals
    ) -> None:
        """Spell gradients out tile by tile, and take all of the wanted products from each tile."""
        shape, size = self.shape, self.left.element_size()
        pairs = totals.pairs if "pairs" in wanted else None
        across = shape.left  # the slice of left features that is spelled out at once
        if pairs is not None and probe is not None:
            across = min(across, tile_rows(probe.rows * shape.groups * shape.right * size,
                                           PROBE_BYTES))  # fmt: skip
        step = tile_rows(shape.groups * shape.right * (across + shape.positions) * size)
        for features in slices(shape.left, across):
            theirs = None
            if pairs is not None and probe is not None:
                theirs = probe.spelled(features, ask if across == shape.left else None)
            along = None
            if totals.along is not None and "along" in wanted:
                along = torch.stack(
                    [self._grouped(d)[:, features].flatten() for d in ask.directions], dim=1
                )  # (G·p·q, k)
            for rows in slices(self.rows, step):
                mine = self._spell(rows, features)  # (rows, G·p·q)
                if totals.norms is not None and "norms" in wanted:
                    totals.norms[rows] += squared(mine)
                if pairs is not None and theirs is not None:
                    pairs[rows].addmm_(mine, theirs)
                if totals.along is not None and along is not None:
                    totals.along[rows].addmm_(mine, along)

    def _add_bias(
        self, wanted: frozenset[str], probe: Outer | None, ask: Ask, totals: Totals
    ) -> None:
        """The bias's share of the products taken from spelled-out gradients."""
        assert self.bias is not None
        left = self._left_sums()  # (n, G·p)
        if totals.norms is not None and "norms" in wanted:
            totals.norms += squared(left)
        if totals.pairs is not None and probe is not None and "pairs" in wanted:
            totals.pairs.addmm_(left, probe._left_sums().T)
        if totals.along is not None and "along" in wanted:
            biases = [self.bias.of(d).reshape(-1).to(left) for d in ask.directions]
            totals.along.addmm_(left, torch.stack(biases, dim=1))

    def _add_projected(self, ask: Ask, projected: Tensor) -> None:
        assert ask.projector is not None
        shape, r = self.shape, ask.projector.size
        u = ask.projector.signs(f"{self.weight.key}:left", shape.groups * shape.left)
        u = u.view(shape.groups, shape.left, r)
        w = ask.projector.signs(f"{self.weight.key}:right", shape.right)  # (q, r)
        one = ask.projector.signs(f"{self.bias.key}:bias", 1) if self.bias is not None else None
        step = tile_rows(shape.positions * (2 * r + shape.right) * self.left.element_size())
        for rows in slices(self.rows, step):
            right = self.right_rows(rows)
            for group in range(shape.groups):
                inputs = right[:, group] @ w  # (rows, T, r)
                if one is not None:
                    inputs += one
                inputs.mul_(self.left[rows, group] @ u[group])
                projected[rows] += inputs.sum(dim=1)

    # --- spelled out -----------------------------------------------------------------------------

    def _spell(self, rows: slice, features: slice) -> Tensor:
        left = self.left[rows][..., features].flatten(0, 1)  # (rows·G, T, p)
        right = self.right_rows(rows).flatten(0, 1)
        spelled = torch.bmm(left.transpose(1, 2), right)  # (rows·G, p, q)
        return spelled.view(len(self.left[rows]), -1)

    def spelled(self, features: slice, ask: Ask | None) -> Tensor:
        """This form's weight gradients as a probe's, (G·p·q, n); kept where there is room."""
        if self._spelled is not None:
            return self._spelled
        # Transposed in memory: thin GEMMs ran at 1.2 to 1.5 times the rate that way.
        spelled = self._spell(slice(0, self.rows), features).T.contiguous()
        if ask is not None and ask.room.take(spelled.nbytes):
            self._spelled = spelled
        return spelled

    def spelled_out(self) -> Tensor:
        weight = self._spell(slice(0, self.rows), slice(0, self.shape.left))
        if self.transposed:
            weight = weight.view(self.rows, self.shape.left, -1).transpose(1, 2).flatten(1)
        return weight if self.bias is None else torch.cat([weight, self._left_sums()], dim=1)

    def summed(self) -> Direction:
        if self.shape.groups == 1:
            left, right = self.left[:, 0].flatten(0, 1), self.right[:, 0].flatten(0, 1)
            value = right.T @ left if self.transposed else left.T @ right
        else:
            value = torch.einsum("ngtp,ngtq->gpq", self.left, self.right)
        total = self.weight.whole(value)
        if self.bias is not None:
            total |= self.bias.whole(self.left.sum(dim=(0, 2)).flatten())
        return total

    def _left_sums(self) -> Tensor:
        """Row gradients of the bias, (n, G·p); kept, since a probe is asked chunk after chunk."""
        if self._sums is None:
            self._sums = self.left.sum(dim=2).flatten(1)
        return self._sums

    def _matrix(self, direction: Direction) -> Tensor:
        """The weight's direction as a G·p × q matrix in this form's dtype."""
        value = self.weight.of(direction).to(self.left)
        return value.T if self.transposed else value.reshape(-1, self.shape.right)

    def _grouped(self, direction: Direction) -> Tensor:
        shape = self.shape
        return self._matrix(direction).reshape(shape.groups, shape.left, shape.right)

    # --- rows ------------------------------------------------------------------------------------

    def take(self, rows: slice) -> Outer:
        return Outer(self.weight, self.bias, self.left[rows], self.right[rows], self.transposed)

    def without_bias(self) -> Outer:
        """The weight alone, for a weight that is tied while its biases are not."""
        return Outer(self.weight, None, self.left, self.right, self.transposed)

    def bias_gradients(self) -> Dense | None:
        """The bias alone."""
        return None if self.bias is None else Dense((self.bias,), self._left_sums())

    def plain(self) -> Outer:
        """The same with both factors at hand; a convolution unfolds its inputs here."""
        return self

    @classmethod
    def joined(cls, forms: Sequence[Form]) -> Outer:
        some = [form for form in forms if isinstance(form, Outer)]
        left = torch.cat([form.left for form in some])
        right = torch.cat([form.right for form in some])
        return Outer(some[0].weight, some[0].bias, left, right, some[0].transposed)

    def beside(self, other: Outer) -> Outer:
        """The sum of two uses of the same weight: their positions, one after the other."""
        left = torch.cat([self.left, other.left], dim=2)
        right = torch.cat([self.right, other.right], dim=2)
        return Outer(self.weight, self.bias, left, right, self.transposed)

    def regrouped(self, rows: int) -> Outer:
        """The same for factors that hold several items a row, (n·k, G, T, ·): k·T positions."""

        def gather(factors: Tensor) -> Tensor:  # (n, G, k·T, ·)
            groups, width = factors.shape[1], factors.shape[-1]
            return factors.unflatten(0, (rows, -1)).transpose(1, 2).reshape(rows, groups, -1, width)

        left, right = gather(self.left), gather(self.right)
        return Outer(self.weight, self.bias, left, right, self.transposed)

    @property
    def held_bytes(self) -> int:
        return self.left.nbytes + self.right.nbytes
