"""Per-row gradient arithmetic without per-row gradients.

Which products ⟨g_i, g_j⟩, ⟨g_i, V⟩ and ‖g_i‖² do the rows' loss gradients have? One forward and
one backward to layer outputs give every one of them (DESIGN: ghost products). A layer kind is one
file with a `LayerRule`, listed in `LAYER_RULES`.
"""

from finine_core.gradients.ghost import GhostRows, PerRowLoss, ghost_rows
from finine_core.gradients.rules import Direction, LayerRule

__all__ = ["Direction", "GhostRows", "LayerRule", "PerRowLoss", "ghost_rows"]
