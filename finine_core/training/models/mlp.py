"""A multi-layer perceptron with two hidden layers, for tables of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.training.models.base import ModelKind

if TYPE_CHECKING:
    from torch import nn

# The network that docs/fidelity.md holds against real retraining.
HIDDEN = (64, 32)


def _build(shape: tuple[int, ...], outputs: int) -> nn.Module:
    from torch import nn

    first, second = HIDDEN
    return nn.Sequential(
        nn.Linear(shape[0], first),
        nn.ReLU(),
        nn.Linear(first, second),
        nn.ReLU(),
        nn.Linear(second, outputs),
    )


MLP = ModelKind(
    name="mlp",
    description="Two hidden layers (64, 32): fits interactions between columns.",
    learning_rates={"sgd": 0.01, "adam": 0.002},
    build=_build,
)
