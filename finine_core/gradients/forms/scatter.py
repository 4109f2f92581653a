"""Gradients of a lookup table: row i's is Σ_t e(token_it) δ_itᵀ, non-zero in a few table rows.

Tokens that repeat within a row are summed first ("entries": unique pairs of row and token), so
that ‖g_i‖² is the squared length of its entries. Pairs meet only in tokens that both sides use:
either all entries are compared (Gram), or both sides are spelled out over the shared tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from finine_core.gradients.forms.base import (
    TILE_BYTES,
    Ask,
    Choice,
    Direction,
    Form,
    Part,
    Totals,
    tile_rows,
)

# Masking and summing a product of two entries moves memory, and costs as much as about this many
# of the multiplications that a GEMM does in the same time.
MASK_OPERATIONS = 32


class Scatter(Form):
    """Tokens (n, T) and the gradients of what was looked up, δ (n, T, E).

    Entries without gradient (padding) are given as δ = 0.
    """

    def __init__(self, part: Part, tokens: Tensor, delta: Tensor) -> None:
        self.parts, self.tokens, self.delta = (part,), tokens, delta
        self.rows = len(tokens)

    @cached_property
    def entries(self) -> tuple[Tensor, Tensor, Tensor]:
        """Row (U,), token (U,) and summed δ (U, E) of each distinct pair of row and token."""
        table = self.parts[0].shape[0]
        row = torch.arange(self.rows, device=self.tokens.device)[:, None]
        pair, place = torch.unique(row * table + self.tokens, return_inverse=True)
        values = self.delta.new_zeros(len(pair), self.delta.shape[-1])
        values.index_add_(0, place.reshape(-1), self.delta.flatten(0, 1))
        return pair // table, pair % table, values

    def add(self, ask: Ask, totals: Totals) -> None:
        if totals.norms is not None:
            row, _, values = self.entries
            totals.norms.index_add_(0, row, values.square().sum(dim=1))
        if totals.pairs is not None and ask.probe is not None:
            assert isinstance(ask.probe, Scatter)
            self._add_pairs(ask.probe, totals.pairs, ask)
        if totals.along is not None:
            for k, direction in enumerate(ask.directions):
                table = self.parts[0].of(direction).to(self.delta)
                moved = table[self.tokens].mul_(self.delta)  # (n, T, E)
                totals.along[:, k] += moved.flatten(1).sum(dim=1)
        if totals.projected is not None and ask.projector is not None:
            self._add_projected(ask, totals.projected)

    def _add_pairs(self, probe: Scatter, pairs: Tensor, ask: Ask) -> None:
        row, token, values = self.entries
        probe_row, probe_token, probe_values = probe.entries
        shared = token.unique()
        shared = shared[torch.isin(shared, probe_token)]
        width = values.shape[1]
        gram = len(row) * len(probe_row) * (width + MASK_OPERATIONS)
        spelled = len(pairs) * pairs.shape[1] * len(shared) * width
        ask.choices.append(
            Choice(
                self.parts[0].name,
                f"{len(row)} entries × {len(probe_row)}, {len(shared)} shared tokens",
                "pairs: " + ("Gram" if gram < spelled else "instantiated"),
                {"Gram": gram, "instantiated": spelled},
            )
        )
        if not len(shared):
            return
        if gram < spelled:
            self._pairs_of_entries(probe, pairs)
            return
        step = tile_rows((self.rows + probe.rows) * width * values.element_size(), 4 * TILE_BYTES)
        for tokens in shared.split(step):
            mine = _over(tokens, row, token, values, self.rows)
            pairs.addmm_(mine, _over(tokens, probe_row, probe_token, probe_values, probe.rows).T)

    def _pairs_of_entries(self, probe: Scatter, pairs: Tensor) -> None:
        row, token, values = self.entries
        probe_row, probe_token, probe_values = probe.entries
        step = tile_rows(2 * len(probe_row) * values.element_size())
        for at in range(0, len(row), step):
            some = slice(at, at + step)
            products = values[some] @ probe_values.T  # (entries in tile, probe's entries)
            products.mul_(token[some, None] == probe_token)
            by_probe = products.new_zeros(len(products), pairs.shape[1])
            by_probe.index_add_(1, probe_row, products)
            pairs.index_add_(0, row[some], by_probe)

    def _add_projected(self, ask: Ask, projected: Tensor) -> None:
        assert ask.projector is not None
        key, (table, width) = self.parts[0].key, self.parts[0].shape
        u = ask.projector.signs(f"{key}:left", table)  # (V, r)
        w = ask.projector.signs(f"{key}:right", width)  # (E, r)
        length = self.tokens.shape[1]
        step = tile_rows(2 * length * ask.projector.size * self.delta.element_size())
        for at in range(0, self.rows, step):
            some = slice(at, at + step)
            looked_up = (self.delta[some] @ w).mul_(u[self.tokens[some]])  # (rows, T, r)
            projected[some] += looked_up.sum(dim=1)

    def summed(self) -> Direction:
        part = self.parts[0]
        total = self.delta.new_zeros(part.shape)
        total.index_add_(0, self.tokens.reshape(-1), self.delta.flatten(0, 1))
        return {part.name: total}

    def take(self, rows: slice) -> Scatter:
        return Scatter(self.parts[0], self.tokens[rows], self.delta[rows])

    def spelled_out(self) -> Tensor:
        table, width = self.parts[0].shape
        values = self.delta.new_zeros(self.rows * table, width)
        row = torch.arange(self.rows, device=self.tokens.device)[:, None]
        values.index_add_(0, (row * table + self.tokens).reshape(-1), self.delta.flatten(0, 1))
        return values.view(self.rows, -1)

    @classmethod
    def joined(cls, forms: Sequence[Form]) -> Scatter:
        some = [form for form in forms if isinstance(form, Scatter)]
        return Scatter(
            some[0].parts[0],
            torch.cat([form.tokens for form in some]),
            torch.cat([form.delta for form in some]),
        )

    @property
    def held_bytes(self) -> int:
        return self.tokens.nbytes + 2 * self.delta.nbytes


def _over(tokens: Tensor, row: Tensor, token: Tensor, values: Tensor, rows: int) -> Tensor:
    """Entries spelled out over sorted `tokens` only, shape (rows, tokens · E)."""
    place = torch.searchsorted(tokens, token).clamp_(max=len(tokens) - 1)
    kept = tokens[place] == token
    out = values.new_zeros(rows, len(tokens), values.shape[1])
    out[row[kept], place[kept]] = values[kept]  # entries are unique, so nothing is overwritten
    return out.flatten(1)
