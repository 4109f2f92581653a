"""What a person gives as an object instead of a name: a model, a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from finine_core.errors import FinineError
from finine_core.runs import OBJECT
from finine_core.runs.options import RunOptions

if TYPE_CHECKING:
    from finine_core.runs.work.recipe import Own


def own_of(model: object, loss: object) -> Own | None:
    """The objects among them; None when both are names or nothing.

    Raises:
        FinineError: one of them can be neither called nor named.
    """
    given = {"model": model, "loss": loss}
    objects: dict[str, Any] = {
        k: v for k, v in given.items() if v is not None and not isinstance(v, str)
    }
    for what, one in objects.items():
        if not callable(one):
            raise FinineError(
                f"{what} is a {type(one).__name__}.",
                "Give a name, a torch.nn.Module, or a function.",
            )
    if not objects:
        return None
    from finine_core.runs.work.recipe import Own  # torch takes seconds

    return Own(**objects)


def by_name(options: RunOptions) -> RunOptions:
    """The options of a run, with objects told by a name.

    Examples:
        >>> by_name({"model": dict, "epochs": 3})
        {'model': 'object dict', 'epochs': 3}
    """
    told = options.copy()
    if "model" in told:
        told["model"] = _name_of(told["model"])
    if "loss" in told:
        told["loss"] = _name_of(told["loss"])
    return told


def _name_of(one: str | Callable[..., object]) -> str:
    if isinstance(one, str):
        return one
    return OBJECT + str(getattr(one, "__name__", type(one).__name__))
