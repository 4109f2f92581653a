"""Gradients of parameters whose module has no rule: PyTorch differentiates a score of each row.

The score s_i is the row's loss, or δ_i·output_i of one module, as a function of the parameters in
question: forward-mode `jvp` gives directions, one ordinary backward gives the sum, and chunked
`vmap(grad)` or, where an operation refuses it, a loop over rows gives the gradients themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.func import grad, jvp, vmap

from finine_core.gradients.forms.base import Ask, Direction, Form, Part, Totals
from finine_core.gradients.forms.dense import Dense

# Scores of rows, shape (n,), from parameters by name and the rows' tensors (first axis n).
Score = Callable[[dict[str, Tensor], tuple[Tensor, ...]], Tensor]


class Traced(Form):
    """Rows' tensors and their scores as a function of `values`, the parameters by name.

    Args:
        parts: the parameters; `values` has the same names and order.
        dtype: of products.
        tell: is called with a reason when a slower way has to be taken.
    """

    def __init__(
        self,
        parts: tuple[Part, ...],
        values: dict[str, Tensor],
        score: Score,
        tensors: tuple[Tensor, ...],
        dtype: torch.dtype,
        tell: Callable[[str], None],
    ) -> None:
        self.parts, self.values, self.score = parts, values, score
        self.tensors, self.dtype, self.tell = tensors, dtype, tell
        self.rows = len(tensors[0])
        self._dense: Dense | None = None

    def add(self, ask: Ask, totals: Totals) -> None:
        spelled = any(t is not None for t in (totals.norms, totals.pairs, totals.projected))
        if not spelled and totals.along is not None and self._add_moved(ask, totals.along):
            return
        self.dense().add(ask, totals)

    def _add_moved(self, ask: Ask, along: Tensor) -> bool:
        """Directions by forward mode: ⟨g_i, V⟩ is how fast row i's score moves along V."""
        for k, direction in enumerate(ask.directions):
            tangents = {
                part.name: part.of(direction).to(self.values[part.name]) for part in self.parts
            }
            try:
                with torch.no_grad():
                    moved = jvp(
                        lambda values: self.score(values, self.tensors), (self.values,), (tangents,)
                    )[1]
            except (RuntimeError, NotImplementedError) as reason:
                if k > 0:
                    raise
                self.tell(f"has no forward mode ({_first_line(reason)})")
                return False
            along[:, k] += moved.to(self.dtype)
        return True

    def dense(self) -> Dense:
        """The gradients themselves, (n, p)."""
        if self._dense is None:
            self._dense = Dense(self.parts, self._by_vmap())
        return self._dense

    def _by_vmap(self) -> Tensor:
        def one(values: dict[str, Tensor], *row: Tensor) -> Tensor:
            return self.score(values, tuple(t[None] for t in row))[0]

        try:
            with torch.no_grad():
                per_row = vmap(grad(one), in_dims=(None, *(0 for _ in self.tensors)))(
                    self.values, *self.tensors
                )
        except (RuntimeError, NotImplementedError) as reason:
            self.tell(f"cannot be vectorised over rows, which are looped ({_first_line(reason)})")
            return self._by_loop()
        return torch.cat([per_row[p.name].flatten(1).to(self.dtype) for p in self.parts], dim=1)

    def _by_loop(self) -> Tensor:
        found = [
            torch.cat([g.reshape(-1).to(self.dtype) for g in self._summed(slice(i, i + 1))])
            for i in range(self.rows)
        ]
        return torch.stack(found)

    def _summed(self, rows: slice) -> list[Tensor]:
        values = {name: v.detach().requires_grad_() for name, v in self.values.items()}
        with torch.enable_grad():
            total = self.score(values, tuple(t[rows] for t in self.tensors)).sum()
            found = torch.autograd.grad(total, list(values.values()), allow_unused=True)
        return [
            torch.zeros_like(v) if g is None else g
            for g, v in zip(found, values.values(), strict=True)
        ]

    def summed(self) -> Direction:
        # Half precision would round the sum: rows are few there, so they are added afterwards.
        if self._dense is not None or self.dtype != next(iter(self.values.values())).dtype:
            return self.dense().summed()
        found = self._summed(slice(0, self.rows))
        return {p.name: g.to(self.dtype) for p, g in zip(self.parts, found, strict=True)}

    def take(self, rows: slice) -> Dense:
        return self.dense().take(rows)

    def spelled_out(self) -> Tensor:
        return self.dense().values

    @classmethod
    def joined(cls, forms: Sequence[Form]) -> Dense:
        return Dense.joined(forms)

    @property
    def held_bytes(self) -> int:
        return self.dense().held_bytes


def _first_line(reason: Exception) -> str:
    return str(reason).strip().splitlines()[0][:120] if str(reason).strip() else repr(reason)
