"""Gradients of a lookup table: row i's is Σ_t e(token_it) δ_itᵀ, non-zero in a few table rows.

Tokens that repeat within a row are summed first ("entries": unique pairs of row and token), so
that ‖g_i‖² is the squared length of its entries. Pairs meet only in tokens that both sides use:
either entries of the same token are joined (Gram), or both sides are spelled out over the shared
tokens, which pays when a few tokens are in nearly every row.
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
    slices,
    tile_rows,
)
from finine_core.gradients.forms.counts import MOVE


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

    @cached_property
    def by_token(self) -> tuple[Tensor, Tensor, Tensor]:
        """The entries in the order of their tokens; kept, since a probe is asked for each chunk."""
        row, token, values = self.entries
        token, order = token.sort()
        return row[order], token, values[order]

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
        row, token, values = self.by_token
        probe_row, probe_token, probe_values = probe.by_token
        first = torch.searchsorted(probe_token, token)
        met = torch.searchsorted(probe_token, token, right=True) - first  # by each entry of mine
        shared = token[met > 0].unique_consecutive()
        width = values.shape[1]
        sizes = len(pairs), pairs.shape[1]
        counts: dict[str, float] = {
            "Gram": MOVE * int(met.sum()) * width,
            "instantiated": (sizes[0] * sizes[1] + MOVE * sum(sizes)) * len(shared) * width,
        }
        gram = counts["Gram"] < counts["instantiated"]
        ask.choices.append(
            Choice(
                self.parts[0].name,
                f"{len(row)} entries × {len(probe_row)}, {len(shared)} shared tokens",
                f"pairs: {'Gram' if gram else 'instantiated'}",
                counts,
            )
        )
        if not len(shared):
            return
        if gram:
            self._join(probe, first, met, pairs)
            return
        step = tile_rows(sum(sizes) * width * values.element_size(), 4 * TILE_BYTES)
        for tokens in shared.split(step):
            mine = _over(tokens, row, token, values, self.rows)
            pairs.addmm_(mine, _over(tokens, probe_row, probe_token, probe_values, probe.rows).T)

    def _join(self, probe: Scatter, first: Tensor, met: Tensor, pairs: Tensor) -> None:
        """Add δ·δ of entries of one token: e meets the probe's from first_e to first_e + met_e."""
        row, _, values = self.by_token
        probe_row, _, probe_values = probe.by_token
        mine = torch.repeat_interleave(met)  # which entry, once per meeting
        before = met.cumsum(0) - met
        theirs = torch.arange(len(mine), device=mine.device) - (before - first)[mine]
        place = row[mine] * pairs.shape[1] + probe_row[theirs]
        step = tile_rows(2 * values.shape[1] * values.element_size())
        for some in slices(len(mine), step):
            products = (values[mine[some]] * probe_values[theirs[some]]).sum(dim=1)
            pairs.view(-1).index_add_(0, place[some], products)

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
