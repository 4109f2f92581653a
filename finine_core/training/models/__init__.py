"""The models a run can train: add a file, then its line here."""

from __future__ import annotations

from finine_core.errors import FinineError
from finine_core.training.models.base import ModelKind
from finine_core.training.models.logistic import LOGISTIC
from finine_core.training.models.mlp import MLP

MODELS: dict[str, ModelKind] = {kind.name: kind for kind in (LOGISTIC, MLP)}


def model_kind(name: str) -> ModelKind:
    """The registered model called `name`.

    Raises:
        FinineError: no such model; the known ones are named.

    Examples:
        >>> model_kind("mlp").name
        'mlp'
    """
    if name not in MODELS:
        raise FinineError(f"There is no model '{name}'.", f"Known: auto, {', '.join(MODELS)}.")
    return MODELS[name]


__all__ = ["MODELS", "ModelKind", "model_kind"]
