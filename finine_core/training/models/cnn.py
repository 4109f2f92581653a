"""A small network for small images, trained from end to end.

Two convolutions that halve the sides, a pooling layer, and two linear layers: few enough operations
that the gradient products of every row are had in seconds, and no batch normalisation, which would
let rows change each other's outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.training.models.base import PIXELS, ModelKind

if TYPE_CHECKING:
    from torch import nn

# Chosen among two on Fashion-MNIST with a tenth of the labels wrong; see docs/images.md.
CHANNELS = (16, 32)
HIDDEN = 32


def _build(shape: tuple[int, ...], outputs: int) -> nn.Module:
    from torch import nn

    channels, height, width = shape
    first, second = CHANNELS
    # A convolution of stride 2 and padding (k - 1) / 2 gives half the side, rounded up.
    positions = -(-height // 4) * -(-width // 4)
    return nn.Sequential(
        nn.Conv2d(channels, first, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(first, second, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(second * positions, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, outputs),
    )


CNN = ModelKind(
    name="cnn",
    description="A small network for images: two convolutions and two linear layers.",
    learning_rates={"sgd": 0.01, "adam": 0.001},
    build=_build,
    inputs=PIXELS,
)
