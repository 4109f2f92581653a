"""Steps that wait to be worked off together: many small products cost more than one large one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from finine_core.gradients.capture import Captured, Seen, Use
from finine_core.gradients.structure import Structure

# What layers saw, kept until it is worked off. Larger buffers took no less time (mnist_5k, tables).
BUFFER_BYTES = 8 * 2**20


@dataclass
class StepBuffer:
    """What layers saw of some steps.

    Args:
        structure: of the model.
        apart: a use whose inputs need not be kept, since they are known.
    """

    structure: Structure
    apart: Use | None = None
    _steps: list[Captured] = field(default_factory=list)
    _bytes_of_one: int = 0

    def __post_init__(self) -> None:
        self._alone = not self.structure.by_rules or self.structure.by_batches

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def full(self) -> bool:
        """Whether it is to be worked off before another step.

        Gradients that no rule gives are taken from the parameters as they are now, and what batch
        norm made of a row depends on its batch.
        """
        held = len(self._steps) * self._bytes_of_one
        return held >= BUFFER_BYTES or (held > 0 and self._alone)

    def add(self, step: Captured) -> None:
        """Put a step's rows at the end."""
        if not self._steps:
            self._bytes_of_one = sum(
                seen.a.nbytes + (0 if seen.delta is None else seen.delta.nbytes)
                for seen in step.uses.values()
            )
        if self.apart in step.uses:
            seen = step.uses[self.apart]
            seen.a = seen.a.new_zeros(1, 1).expand(seen.a.shape)
        self._steps.append(step)

    def fits(self, step: Captured) -> bool:
        """Whether a step can be joined with those that wait: the same uses, of the same shapes."""
        if not self._steps:
            return True
        first = self._steps[0]
        if len(first.losses) == len(step.losses) and _raw_shapes(first) == _raw_shapes(step):
            return True  # nearly always, and soon seen
        return _shapes(self.structure, first) == _shapes(self.structure, step)

    def taken(self) -> Captured:
        """All of its rows as one chunk, gradients those of each row's own loss; it is empty then.

        A step's gradients are of the mean over its rows.
        """
        steps, self._steps = self._steps, []
        sizes = [len(step.losses) for step in steps]
        uses = {
            use: _joined(self.structure, use, [step.uses[use] for step in steps], sizes)
            for use in steps[0].uses
        }
        if len(steps) == 1:
            return Captured(steps[0].losses, steps[0].outputs, uses)
        return Captured(
            torch.cat([step.losses for step in steps]),
            torch.cat([step.outputs for step in steps]),
            uses,
        )


def _joined(structure: Structure, use: Use, seen: list[Seen], sizes: list[int]) -> Seen:
    deltas = [one.delta for one in seen if one.delta is not None]
    if len(seen) == 1:
        delta = deltas[0] * sizes[0] if deltas else None
        return replace(seen[0], delta=delta)
    of_a, of_delta = structure.axes_of(use)
    if all(one.a.stride() == (0, 0) for one in seen):  # not kept
        a = seen[0].a.new_zeros(1, 1).expand(sum(sizes), seen[0].a.shape[1])
    else:
        a = torch.cat([one.a for one in seen], dim=of_a)
    if not deltas:
        return Seen(a, seen[0].output_shape, None, 0)
    if len(set(sizes)) == 1:
        delta = torch.cat(deltas, dim=of_delta).mul_(sizes[0])
    else:
        delta = torch.cat([d * b for d, b in zip(deltas, sizes, strict=True)], dim=of_delta)
    return Seen(a, seen[0].output_shape, None, 0, delta)


def _raw_shapes(step: Captured) -> list[object]:
    return [
        (use, seen.a.shape, None if seen.delta is None else seen.delta.shape)
        for use, seen in step.uses.items()
    ]


def _shapes(structure: Structure, step: Captured) -> dict[Use, tuple[object, ...]]:
    def apart_from(tensor: Tensor, axis: int) -> tuple[int, ...]:
        return (*tensor.shape[:axis], *tensor.shape[axis + 1 :])

    found: dict[Use, tuple[object, ...]] = {}
    for use, seen in step.uses.items():
        of_a, of_delta = structure.axes_of(use)
        delta = None if seen.delta is None else apart_from(seen.delta, of_delta)
        found[use] = (apart_from(seen.a, of_a), delta)
    return found
