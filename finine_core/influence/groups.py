"""How much does a group of training rows matter to the validation set, all of it taken out at once?

Takes the recorded signals of all n training rows and the places of k of them; gives the group's μ
for the whole run, its interval and its trade-off curve, without another run: signals add up
(docs/method.md, "Groups"), so only the members' columns are read.

What taking a group out means has to be said. Let s̄_S and s̄_rest be the mean signals of the members
and of the other rows at a step.

* *Refilled* (the default): as many steps are taken as before, in batches of b of the other rows.
  The expected batch moves from the mean over all rows to the mean over the rest, by
  (k/n)(s̄_S − s̄_rest) b, and over a run of T_total = E n / b steps by E Σ_{i∈S} (s_i − s̄_rest).
  A random group has an influence of about 0: this is the question of curation, where a deletion is
  held against a random deletion of the same size.
* *Plain*: every other row is seen as often as before, in k E / b fewer steps. Over the run this
  takes E Σ_{i∈S} s_i away: the sum of the members' own influences. While the model still learns,
  every large group has a positive one, for training is cut short.

The deviation of the run's background is √T_total σ, so either has μ = E Σ … / (√T_total σ), with
the same p √T_total as a row's. Refilled, σ² is the mean of the batch's variance with and without
the group: Gaussians that far apart with those variances have the area under the curve of G_μ. Few
mislabelled rows often have most of the variance. Plain, σ² is the stored one, as for single rows.

Either is a first-order account along the one run there was: it does not see that without a large
group (a whole class, say) the parameters would have gone elsewhere.

On target `self` the group's own loss moves with all products of its members with each other; a run
stores each row's with itself alone, so there is no such influence here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from finine_core.errors import FinineError
from finine_core.influence.curves import (
    GRID,
    DrawnCurve,
    drawn_curves,
    residual_shape,
    shifts_of,
    with_band,
)
from finine_core.influence.estimators import ESTIMATORS, Estimator
from finine_core.influence.scores import score_target
from finine_core.influence.signals import SignalPlan, TargetSignals
from finine_core.influence.targets import VALIDATION, target_named
from finine_core.tradeoff import gaussian_beta

Floats = NDArray[np.float64]
LEAST_REST = 2  # other rows that have a variance
LARGE = 0.1  # share of the training rows above which a first-order account is doubtful


@dataclass(frozen=True)
class GroupInfluence:
    """Influence of a group of rows on a target.

    Attributes:
        target: its name.
        rows: members k.
        mu, low, high: the whole run's influence and its interval (block bootstrap over steps).
        p_value: the chance that a random group of this size has a mean μ as far from the other
            rows' mean. For groups that were chosen without looking at μ; None when not asked for.
        refilled: whether other rows took the members' places (see the module).
        share: of the training rows that are members.
        left_out: further rows of the group, which the training that tells of it did not learn from.
    """

    target: str
    rows: int
    mu: float
    low: float
    high: float
    p_value: float | None
    refilled: bool
    share: float
    left_out: int = 0

    @property
    def large(self) -> bool:
        """Whether leaving the group out changes where training goes, which μ does not see."""
        return self.share > LARGE

    @property
    def left_out_words(self) -> str:
        """How many rows of the group it does not speak of; empty where it speaks of all."""
        if not self.left_out:
            return ""
        rows = "1 further row" if self.left_out == 1 else f"{self.left_out:,} further rows"
        return (
            f"{rows} of the group {'was' if self.left_out == 1 else 'were'} held out in the first"
            " training, which alone tells the influence of groups."
        )

    def beta(self, alpha: float) -> float:
        """β at Type I error α: how likely a tester misses whether the group was trained on."""
        return float(gaussian_beta(self.mu, alpha))


@dataclass(frozen=True)
class GroupCurve(DrawnCurve):
    """Trade-off curve of a group, and its influence."""

    influence: GroupInfluence


@dataclass(frozen=True)
class GroupSums:
    """Sums of the members' signals at every step, of G groups.

    Attributes:
        total: Σ_{i∈S} s_it, shape (T, G).
        squares: Σ_{i∈S} s_it², shape (T, G).
        rows: members of each, shape (G,).
    """

    total: Floats
    squares: Floats
    rows: NDArray[np.int64]


def group_influence(
    signals: TargetSignals,
    plan: SignalPlan,
    members: NDArray[np.int64],
    *,
    seed: int,
    target: str = VALIDATION.name,
    estimator: Estimator = ESTIMATORS["gaussian"],
    refill: bool = True,
    row_mu: Floats | None = None,
) -> GroupInfluence:
    """Influence of the rows at the places `members`, taken out together.

    Args:
        signals: of all n training rows, memory-mapped: only members' columns are read.
        plan: the run's.
        seed: of the bootstrap.
        refill: whether other rows take the members' places (see the module).
        row_mu: μ of every row, shape (n,), for the p-value; none without.

    Raises:
        FinineError: the target is `self`, or the group is empty or leaves fewer than two rows.
    """
    chosen = _checked(members, plan, target)
    sums = member_sums(signals, chosen)
    columns, _ = group_signals(signals, plan, sums, refill=refill)
    scores = score_target(columns, estimator, target_named(target), seed)
    p_value = None
    if row_mu is not None:
        p_value = float(group_p_values(row_mu, np.array([row_mu[chosen].sum()]), sums.rows)[0])
    return GroupInfluence(
        target,
        len(chosen),
        float(scores.mu[0]),
        float(scores.low[0]),
        float(scores.high[0]),
        p_value,
        refill,
        len(chosen) / plan.rows,
    )


def group_curve(
    signals: TargetSignals,
    plan: SignalPlan,
    members: NDArray[np.int64],
    influence: GroupInfluence,
    *,
    seed: int,
) -> GroupCurve:
    """The curve that goes with `influence`, by whole runs drawn from the recorded epochs.

    Both sides draw the recorded batches' residuals, each at its own deviation: with the group that
    of all rows, without it that of the rest.
    """
    chosen = _checked(members, plan, influence.target)
    sums = member_sums(signals, chosen)
    columns, rest = group_signals(signals, plan, sums, refill=influence.refilled)
    with_group = signals.variance[:, 0].astype(np.float64)
    drawn = drawn_curves(
        plan,
        with_variance=with_group,
        without_variance=rest[:, 0],
        shape=residual_shape(signals),
        shifts=shifts_of(
            columns,
            plan,
            (with_group + rest[:, 0]) / 2,
            (influence.mu, influence.low, influence.high),
        ),
        seed=seed,
    )
    beta, low, high = with_band(drawn)
    return GroupCurve(GRID, beta, gaussian_beta(influence.mu, GRID), low, high, influence)


def member_sums(signals: TargetSignals, members: NDArray[np.int64]) -> GroupSums:
    """The sums of one group, G = 1; a step at a time, so that no (T, k) array is made."""
    total, squares = np.empty((2, len(signals.signal), 1))
    for step, line in enumerate(signals.signal):
        values = np.take(line, members).astype(np.float64)
        total[step, 0], squares[step, 0] = values.sum(), values @ values
    return GroupSums(total, squares, np.array([len(members)]))


def group_signals(
    signals: TargetSignals, plan: SignalPlan, sums: GroupSums, *, refill: bool
) -> tuple[TargetSignals, Floats]:
    """Each group as one column of signals, for any estimator; and the variance without it, (T, G).

    The moments of all rows are stored: trend = b · mean signal, and of a line that counts w times
    variance = b² / (w b') · Var of signals, b' the `noisy_batch`. What is not the members' is the
    rest's, so no other row is read.
    """
    size, rows = sums.rows, plan.rows
    stored = signals.variance.astype(np.float64)  # (T, 1)
    columns = replace(signals, signal=sums.total.astype(np.float32))
    unchanged = np.broadcast_to(stored, sums.total.shape)
    if not refill:
        return columns, unchanged
    mean = signals.trend.astype(np.float64) / plan.batch  # (T, 1), of all rows
    rest_mean = (rows * mean - sums.total) / (rows - size)
    refilled = (sums.total - size * rest_mean).astype(np.float32)
    if signals.carried:  # its variance is not that of signals alone
        return replace(columns, signal=refilled), unchanged
    own_mean = sums.total / size
    # Sums of squared deviations: all = the group's + the rest's + those of the two means.
    times = plan.batch**2 / plan.noisy_batch / np.array(plan.weights)[:, None]  # (T, 1)
    all_squares = (rows - 1) * stored / times
    own_squares = np.maximum(sums.squares - sums.total * own_mean, 0.0)
    between = size * (rows - size) / rows * (own_mean - rest_mean) ** 2
    rest_squares = np.maximum(all_squares - own_squares - between, 0.0)  # 0 but for rounding
    rest = times * rest_squares / (rows - size - 1)
    variance = ((stored + rest) / 2).astype(np.float32)
    return replace(columns, signal=refilled, variance=variance), rest


def group_p_values(row_mu: Floats, totals: Floats, size: NDArray[np.int64]) -> Floats:
    """Two-sided p-values of groups against random groups of the same size, shape (G,).

    z = (mean of the members − mean of the rest) / √(Var(μ) (1/k + 1/(n−k))), normal for a sum of
    several rows drawn without replacement (Hájek 1960). Rows are what varies here, not steps: a
    row's signal seldom changes sign between steps, so by steps alone any group would seem special.

    Examples:
        >>> row_mu = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
        >>> group_p_values(row_mu, np.array([1.0]), np.array([2])).round(3)
        array([1.])
    """
    rows = len(row_mu)
    gap = totals / size - (row_mu.sum() - totals) / (rows - size)
    error = np.sqrt(row_mu.var(ddof=1) * (1 / size + 1 / (rows - size)))
    z = np.divide(np.abs(gap), error, out=np.zeros_like(gap), where=error > 0)  # all rows alike: 0
    return np.asarray(2 * ndtr(-z))


def check_group_target(plan: SignalPlan, target: str) -> None:
    """Refuse a target on which groups have no influence that a run could tell."""
    if target in plan.row_targets:
        raise FinineError(
            f"A run does not store what the influence of a group on target '{target}' needs:"
            " the products of its members with each other.",
            "Ask for target validation.",
        )


def _checked(members: NDArray[np.int64], plan: SignalPlan, target: str) -> NDArray[np.int64]:
    check_group_target(plan, target)
    chosen = np.unique(np.asarray(members, dtype=np.int64))
    if len(chosen) == 0:
        raise FinineError("The group is empty.", "Choose at least one training row.")
    if chosen[0] < 0 or chosen[-1] >= plan.rows:
        wrong = chosen[0] if chosen[0] < 0 else chosen[-1]
        raise FinineError(
            f"There is no training row at place {wrong}.", f"Places go from 0 to {plan.rows - 1}."
        )
    if plan.rows - len(chosen) < LEAST_REST:
        raise FinineError(
            f"The group has {len(chosen)} of {plan.rows} training rows; nothing is left to train"
            " on without it.",
            "Choose fewer rows.",
        )
    return chosen
