"""Looks at two rows of a model before its numbers are trusted, and proves them against autograd.

Where do rows lie in each layer's tensors? Do rows influence one another? Are parameters used in
ways that no rule sees? Two and three rows are run; axes that grow are the rows', and one row's
gradient by rules is compared with that by autograd, parameter by parameter. What disagrees falls
back, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from finine_core.errors import FinineError
from finine_core.gradients.capture import Captured, PerRowLoss, Use, ready, run
from finine_core.gradients.forms import Ask, Form, Totals, added
from finine_core.gradients.structure import Structure, first_guess

# Relative disagreement that is more than rounding (TF32 on a GPU is good to 1e-3, bfloat16 to
# 1e-2); a use that no rule sees is wrong by its whole share.
TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-2, torch.float16: 0.1, torch.bfloat16: 0.2}
_COTANGENT_SEED = 20
# While a chunk is worked on, products take about as much again as what was saved for it.
WORKING_FACTOR = 2.0


@dataclass(frozen=True)
class Survey:
    """A proven structure, and the bytes that one row takes while a chunk is run."""

    structure: Structure
    row_bytes: int

    def chunk_rows(self, numbers: int, size: int, budget: int) -> int:
        """How many rows fit a budget of bytes; at least one.

        Args:
            numbers: how many numbers of `size` bytes are wanted of each row.
        """
        spelled = 2 * self.structure.traced_numbers
        row = WORKING_FACTOR * (self.row_bytes + size * (numbers + spelled))
        return max(1, int(budget / max(row, 1.0)))


def survey(
    model: nn.Module,
    loss: PerRowLoss,
    selected: dict[str, nn.Parameter],
    frozen: list[nn.Parameter],
    inputs: tuple[Tensor, ...],
    labels: Tensor,
    dtype: torch.dtype,
) -> Survey:
    """Learn a model's structure from its first rows.

    Raises:
        FinineError: rows influence one another, or the numbers cannot be proven.
    """
    structure = first_guess(model, selected, frozen)
    two = torch.tensor([0, min(1, len(labels) - 1)], device=labels.device)
    three = two[[0, 0, 1]]
    tolerance = TOLERANCE.get(next(iter(selected.values())).dtype, 0.2)

    def rows(index: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        return tuple(x[index.to(x.device)] for x in inputs), labels[index]

    def captured(index: Tensor) -> tuple[Captured, int]:
        some, marks = rows(index)
        saved: dict[int, int] = {}

        def pack(tensor: Tensor) -> Tensor:
            saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            found = run(
                model, _probing(loss), some, marks, structure.watched, frozen, structure.shared
            )
        return found, sum(saved.values())

    outputs = _require_independent(model, loss, rows(two), rows(three), tolerance)
    small, row_bytes = _settle(structure, captured, two, three, outputs, tolerance)
    some, marks = rows(two)
    forms = structure.forms(small, _probing(loss), some, marks, dtype)
    exact = _exact(model, _probing(loss), selected, frozen, some, marks)
    _demote(structure, forms, exact, tolerance)
    _require_same_norm(structure, small, loss, some, marks, exact, dtype, tolerance)
    structure.proven_with = len(labels)
    return Survey(structure, row_bytes)


def _probing(loss: PerRowLoss) -> PerRowLoss:
    """A random linear functional of each row's outputs: unlike the loss, it is never flat."""

    def value(outputs: Tensor, labels: Tensor) -> Tensor:
        if not isinstance(outputs, Tensor) or len(outputs) != len(labels):
            return loss(outputs, labels)
        flat = outputs.reshape(len(outputs), -1)
        random = torch.Generator().manual_seed(_COTANGENT_SEED)
        return flat @ torch.randn(flat.shape[1], generator=random).to(flat)

    return value


def _settle(
    structure: Structure,
    captured: Callable[[Tensor], tuple[Captured, int]],
    two: Tensor,
    three: Tensor,
    outputs: Tensor,
    tolerance: float,
) -> tuple[Captured, int]:
    """Run two and three rows until every use of every layer is understood or falls back."""
    while True:
        try:
            (small, saved), (large, saved_more) = captured(two), captured(three)
            spread_well = _same(small.outputs, outputs, tolerance)
        except RuntimeError:
            if not structure.shared:
                raise
            spread_well = False
        if structure.shared and not spread_well:
            for name in {use[0] for use in structure.shared}:
                structure.follow_all(name, "all rows share its outputs, which are not simply added")
            structure.shared.clear()
            continue
        structure.axes, structure.batched = {}, {}
        changed = False
        for watched in list(structure.watched):
            for use in [use for use in small.uses if use[0] == watched.name]:
                changed |= not _place(structure, use, small, large)
        if not changed:
            inputs = sum(s.a.nbytes for s in large.uses.values()) - sum(
                s.a.nbytes for s in small.uses.values()
            )
            return small, saved_more - saved + 2 * inputs


def _same(found: object, expected: object, tolerance: float) -> bool:
    if not isinstance(found, Tensor) or not isinstance(expected, Tensor):
        return True  # the gradients themselves are compared later
    return found.shape == expected.shape and torch.allclose(
        found.detach(), expected, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def _place(structure: Structure, use: Use, small: Captured, large: Captured) -> bool:
    """Find the rows' axes in one use; False when the model has to be run again."""
    if not structure.parts.get(use[0]):
        return True  # it has just fallen back
    here, there = small.uses[use], large.uses.get(use)
    watched = next(w for w in structure.watched if w.name == use[0])
    if there is None:
        structure.follow_all(use[0], "it runs a different number of times for other rows")
        return False
    if watched.rule is None:
        assert here.arguments is not None
        assert there.arguments is not None
        pairs = zip(
            (*here.arguments[0], *here.arguments[1].values()),
            (*there.arguments[0], *there.arguments[1].values()),
            strict=True,
        )
        axes = [_axis_of(a, b) for a, b in pairs]
        if any(axis not in (None, 0) for axis in axes) or (
            _rows_axis(here.output_shape, there.output_shape) != 0
        ):
            structure.follow_all(use[0], structure.fallbacks[use[0]])
            return False
        structure.batched[use] = tuple(axis == 0 for axis in axes)
        return True
    of_a = _rows_axis(tuple(here.a.shape), tuple(there.a.shape))
    of_output = _rows_axis(here.output_shape, there.output_shape)
    if of_a is not None and of_output is not None:
        structure.axes[use] = (of_a, of_output)
        return True
    if of_output is None and use not in structure.shared and use[1] == "":
        ones = [axis for axis, size in enumerate(here.output_shape[:-1]) if size == 1]
        structure.shared[use] = ones[0] if ones else -1
    else:
        structure.follow_all(use[0], "rows have no axis of their own in its inputs or outputs")
    return False


def _axis_of(a: object, b: object) -> int | None:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return None
    return _rows_axis(tuple(a.shape), tuple(b.shape))


def _rows_axis(two: tuple[int, ...], three: tuple[int, ...]) -> int | None:
    """The axis that has 2·k entries for two rows and 3·k for three.

    Examples:
        >>> _rows_axis((5, 2, 7), (5, 3, 7)), _rows_axis((8, 7), (12, 7)), _rows_axis((5,), (5,))
        (1, 0, None)
    """
    if len(two) != len(three):
        return None
    grown = [k for k, (s, b) in enumerate(zip(two, three, strict=True)) if s != b]
    fits = len(grown) == 1 and three[grown[0]] * 2 == two[grown[0]] * 3
    return grown[0] if fits else None


def _require_independent(
    model: nn.Module,
    loss: PerRowLoss,
    two: tuple[tuple[Tensor, ...], Tensor],
    three: tuple[tuple[Tensor, ...], Tensor],
    tolerance: float,
) -> Tensor:
    """The same rows in other company must have the same losses; gives the two rows' outputs."""
    with ready(model, []), torch.no_grad():
        outputs = model(*two[0])
        alone, among = loss(outputs, two[1]), loss(model(*three[0]), three[1])[[0, 2]]
    finite = torch.isfinite(alone) & torch.isfinite(among)
    if not torch.allclose(alone[finite], among[finite], rtol=tolerance, atol=tolerance):
        raise FinineError(
            "A row's loss depends on the rows beside it, or is random: it was"
            f" {alone.tolist()} for two rows, and {among.tolist()} for the same rows among three.",
            "Look for statistics over the batch, functional dropout, or inputs whose first axis"
            " is not the rows'.",
        )
    return outputs


def _exact(
    model: nn.Module,
    loss: PerRowLoss,
    selected: dict[str, nn.Parameter],
    frozen: list[nn.Parameter],
    inputs: tuple[Tensor, ...],
    labels: Tensor,
) -> dict[str, Tensor]:
    """The first row's gradient by autograd, with respect to every parameter."""
    with ready(model, frozen), torch.enable_grad():
        first = loss(model(*inputs), labels)[0]
        found = torch.autograd.grad(first, list(selected.values()), allow_unused=True)
    return {
        name: torch.zeros_like(p) if g is None else g.to_dense()
        for (name, p), g in zip(selected.items(), found, strict=True)
    }


def _demote(
    structure: Structure, forms: list[Form], exact: dict[str, Tensor], tolerance: float
) -> None:
    """Let every parameter fall back whose gradient disagrees with autograd's."""
    mine = added([form.take(slice(0, 1)).summed() for form in forms])
    together = {name: float(g.norm()) for name, g in exact.items()}
    largest = max(together.values(), default=0.0)
    for parts in list(structure.parts.values()):
        # Some gradients are 0 but for rounding (the bias of attention keys): measured beside
        # the rest of their layer, and never more finely than rounding of the whole gradient.
        scale = max((together[part.name] for part in parts.values()), default=0.0)
        for part in list(parts.values()):
            theirs = exact[part.name]
            ours = mine.get(part.name, torch.zeros_like(theirs)).to(theirs)
            error = float((ours - theirs).norm())
            if error > tolerance * max(scale, tolerance * largest):
                structure.follow(
                    part.name,
                    f"its parameter '{part.name}' is used in a way that its kind's rule does not"
                    " see (outside of the layer, or in a forward of its own)",
                )


def _require_same_norm(
    structure: Structure,
    small: Captured,
    loss: PerRowLoss,
    inputs: tuple[Tensor, ...],
    labels: Tensor,
    exact: dict[str, Tensor],
    dtype: torch.dtype,
    tolerance: float,
) -> None:
    """The squared norm shows whether cross terms of parameters used twice are complete."""
    names = {name for name in exact if name not in structure.followed}
    uses = {use: s for use, s in small.uses.items() if structure.parts.get(use[0])}
    small = Captured(small.losses, small.outputs, uses)
    followed, structure.followed = structure.followed, []
    try:
        forms = structure.forms(small, _probing(loss), inputs, labels, dtype)
    finally:
        structure.followed = followed
    norms = torch.zeros(len(labels), dtype=dtype, device=labels.device)
    for form in forms:
        form.add(Ask(), Totals(norms=norms))
    theirs = sum(float(exact[name].double().square().sum()) for name in names)
    ours = float(norms[0])
    if abs(ours - theirs) > 3 * tolerance * max(theirs, 1e-30):
        raise FinineError(
            f"The squared gradient norm of the first row is {ours:.6g} by layer rules and"
            f" {theirs:.6g} by autograd: the rules do not fit this model.",
            "Please report the model; until then, leave reused layers out with `parameters=`.",
        )
