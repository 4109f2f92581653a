"""The models a run can train: add a file, then its line here."""

from __future__ import annotations

from finine_core.errors import FinineError
from finine_core.training.code import is_code
from finine_core.training.models.bag import BAG
from finine_core.training.models.base import ModelKind
from finine_core.training.models.cnn import CNN
from finine_core.training.models.logistic import LOGISTIC
from finine_core.training.models.mlp import MLP
from finine_core.training.models.own import named_model

MODELS: dict[str, ModelKind] = {kind.name: kind for kind in (LOGISTIC, MLP, BAG, CNN)}


def model_kind(name: str, folder: str | None = None) -> ModelKind:
    """The registered model called `name`, or the one that `package.module:build_model` builds.

    Args:
        folder: where named code is looked for first.

    Raises:
        FinineError: no such model; the known ones are named.

    Examples:
        >>> model_kind("mlp").name
        'mlp'
    """
    if is_code(name):
        return named_model(name, folder)
    if name not in MODELS:
        raise FinineError(f"There is no model '{name}'.", f"Known: auto, {', '.join(MODELS)}.")
    return MODELS[name]


__all__ = ["MODELS", "ModelKind", "model_kind"]
