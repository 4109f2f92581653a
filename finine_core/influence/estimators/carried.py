"""The `carried` estimator: the same ratio, of what is left at the end of the run.

μ_i = E · mean_t κ_it / √(mean_t V_it), E participations: κ_it is what is left of a participation at
step t when the run ends, V_it the run's variance then, of batches and of initial parameters
(`carrying.py`), both in units of the row's margin on target self. With signals carried so, this is
`gaussian`'s formula word for word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from finine_core.influence.estimators.gaussian import Gaussian


class Carried(Gaussian):
    """Mean signal over pooled deviation, both carried to the end of the run."""

    name = "carried"
    description = "like gaussian, of what is left of each step at the end of the run (default)"
    carried = True
    model_error: ClassVar[Mapping[str, float]] = {"self": 0.3, "shared": 0.55}
