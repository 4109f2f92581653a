"""What a model kind is: a name, a description for people, and how to build it from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the registry must be cheap to import; torch is not
    from torch import nn


@dataclass(frozen=True)
class ModelKind:
    """One choice of `--model`.

    Attributes:
        name: the word in CLI, app and files.
        description: one sentence for a person.
        learning_rates: the default learning rate of each optimiser.
        build: (features, classes) -> a freshly initialised module.
        body: a built module -> what of it comes before its last linear layer; its outputs are
            where the model puts a row (the map, rows that look alike).
    """

    name: str
    description: str
    learning_rates: dict[str, float]
    build: Callable[[int, int], nn.Module]
    body: Callable[[nn.Module], nn.Module]

    def seeded(self, features: int, classes: int, seed: int) -> nn.Module:
        """Build the model; the same seed gives the same initial parameters.

        The global random state of torch is left as it was.
        """
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.build(features, classes)
