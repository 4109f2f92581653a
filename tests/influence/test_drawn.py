"""Which rows a window looks at: the same in a resumed run, and in turns all of them."""

import numpy as np

from finine_core.influence import SignalPlan
from finine_core.influence.drawn import LEAST_TARGET_ROWS, curved_rows, target_rows

PLAN = SignalPlan(20_000, tuple(range(8)), 8 * 625, 8, 32, ("validation",), ())


def test_windows_take_turns_with_sets_of_curvature_rows():
    seen = [curved_rows(PLAN, 3, place) for place in range(8)]
    assert all(len(np.unique(rows)) == 128 for rows in seen)
    for place in range(4):
        np.testing.assert_array_equal(seen[place], seen[place + 4])
    assert len(np.unique(np.concatenate(seen))) == 4 * 128
    few = SignalPlan(50, (0,), 2, 1, 32, ("validation",), ())
    assert curved_rows(few, 3, 0).tolist() == list(range(50)), "all, where there are no more"


def test_windows_come_by_all_rows_of_a_target_that_has_many():
    most = max(beyond - first for first, beyond, _ in PLAN.windows) * 32 // 8
    assert most > LEAST_TARGET_ROWS
    assert target_rows(PLAN, 3, 0, most) is None
    rows = 3 * most
    seen = [target_rows(PLAN, 3, place, rows) for place in range(3)]
    assert sorted(np.concatenate(seen).tolist()) == list(range(rows))
    np.testing.assert_array_equal(seen[0], target_rows(PLAN, 3, 0, rows))
