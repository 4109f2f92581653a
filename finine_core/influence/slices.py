"""Which values of which columns mark rows that help or hurt the validation set?

A slice is the training rows with one value in one column. Takes the recorded signals and, per
column, which value each training row has; gives every slice's influence as a group (`groups.py`,
refilled), its interval, a p-value against random groups of its size, and a q-value (Benjamini and
Hochberg) over all slices. Two slices of one column that complement each other are one question, and
are counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.estimators import ESTIMATORS, Estimator
from finine_core.influence.groups import (
    LEAST_REST,
    Floats,
    GroupInfluence,
    GroupSums,
    check_group_target,
    group_p_values,
    group_signals,
)
from finine_core.influence.scores import score_target
from finine_core.influence.signals import SignalPlan, TargetSignals
from finine_core.influence.significance import q_values
from finine_core.influence.targets import VALIDATION, target_named

MIN_SLICE_ROWS = 10  # fewer make no normal mean and no decision about a slice
MAX_VALUES = 50  # columns with more values name rows rather than kinds of rows


@dataclass(frozen=True)
class SliceColumn:
    """Which value each training row has in one column.

    Attributes:
        name: of the column.
        values: its distinct values as text, shape (v,); None stands for a missing one.
        codes: the place of each training row's value in `values`, shape (n,).
    """

    name: str
    values: Sequence[str | None]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Slice:
    """One slice: `column` = `value`, its influence as a group, and its q-value."""

    column: str
    value: str | None
    influence: GroupInfluence
    q_value: float


def slice_influences(
    signals: TargetSignals,
    plan: SignalPlan,
    columns: Sequence[SliceColumn],
    row_mu: Floats,
    *,
    seed: int,
    target: str = VALIDATION.name,
    estimator: Estimator = ESTIMATORS["gaussian"],
) -> list[Slice]:
    """Every slice of at least MIN_SLICE_ROWS rows, the most harmful first.

    Args:
        signals: of all n training rows on the target.
        plan: the run's.
        row_mu: μ of every row on it, shape (n,).
        seed: of the intervals' bootstrap.

    Raises:
        FinineError: the target is `self`.
    """
    check_group_target(plan, target)
    sizes = [np.bincount(one.codes, minlength=len(one.values)) for one in columns]
    kept = [
        np.flatnonzero((size >= MIN_SLICE_ROWS) & (plan.rows - size >= LEAST_REST))
        for size in sizes
    ]
    names = [
        (one.name, one.values[k])
        for one, keep in zip(columns, kept, strict=True)
        for k in keep.tolist()
    ]
    if not names:
        return []
    rows = np.concatenate([size[keep] for size, keep in zip(sizes, kept, strict=True)])

    def summed(weights: Floats) -> Floats:
        """Sums over each kept slice, shape (G,)."""
        return np.concatenate(
            [
                np.bincount(one.codes, weights=weights, minlength=len(one.values))[keep]
                for one, keep in zip(columns, kept, strict=True)
            ]
        )

    steps = len(signals.signal)
    total, squares = np.empty((2, steps, len(rows)))
    for step in range(steps):
        values = signals.signal[step].astype(np.float64)
        total[step], squares[step] = summed(values), summed(values**2)
    sums = GroupSums(total, squares, rows.astype(np.int64))
    found, _ = group_signals(signals, plan, sums, refill=True)
    scores = score_target(found, estimator, target_named(target), seed)
    p = group_p_values(row_mu, summed(row_mu), sums.rows)
    q = q_values(p)
    slices = [
        Slice(
            *names[k],
            GroupInfluence(
                target,
                int(rows[k]),
                float(scores.mu[k]),
                float(scores.low[k]),
                float(scores.high[k]),
                float(p[k]),
                refilled=True,
                share=int(rows[k]) / plan.rows,
            ),
            float(q[k]),
        )
        for k in range(len(rows))
    ]
    return sorted(slices, key=lambda one: one.influence.mu)
