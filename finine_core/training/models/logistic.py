"""Multinomial logistic regression: one linear layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.training.models.base import ModelKind

if TYPE_CHECKING:
    from torch import nn


def _build(features: int, classes: int) -> nn.Module:
    from torch import nn

    return nn.Linear(features, classes)


def _body(_model: nn.Module) -> nn.Module:
    from torch import nn

    return nn.Identity()  # its only layer is the last: a row is where its inputs are


LOGISTIC = ModelKind(
    name="logistic",
    description="Logistic regression: convex, stable between seeds, a good first choice for text.",
    learning_rates={"sgd": 0.01, "adam": 0.002},
    build=_build,
    body=_body,
)
