"""Gradient products of any number of rows, streamed in chunks of bounded memory.

Takes a model and a per-row loss; gives ⟨g_i, g_j⟩ with held rows j, ⟨g_i, V_k⟩, ‖g_i‖², the mean
gradient and random projections, all from one forward and one backward pass per chunk.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from math import ceil
from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn

from finine_core.errors import FinineError
from finine_core.gradients.capture import Captured, PerRowLoss, ready, require_one_per_row, run
from finine_core.gradients.checks import (
    FallbackWarning,
    require_eval_mode,
    require_finite_losses,
    require_finite_products,
)
from finine_core.gradients.forms import Choice, Direction, Room
from finine_core.gradients.ghost import GhostRows
from finine_core.gradients.products import ProbeSet, Products
from finine_core.gradients.projection import Projector, RandomProjection
from finine_core.gradients.structure import Structure
from finine_core.gradients.survey import Survey, survey

# Memory for one chunk's activations, their gradients and the products. Against 192 MiB, pairs of a
# 4-layer transformer took 1.07 of the time with 128 and .99 with 256, and those of a CNN .98 and
# .96: thin chunks read the probe's gradients more often, and large ones leave the cache. A GPU with
# much memory may be given more.
MEMORY_BUDGET = 192 * 2**20
# Probes stay for all chunks, so they may take more than one of them: this many times the budget for
# what layers saw of the probes, and as much as the budget for gradients that are kept spelled out.
PROBE_SHARE = 4

Inputs = Tensor | tuple[Tensor, ...]


class Wanted(TypedDict, total=False):
    """Which products to take; nothing by default.

    Attributes:
        probes: rows j for `pairs`.
        directions: for `along`, one tensor per chosen parameter each.
        norms, mean, outputs: whether these are wanted.
        projection: for `projected`.
    """

    probes: GhostRows | ProbeSet | None
    directions: Sequence[Direction]
    norms: bool
    mean: bool
    projection: RandomProjection | None
    outputs: bool


class RowGradients:
    """Gradient products of rows, streamed in chunks of bounded memory.

    Args:
        model: in eval mode. It may be trained between calls, but its layers must stay.
        loss: one loss per row from outputs and labels.
        parameters: chooses parameters by name; by default all that require gradients. Frozen
            parameters cost nothing, and nothing is differentiated below the first chosen layer.
        accumulate: dtype of products; by default float32 for half precision, else the model's.
        memory_budget: bytes for one chunk; decides how many rows are run at once.

    Attributes:
        fallbacks: layer name -> why it has no rule and is differentiated row by row. Filled, and
            warned of once (`FallbackWarning`), when the first rows have been seen.

    Raises:
        FinineError: no parameter is chosen. All methods raise it for a model in training mode,
            rows that influence one another, and losses or gradients that are not finite.

    Examples:
        >>> model = nn.Linear(2, 2).eval()
        >>> gradients = RowGradients(model, nn.CrossEntropyLoss(reduction="none"))
        >>> x, y = torch.ones(3, 2), torch.tensor([0, 1, 1])
        >>> probe = gradients.probe(x[:2], y[:2])
        >>> found = gradients.products(x, y, probes=probe, norms=True)
        >>> found.norms.shape, found.pairs.shape
        (torch.Size([3]), torch.Size([3, 2]))
    """

    def __init__(
        self,
        model: nn.Module,
        loss: PerRowLoss,
        *,
        parameters: Callable[[str, nn.Parameter], bool] | None = None,
        accumulate: torch.dtype | None = None,
        memory_budget: int = MEMORY_BUDGET,
    ) -> None:
        self.model, self.loss, self.memory_budget = model, loss, memory_budget
        trainable = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self._selected = {
            name: p for name, p in trainable.items() if parameters is None or parameters(name, p)
        }
        if not self._selected:
            raise FinineError(
                f"None of the model's {len(trainable)} trainable parameters is chosen.",
                f"Names begin with {list(trainable)[:5]}.",
            )
        self._frozen = [p for name, p in trainable.items() if name not in self._selected]
        dtype = next(iter(self._selected.values())).dtype
        half = dtype in (torch.float16, torch.bfloat16)
        self.dtype = accumulate or (torch.float32 if half else dtype)
        self.fallbacks: dict[str, str] = {}
        self._warned: set[str] = set()
        self._survey: Survey | None = None
        self._choices: list[Choice] = []

    def products(self, inputs: Inputs, labels: Tensor, **wanted: Unpack[Wanted]) -> Products:
        """The products of all rows; see `stream` when even one number per row is too much.

        Args:
            inputs: first axis n; a tuple for a model of several inputs.
            labels: first axis n.
            wanted: see `Wanted`.
        """
        whole: dict[str, Tensor] = {}
        total: Direction = {}
        rows = len(labels)
        for at, part in self.stream(inputs, labels, **wanted):
            for name in (f.name for f in fields(Products)):
                value = getattr(part, name)
                if isinstance(value, Tensor):
                    if name not in whole:
                        whole[name] = value.new_empty(rows, *value.shape[1:])
                    whole[name][at] = value
            for name, g in (part.mean or {}).items():  # in place: they are as large as the model
                share = (at.stop - at.start) / rows
                if name not in total:
                    total[name] = g.mul_(share) if share < 1 else g
                else:
                    total[name].add_(g, alpha=share)
        return Products(**whole, mean=total if wanted.get("mean") else None)

    def stream(
        self, inputs: Inputs, labels: Tensor, **wanted: Unpack[Wanted]
    ) -> Iterator[tuple[slice, Products]]:
        """The products of one chunk of rows after the other, with the rows' places."""
        probes, directions = wanted.get("probes"), wanted.get("directions", ())
        probe = probes.rows if isinstance(probes, ProbeSet) else probes
        projection, projector = wanted.get("projection"), None
        if projection is not None:
            projector = Projector(projection, self.dtype, labels.device)
        numbers = (len(probe) if probe is not None else 0) + len(directions)
        numbers += 0 if projection is None else projection.size
        for at, chunk in self._chunks(inputs, labels, numbers):
            totals, self._choices = chunk.totals(
                wanted.get("norms", False), probe, directions, projector
            )
            average: Direction | None = None
            if wanted.get("mean"):
                average = {name: g.div_(len(chunk)) for name, g in chunk.summed_gradient().items()}
            require_finite_products(totals, average, chunk, at, probe)
            yield (
                at,
                Products(
                    chunk.losses,
                    chunk.outputs if wanted.get("outputs") else None,
                    totals.norms,
                    totals.pairs,
                    totals.along,
                    average,
                    totals.projected,
                ),
            )

    def probe(self, inputs: Inputs, labels: Tensor) -> ProbeSet:
        """Hold rows j, to be paired with others by `products(probes=…)`.

        Whether their gradients are finite is seen when they are paired.

        Raises:
            FinineError: they take more than four times the memory budget.
        """
        chunks: list[GhostRows] = []
        held, most = 0, PROBE_SHARE * self.memory_budget
        for at, chunk in self._chunks(inputs, labels, 0):
            chunks.append(chunk)
            held += chunk.held_bytes
            if held > most:
                raise FinineError(
                    f"{len(labels)} probe rows take more than {most >> 20} MiB: {held >> 20} MiB"
                    f" after {at.stop} of them.",
                    "Take fewer probe rows, or raise memory_budget.",
                )
        return ProbeSet(GhostRows.joined(chunks, Room(self.memory_budget)))

    def mean_gradient(self, inputs: Inputs, labels: Tensor) -> Direction:
        """The mean of the rows' gradients, as a direction."""
        found = self.products(inputs, labels, mean=True).mean
        assert found is not None
        return found

    def rows(self, inputs: Inputs, labels: Tensor) -> GhostRows:
        """All rows as one chunk, whatever the memory budget."""
        given = self._begin(inputs, labels)
        return self._ghosts(given, labels, 0)

    def learned(self, inputs: Inputs, labels: Tensor) -> Structure:
        """What is known of the model, learned from the first of these rows if it is new."""
        self._begin(inputs, labels)
        assert self._survey is not None
        return self._survey.structure

    def of_captured(self, found: Captured, inputs: tuple[Tensor, ...], labels: Tensor) -> GhostRows:
        """Rows that have run already: what layers saw of them, as the model's structure has it.

        Args:
            inputs, labels: of the rows; looked at only where parameters are followed through the
                whole model.
        """
        assert self._survey is not None
        outputs = found.outputs.detach() if isinstance(found.outputs, Tensor) else found.outputs
        structure = self._survey.structure
        with torch.no_grad():
            forms = structure.forms(found, self.loss, inputs, labels, self.dtype)
        shapes = {name: tuple(p.shape) for name, p in self._selected.items()}
        return GhostRows(found.losses, outputs, shapes, self.dtype, tuple(forms))

    def explain(self) -> str:
        """Which form each layer's products took in the last chunk, with the operation counts.

        Layers whose products follow from factors alone (one position a row) are not listed.

        Examples:
            >>> loss = lambda outputs, labels: outputs.square().sum(dim=(1, 2))
            >>> gradients = RowGradients(nn.Linear(64, 64).eval(), loss)
            >>> _ = gradients.products(torch.ones(4, 2, 64), torch.zeros(4), norms=True)
            >>> print(gradients.explain())  # doctest: +ELLIPSIS
            weight + bias [4 rows, 2 positions, 64 × 64] norms: Gram (Gram 2.3e+03, ...)
        """
        lines = [str(choice) for choice in self._choices]
        return "\n".join(
            lines
            + [f"{name or 'the model'}: fallback, {why}" for name, why in self.fallbacks.items()]
        )

    # --- chunks ----------------------------------------------------------------------------------

    def _chunks(
        self, inputs: Inputs, labels: Tensor, numbers: int
    ) -> Iterator[tuple[slice, GhostRows]]:
        given = self._begin(inputs, labels)
        assert self._survey is not None
        step = self._survey.chunk_rows(numbers, self.dtype.itemsize, self.memory_budget)
        step = ceil(len(labels) / ceil(len(labels) / step))  # as many chunks, of even sizes
        for start in range(0, len(labels), step):
            at = slice(start, min(start + step, len(labels)))
            yield at, self._ghosts(tuple(x[at] for x in given), labels[at], start)

    def _begin(self, inputs: Inputs, labels: Tensor) -> tuple[Tensor, ...]:
        """Check the rows and the model, which is surveyed when it is new."""
        given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        if not len(labels) or any(len(x) != len(labels) for x in given):
            raise FinineError(
                f"Inputs have {[len(x) for x in given]} rows, labels {len(labels)}.",
                "Give as many labels as inputs, and at least one row.",
            )
        require_eval_mode(self.model)
        if self._survey is None or (
            self._survey.structure.proven_with == 1 and len(labels) > 1
        ):  # one row cannot show where rows lie
            few = tuple(x[:2] for x in given)
            with torch.no_grad(), ready(self.model, []):
                losses = self.loss(self.model(*few), labels[:2])
            require_one_per_row(losses, len(labels[:2]))
            require_finite_losses(losses, 0)
            self._survey = survey(
                self.model, self.loss, self._selected, self._frozen, few, labels[:2], self.dtype
            )
            self._tell()
        return given

    def _ghosts(self, inputs: tuple[Tensor, ...], labels: Tensor, start: int) -> GhostRows:
        assert self._survey is not None
        structure = self._survey.structure
        found = run(
            self.model,
            self.loss,
            inputs,
            labels,
            structure.watched,
            self._frozen,
            structure.shared,
        )
        require_finite_losses(found.losses, start)
        return self.of_captured(found, inputs, labels)

    def _tell(self) -> None:
        assert self._survey is not None
        self.fallbacks = self._survey.structure.fallbacks
        new = {name: why for name, why in self.fallbacks.items() if name not in self._warned}
        self._warned |= new.keys()
        if new:
            listed = "; ".join(f"'{name}': {why}" for name, why in new.items())
            warnings.warn(
                f"Layers differentiated row by row, which is slower: {listed}.",
                FallbackWarning,
                stacklevel=4,
            )
