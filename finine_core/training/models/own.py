"""A model of a person's own: code that they name, or an object of their Python session."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from finine_core.errors import FinineError
from finine_core.training.code import blamed, named
from finine_core.training.models.base import ModelKind

if TYPE_CHECKING:
    from torch import Tensor, nn

Build = Callable[[tuple[int, ...], int], "nn.Module"]
# As of the small models here; for another size a person gives their own.
LEARNING_RATES = {"sgd": 0.01, "adam": 0.001}


def named_model(name: str, folder: str | None) -> ModelKind:
    """The model that `package.module:build_model` builds; imported when it is built."""
    return _kind(name, lambda shape, outputs: named(name, folder)(shape, outputs))


def object_model(name: str, given: nn.Module | Build) -> ModelKind:
    """A module, of which every training takes a copy, or what builds one."""
    from torch import nn

    if isinstance(given, nn.Module):
        return _kind(name, lambda shape, outputs: copy.deepcopy(given))  # noqa: ARG005
    return _kind(name, given)


def _kind(name: str, build: Build) -> ModelKind:
    def built(shape: tuple[int, ...], outputs: int) -> nn.Module:
        from torch import nn

        with blamed(name):
            model = build(shape, outputs)
        if not isinstance(model, nn.Module):
            raise FinineError(
                f"Your '{name}' gave a {type(model).__name__}.",
                "It takes (shape, outputs) and must give a torch.nn.Module.",
            )
        return model

    return ModelKind(name, "Your own.", LEARNING_RATES, built, body)


def body(model: nn.Module) -> nn.Module:
    """What goes into the last linear layer that a model has; its outputs if there is none."""
    from torch import nn

    class BeforeLast(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = model

        def forward(self, rows: Tensor) -> Tensor:
            seen: list[Tensor] = []
            layers = [one for one in self.whole.modules() if isinstance(one, nn.Linear)]
            hooks = [
                one.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
                for one in layers[-1:]
            ]
            try:
                outputs: Tensor = self.whole(rows)
            finally:
                for hook in hooks:
                    hook.remove()
            return seen[-1] if seen and len(seen[-1]) == len(rows) else outputs

    return BeforeLast()


def check(model: nn.Module, loss: Callable, rows: Tensor, labels: Tensor, outputs: int) -> None:
    """Try a model and a loss on a few rows, before anything is trained.

    Raises:
        FinineError: something fails, or gives what training cannot use: it is told what.
    """
    import torch

    was = model.training
    model.eval()
    with blamed("model"):
        found = model(rows)
    shape = tuple(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
    if shape != (len(rows), outputs):
        raise FinineError(
            f"Your model gives {shape} for {len(rows)} rows.",
            f"This task needs shape ({len(rows)}, {outputs}): its second argument says so.",
        )
    with blamed("loss"):
        losses = loss(found, labels)
    shape = tuple(losses.shape) if isinstance(losses, torch.Tensor) else type(losses).__name__
    if shape != (len(rows),):
        raise FinineError(
            f"Your loss gives {shape} for {len(rows)} rows.",
            "It must give one number a row: a loss of torch needs reduction='none'.",
        )
    if not losses.requires_grad:
        raise FinineError(
            "The loss does not depend on any parameter of your model.",
            "Leave out no_grad and detach, and let parameters require gradients.",
        )
    model.train(was)
