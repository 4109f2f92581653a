"""The layer kinds finine knows: add a rule's file, then its line here."""

from __future__ import annotations

from torch import nn

from finine_core.gradients.layers.attention import AttentionRule
from finine_core.gradients.layers.convolution import ConvolutionRule
from finine_core.gradients.layers.embedding import EmbeddingRule
from finine_core.gradients.layers.hugging_face_conv1d import HuggingFaceConv1DRule
from finine_core.gradients.layers.linear import LinearRule
from finine_core.gradients.layers.norms import (
    BatchNormRule,
    GroupNormRule,
    LayerNormRule,
    RMSNormRule,
)
from finine_core.gradients.rules import LayerRule

LAYER_RULES: tuple[LayerRule, ...] = (
    LinearRule(),
    EmbeddingRule(),
    ConvolutionRule(),
    HuggingFaceConv1DRule(),
    LayerNormRule(),
    BatchNormRule(),
    GroupNormRule(),
    RMSNormRule(),
    AttentionRule(),
)


def rule_for(layer: nn.Module) -> LayerRule | None:
    """The registered rule for `layer`, or None.

    Examples:
        >>> rule_for(nn.Linear(2, 3)) is not None
        True
        >>> rule_for(nn.Bilinear(2, 2, 2)) is None
        True
    """
    return next((rule for rule in LAYER_RULES if rule.matches(layer)), None)
