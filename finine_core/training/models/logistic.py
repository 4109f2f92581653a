"""One linear layer: multinomial logistic regression, or linear regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.training.models.base import ModelKind

if TYPE_CHECKING:
    from torch import nn


def _build(shape: tuple[int, ...], outputs: int) -> nn.Module:
    from torch import nn

    return nn.Linear(shape[0], outputs)


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
