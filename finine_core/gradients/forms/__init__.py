"""The shapes a row gradient may take, each with the arithmetic of its products.

`Outer` (weight matrices), `SparseOuter` (the same of inputs that are mostly zeros), `Convolution`,
`Scatter` (lookup tables), `Dense` (small parameters),
`Traced` (modules without a rule), `Tied` (parameters used in several ways).
"""

from finine_core.gradients.forms.base import Ask, Choice, Direction, Form, Part, Room, Totals
from finine_core.gradients.forms.convolution import Convolution, Kernel
from finine_core.gradients.forms.dense import Dense
from finine_core.gradients.forms.outer import Outer
from finine_core.gradients.forms.scatter import Scatter
from finine_core.gradients.forms.sparse import SparseOuter
from finine_core.gradients.forms.tied import added, combined
from finine_core.gradients.forms.traced import Traced

__all__ = [
    "Ask",
    "Choice",
    "Convolution",
    "Dense",
    "Direction",
    "Form",
    "Kernel",
    "Outer",
    "Part",
    "Room",
    "Scatter",
    "SparseOuter",
    "Totals",
    "Traced",
    "added",
    "combined",
]
