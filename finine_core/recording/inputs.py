"""Inputs that do not change from epoch to epoch, where most of them are zeros.

A model of texts takes thousands of terms a row, of which a few dozen are there. Kept in compressed
rows, the products of its first layer's inputs cost what is there; and what the layer saw of them in
a step need not be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from finine_core.gradients import GhostRows
from finine_core.gradients.capture import Captured, Use
from finine_core.gradients.structure import Structure

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# With more than so many of its numbers there, a product of compressed rows takes longer than one of
# whole rows: scipy's is not as quick as a matrix library's.
MOST_THERE = 0.05
LOOKED_AT = 256  # rows, from which it is told


def sparse_inputs(inputs: Tensor) -> csr_array | None:
    """All rows in compressed form; None where they are no numbers in columns, or too many there."""
    if inputs.ndim != 2 or not inputs.is_floating_point() or inputs.device.type != "cpu":
        return None
    some = inputs[:: max(1, len(inputs) // LOOKED_AT)]
    if float((some != 0).double().mean()) > MOST_THERE:
        return None
    from scipy.sparse import csr_array

    return csr_array(inputs.numpy())


@dataclass(frozen=True)
class FirstLayer:
    """The layer that takes the model's inputs as they are, and these.

    Attributes:
        use: of the layer.
        key: its parameters.
        inputs: of all rows.
    """

    use: Use
    key: tuple[str, ...]
    inputs: csr_array

    @staticmethod
    def of(
        structure: Structure, step: Captured, given: Tensor, inputs: csr_array | None
    ) -> FirstLayer | None:
        """Which layer it is, from a step that was seen; None when no linear one takes them whole.

        Args:
            given: the inputs of the step's rows, as the model took them.
        """
        if inputs is None:
            return None
        layers = {one.name: one.layer for one in structure.watched}
        for use, seen in step.uses.items():
            same = seen.a.data_ptr() == given.data_ptr() and seen.a.shape == given.shape
            if same and isinstance(layers.get(use[0]), nn.Linear):
                parts = structure.parts[use[0]]
                held = [
                    m for m, own in structure.parts.items() if {*own.values()} & {*parts.values()}
                ]
                if len(held) == 1 and sum(one[0] == use[0] for one in step.uses) == 1:
                    key = tuple(parts[one].key for one in ("weight", "bias") if one in parts)
                    return FirstLayer(use, key, inputs)
        return None

    def filled(self, rows: GhostRows, index: NDArray[np.int64]) -> GhostRows:
        """The rows with their inputs, which were not kept."""
        return rows.with_sparse_inputs(self.key, self.inputs[index])
