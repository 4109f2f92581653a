"""One chunk of rows, run once, from which every gradient product is had.

`GhostRows` is the layer below `RowGradients`: it holds what layers saw of the chunk, and nothing of
size rows × parameters (docs/gradients.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from finine_core.errors import FinineError
from finine_core.gradients.forms import (
    Ask,
    Choice,
    Direction,
    Form,
    Outer,
    Room,
    SparseOuter,
    Totals,
    added,
)
from finine_core.gradients.projection import Projector

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class GhostRows:
    """The loss gradients of n rows, held as layer inputs and output gradients.

    Attributes:
        losses: one loss per row, shape (n,).
        outputs: the model's outputs, first axis n.
        parameters: shape of each parameter that the gradients are of.
        dtype: of products.
    """

    losses: Tensor
    outputs: Tensor
    parameters: dict[str, tuple[int, ...]]
    dtype: torch.dtype
    _forms: tuple[Form, ...]
    _room: Room = field(default_factory=Room)

    def __len__(self) -> int:
        return len(self.losses)

    def take(self, rows: slice) -> GhostRows:
        """Some of the rows; a view."""
        outputs = self.outputs[rows] if isinstance(self.outputs, Tensor) else self.outputs
        forms = tuple(form.take(rows) for form in self._forms)
        return GhostRows(self.losses[rows], outputs, self.parameters, self.dtype, forms)

    def with_sparse_inputs(self, key: tuple[str, ...], inputs: csr_array) -> GhostRows:
        """The same with the inputs of one layer given as they are few, (n, q).

        Args:
            key: names of the layer's parameters (`Form.key`); its form has one position.
        """
        forms = tuple(
            SparseOuter(form, inputs) if form.key == key and isinstance(form, Outer) else form
            for form in self._forms
        )
        return GhostRows(self.losses, self.outputs, self.parameters, self.dtype, forms)

    def squared_norms(self) -> Tensor:
        """‖g_i‖², shape (n,)."""
        totals = self.totals(norms=True)[0]
        assert totals.norms is not None
        return totals.norms

    def pairs(self, other: GhostRows) -> Tensor:
        """⟨g_i, g_j⟩ of these rows (i) with the other rows (j), shape (n, m)."""
        totals = self.totals(probe=other)[0]
        assert totals.pairs is not None
        return totals.pairs

    def along(self, direction: Direction) -> Tensor:
        """⟨g_i, V⟩ for a direction V in parameter space, shape (n,)."""
        totals = self.totals(directions=(direction,))[0]
        assert totals.along is not None
        return totals.along[:, 0]

    def summed_gradient(self) -> Direction:
        """Σ_i g_i as a direction; parameters that the loss does not depend on have zeros."""
        total = added([form.summed() for form in self._forms])
        return {
            name: total[name] if name in total else self._zeros(*shape)
            for name, shape in self.parameters.items()
        }

    def totals(
        self,
        norms: bool = False,
        probe: GhostRows | None = None,
        directions: Sequence[Direction] = (),
        projector: Projector | None = None,
    ) -> tuple[Totals, list[Choice]]:
        """All of the wanted products at once, and which forms were taken for them."""
        self._check_directions(directions)
        totals = Totals(
            norms=self._zeros(len(self)) if norms else None,
            pairs=self._zeros(len(self), len(probe)) if probe is not None else None,
            along=self._zeros(len(self), len(directions)) if directions else None,
            projected=self._zeros(len(self), projector.size) if projector is not None else None,
        )
        theirs = {form.key: form for form in probe._forms} if probe is not None else {}
        if probe is not None and probe.parameters != self.parameters:
            raise FinineError(
                "The probe's gradients are of other parameters than those of the rows.",
                "Make the probe with the same model and the same choice of parameters.",
            )
        choices: list[Choice] = []
        for form in self._forms:
            mine = totals
            if probe is not None and form.key not in theirs:
                mine = Totals(totals.norms, None, totals.along, totals.projected)
            room = probe._room if probe is not None else Room()
            form.add(Ask(theirs.get(form.key), directions, projector, room, choices), mine)
        if totals.projected is not None and projector is not None:
            totals.projected *= projector.size**-0.5
        return totals, choices

    @property
    def held_bytes(self) -> int:
        """Memory taken while these rows are kept."""
        return sum(form.held_bytes for form in self._forms)

    @staticmethod
    def joined(chunks: Sequence[GhostRows], room: Room) -> GhostRows:
        """One set of rows from several chunks.

        Args:
            room: how much memory may be taken to keep what each pairing would compute again.
        """
        first = chunks[0]
        keys = [form.key for form in first._forms]
        if any([form.key for form in chunk._forms] != keys for chunk in chunks):
            raise FinineError(
                "The model uses other layers for some of the rows than for others.",
                "Make one probe per kind of row.",
            )
        groups = zip(*(chunk._forms for chunk in chunks), strict=True)
        return GhostRows(
            torch.cat([chunk.losses for chunk in chunks]),
            torch.cat([chunk.outputs for chunk in chunks])
            if isinstance(first.outputs, Tensor)
            else first.outputs,
            first.parameters,
            first.dtype,
            tuple(group[0].joined(group) for group in groups),
            room,
        )

    def _zeros(self, *shape: int) -> Tensor:
        return torch.zeros(*shape, dtype=self.dtype, device=self.losses.device)

    def _check_directions(self, directions: Sequence[Direction]) -> None:
        for k, direction in enumerate(directions):
            if direction.keys() != self.parameters.keys():
                missing = sorted(self.parameters.keys() - direction.keys())
                extra = sorted(direction.keys() - self.parameters.keys())
                raise FinineError(
                    f"Direction {k} does not fit the parameters: missing {missing[:5]},"
                    f" unknown {extra[:5]}.",
                    "Give one tensor for every chosen parameter, and no other.",
                )
            for name, shape in self.parameters.items():
                if tuple(direction[name].shape) != shape:
                    raise FinineError(
                        f"Direction {k} has shape {tuple(direction[name].shape)} for parameter"
                        f" '{name}', which has {shape}.",
                        "Shape it like the parameter.",
                    )
