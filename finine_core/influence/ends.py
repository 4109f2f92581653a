"""What is left of a step on average over several ends of the run, those of its last quarter.

At the very last step a model hangs on the few rows that it saw last. A run that had ended a little
earlier would have done as well, so what is left is taken at several ends and averaged: effects by
their mean, noise and initial parameters by the mean of their squares. Rankings of other seeds agree
more that way (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.response import Horizon
from finine_core.influence.signal_plan import SignalPlan

Floats = NDArray[np.float64]
FIRST_END, ENDS = 0.75, 6  # of the run; so many ends, evenly spread from there to its last step


@dataclass(frozen=True)
class Ends:
    """A recorded epoch as seen from several ends of the run.

    Attributes:
        seen: what is left at each end, and which share of the steps stood for comes before it.
        steps: of the whole run, T_total.
    """

    seen: tuple[tuple[Horizon, float], ...]
    steps: int

    def effect(self, curvature: Floats) -> Floats:
        """Mean of `Horizon.effect`, along directions of these curvatures (K,)."""
        return self._mean(curvature, [share * one.effect(curvature) for one, share in self.seen])

    def noise(self, curvature: Floats) -> Floats:
        """Root of the mean square of `Horizon.noise`."""
        squares = [share * one.noise(curvature) ** 2 for one, share in self.seen]
        return np.sqrt(self._mean(curvature, squares))

    def start(self, curvature: Floats) -> Floats:
        """Mean of `Horizon.start`, which a shorter run spreads over fewer steps."""
        longer = [(one, share * self.steps / one.total) for one, share in self.seen]
        return self._mean(curvature, [share * one.start(curvature) for one, share in longer])

    def _mean(self, curvature: Floats, found: list[Floats]) -> Floats:
        return sum(found, np.zeros_like(curvature)) / ENDS


def ends_of(
    plan: SignalPlan, line: int, *, rate: float, momentum: float, decay: float, convex: bool
) -> Ends:
    """How a recorded epoch is seen from the ends of the run; each end is that of an epoch.

    Examples:
        >>> plan = SignalPlan(9, (0, 1, 2, 3), 12, 4, 3, ("self",), ("self",))
        >>> last = ends_of(plan, 3, rate=0.1, momentum=0.0, decay=0.0, convex=False)
        >>> len(last.seen), last.effect(np.array([0.0]))  # half of the six ends come before it
        (3, array([0.5]))
    """
    near, far = plan.left(line)
    first, beyond = plan.total_steps - far, plan.total_steps - near
    seen = []
    for place in np.linspace(FIRST_END, 1.0, ENDS):
        end = max(1, round(place * plan.epochs)) * plan.per_epoch
        if first >= end:
            continue
        until = min(beyond, end)
        horizon = Horizon(
            rate=rate,
            momentum=momentum,
            decay=decay,
            left=(end - until, end - first),
            total=end,
            per_epoch=plan.per_epoch,
            convex=convex,
            weight=plan.weight(line),
        )
        seen.append((horizon, (until - first) / (beyond - first)))
    return Ends(tuple(seen), plan.total_steps)
