"""Which rows does a window look at? Of the curvature some, of a target those it can afford.

Both follow from the seed and the window's place alone, so that a resumed run looks at the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.carrying import curvature_rows
from finine_core.influence.signal_plan import SignalPlan

# Keep the random numbers of the curvature and of the targets' rows apart from the batch order's.
CURVATURE_STREAM, TARGET_STREAM = 8, 9
CURVATURE_POOLS = 4  # windows take turns with so many sets of curvature rows
# A window looks at a target's row for every eight of its own, or at so many if it is short.
TARGET_SHARE, LEAST_TARGET_ROWS = 0.125, 512


def curved_rows(plan: SignalPlan, seed: int, place: int) -> NDArray[np.int64]:
    """The rows that the curvature of the place-th window is of: sets of them take turns."""
    random = np.random.default_rng([seed, CURVATURE_STREAM])
    count = curvature_rows(plan.total_steps)
    known = random.permutation(plan.rows)[: CURVATURE_POOLS * count]
    return np.sort(np.roll(known, -place * count)[:count])


def target_rows(plan: SignalPlan, seed: int, place: int, rows: int) -> NDArray[np.int64] | None:
    """Places of a target's rows that the place-th window looks at; None where it takes all.

    Args:
        rows: the target's.
    """
    steps = max(beyond - first for first, beyond, _ in plan.windows)  # they differ by one at most
    most = max(LEAST_TARGET_ROWS, int(TARGET_SHARE * steps * plan.batch_size))
    if rows <= most:
        return None
    random = np.random.default_rng([seed, TARGET_STREAM])
    return np.sort(np.roll(random.permutation(rows), -place * most)[:most])
