"""What a model kind is: a name, a description for people, and how to build it from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the registry must be cheap to import; torch is not
    from torch import nn


# What a model takes of a row: encoded columns side by side, the tokens of its texts, or the pixels
# of its image.
COLUMNS, TOKENS, PIXELS = "columns", "tokens", "pixels"


def all_but_last(model: nn.Module) -> nn.Module:
    """A chain of layers without the last."""
    from torch import nn

    return nn.Sequential(*list(model.children())[:-1])


@dataclass(frozen=True)
class ModelKind:
    """One choice of `--model`.

    Attributes:
        name: the word in CLI, app and files.
        description: one sentence for a person.
        learning_rates: the default learning rate of each optimiser.
        build: (shape of a row's input, outputs) -> a freshly initialised module.
        body: a built module -> what of it comes before its last linear layer; its outputs are
            where the model puts a row (the map, rows that look alike).
        inputs: what it takes of a row: "columns", "tokens" or "pixels", see `encoders/`.
    """

    name: str
    description: str
    learning_rates: dict[str, float]
    build: Callable[[tuple[int, ...], int], nn.Module]
    body: Callable[[nn.Module], nn.Module] = all_but_last
    inputs: str = COLUMNS

    def seeded(self, shape: tuple[int, ...], outputs: int, seed: int) -> nn.Module:
        """Build the model; the same seed gives the same initial parameters.

        The global random state of torch is left as it was.
        """
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.build(shape, outputs)
