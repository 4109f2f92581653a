"""What a layer kind must know so that its share of every gradient product can be had.

A rule watches one layer while the model runs, and turns what it saw (inputs a, and the gradients δ
of the loss with respect to outputs) into forms of row gradients (`forms/`), whose products add up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from finine_core.gradients.forms import Direction, Form, Part

__all__ = ["Direction", "HookedRule", "Keep", "LayerCall", "LayerRule"]

# Tells the watcher of a place where parameters were used: its name, inputs and outputs. Gives back
# the outputs that the model must go on with.
Keep = Callable[[str, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class LayerCall:
    """One use of a layer by a chunk of rows, forward and back.

    Attributes:
        place: as given to `keep`.
        a: inputs; the first axis is the rows' (or a multiple: rows × something, rows first).
        delta: the loss's gradients of the outputs, likewise.
        rows: n.
        parts: the wanted parameters by their names within the layer.
    """

    place: str
    a: Tensor
    delta: Tensor
    rows: int
    parts: dict[str, Part]


class LayerRule(Protocol):
    """Ghost arithmetic of one layer kind."""

    def matches(self, layer: nn.Module) -> bool:
        """Whether this rule is for the layer."""

    def refuses(self, layer: nn.Module) -> str | None:
        """Why the rule does not cover this layer's settings; None when it does."""

    def parameters(self, layer: nn.Module) -> dict[str, nn.Parameter]:
        """The parameters it accounts for, by their names within the layer."""

    def watch(self, layer: nn.Module, keep: Keep) -> Callable[[], None]:
        """Call `keep` whenever the layer uses its parameters; gives back how to stop."""

    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:
        """The gradients of the wanted parameters, from one use of the layer."""


class HookedRule(ABC):
    """A rule for layers that take one tensor, give one, and hold their parameters themselves."""

    kinds: tuple[type[nn.Module], ...] = ()

    def matches(self, layer: nn.Module) -> bool:
        return isinstance(layer, self.kinds)

    def refuses(self, layer: nn.Module) -> str | None:  # noqa: ARG002  rules may override it
        return None

    def parameters(self, layer: nn.Module) -> dict[str, nn.Parameter]:
        return dict(layer.named_parameters(recurse=False, remove_duplicate=False))

    def watch(self, layer: nn.Module, keep: Keep) -> Callable[[], None]:
        def hook(
            _: nn.Module, given: tuple[Tensor, ...], named: dict[str, Tensor], output: Tensor
        ) -> Tensor:
            return keep("", given[0] if given else next(iter(named.values())), output)

        return layer.register_forward_hook(hook, with_kwargs=True).remove

    @abstractmethod
    def forms(self, layer: nn.Module, call: LayerCall) -> list[Form]:
        """As in `LayerRule`."""
