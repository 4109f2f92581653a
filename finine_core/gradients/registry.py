"""The layer kinds finine knows: add a rule's file, then its line here."""

from __future__ import annotations

from torch import nn

from finine_core.gradients.linear import LinearRule
from finine_core.gradients.rules import LayerRule

LAYER_RULES: tuple[LayerRule, ...] = (LinearRule(),)


def rule_for(layer: nn.Module) -> LayerRule | None:
    """The registered rule that knows `layer`, or None.

    Examples:
        >>> rule_for(nn.Linear(2, 3)) is not None
        True
        >>> rule_for(nn.Bilinear(2, 2, 2)) is None
        True
    """
    return next((rule for rule in LAYER_RULES if rule.matches(layer)), None)
