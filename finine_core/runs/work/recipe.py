"""What is trained, and by which loss: the registered ones, named code, or objects of a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finine_core.errors import FinineError
from finine_core.runs.config import Resolved
from finine_core.training.code import is_object, named
from finine_core.training.models import MODELS, ModelKind, model_kind
from finine_core.training.models.own import Build, object_model
from finine_core.training.objectives import Objective, objective_named
from finine_core.training.objectives.own import OwnLoss, PerRow

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class Own:
    """A model and a loss that a person gave as objects; None for what they only named."""

    model: nn.Module | Build | None = None
    loss: PerRow | None = None

    def __bool__(self) -> bool:
        return self.model is not None or self.loss is not None


NOTHING = Own()


@dataclass(frozen=True, eq=False)
class Recipe:
    """What is trained, and what is made small.

    Attributes:
        drawn: whether initial parameters are drawn anew with each seed.
        own: whether any of it is a person's own, and to be tried before it is trusted.
    """

    kind: ModelKind
    objective: Objective
    drawn: bool
    own: bool


def recipe_of(resolved: Resolved, own: Own = NOTHING) -> Recipe:
    """The recipe of a run.

    Raises:
        FinineError: it was made with objects, and they are not given.
    """
    kind = _kind(resolved, own)
    objective = objective_named(resolved.objective)
    name = resolved.own_loss
    if name:
        objective = OwnLoss(name, _loss(resolved, own), objective)
    drawn = own.model is None or not _is_module(own.model)
    return Recipe(kind, objective, drawn, own=kind.name not in MODELS or bool(name))


def _kind(resolved: Resolved, own: Own) -> ModelKind:
    if not is_object(resolved.model):
        return model_kind(resolved.model, resolved.code_folder)
    if own.model is None:
        raise _not_here("model", resolved.model)
    return object_model(resolved.model, own.model)


def _loss(resolved: Resolved, own: Own) -> PerRow:
    if not is_object(resolved.own_loss):
        return named(resolved.own_loss, resolved.code_folder)
    if own.loss is None:
        raise _not_here("loss", resolved.own_loss)
    return own.loss


def _not_here(what: str, name: str) -> FinineError:
    return FinineError(
        f"The {what} of this run was an {name} of a Python session, which is not here.",
        f"Give it again in Python: {what}=…",
    )


def _is_module(given: nn.Module | Callable[..., object]) -> bool:
    from torch import nn

    return isinstance(given, nn.Module)
