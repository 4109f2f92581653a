"""Per-row gradient arithmetic without per-row gradients.

Which products ⟨g_i, g_j⟩, ⟨g_i, V⟩ and ‖g_i‖² do the rows' loss gradients have? One forward and
one backward to layer outputs give every one of them (docs/gradients.md). A layer kind is one
file with a `LayerRule` in `layers/`; how products are taken is decided in `forms/`.
"""

from finine_core.gradients.capture import PerRowLoss
from finine_core.gradients.checks import FallbackWarning
from finine_core.gradients.forms import Direction
from finine_core.gradients.ghost import GhostRows
from finine_core.gradients.once import ghost_rows
from finine_core.gradients.products import ProbeSet, Products
from finine_core.gradients.projection import RandomProjection
from finine_core.gradients.rows import MEMORY_BUDGET, RowGradients
from finine_core.gradients.rules import LayerRule

__all__ = [
    "MEMORY_BUDGET",
    "Direction",
    "FallbackWarning",
    "GhostRows",
    "LayerRule",
    "PerRowLoss",
    "ProbeSet",
    "Products",
    "RandomProjection",
    "RowGradients",
    "ghost_rows",
]
