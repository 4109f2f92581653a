"""What do several trainings say of a row together? One mean over those that learned from it.

A run trains once, or with folds K times, each time without the rows of another fold
(`dataset/folds.py`). Each training has signals of its own; a row's place in them is its place among
the rows which that training learned from. μ, both ends of its interval, loss and trade-off curve of
a row are the means over the trainings that learned from it: of one training, that one's to the
last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.curves import RowCurve, row_curve
from finine_core.influence.estimators import Estimator
from finine_core.influence.scores import TargetScores, ranks, score_target
from finine_core.influence.signals import SignalStore
from finine_core.influence.significance import (
    Discoveries,
    discoveries,
    harm_p_values,
    row_q_values,
)
from finine_core.influence.targets import Target

Floats = NDArray[np.float64]
# Twice the mean of p-values is one, however they depend on each other (Rüschendorf 1982).
MEAN_OF_P_VALUES = 2.0


@dataclass(frozen=True, eq=False)
class Trainings:
    """The trainings of a run.

    Attributes:
        stores: their signals, the first training's first.
        learned: the row numbers that each learned from, by their places in its signals.
    """

    stores: tuple[SignalStore, ...]
    learned: tuple[NDArray[np.int64], ...]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """All rows that were learned from, shape (n,): the first training's, then all others."""
        first = self.learned[0]
        if len(self.learned) == 1:
            return first
        return np.concatenate([first, np.setdiff1d(np.concatenate(self.learned[1:]), first)])

    def mean(self, values: Sequence[NDArray[np.floating]]) -> Floats:
        """The mean of each row's values, in the order of `rows`.

        Args:
            values: of each training, one for each row that it learned from.
        """
        total, times = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        for places, own in zip(self._places, values, strict=True):
            total[places] += own
            times[places] += 1
        return total / times

    def of(self, row: int) -> list[tuple[int, int]]:
        """The trainings that learned from a row, as 0, 1, …, each with the row's place in it."""
        found = [np.flatnonzero(rows == row) for rows in self.learned]
        return [(k, int(places[0])) for k, places in enumerate(found) if len(places)]

    def losses(self) -> Floats:
        """The mean loss of each row over the epochs."""
        return self.mean([one.mean_losses() for one in self.stores])

    def scores(self, estimator: Estimator, target: Target, seed: int) -> TargetScores:
        """μ, its interval and its rank on a target, of each row in the order of `rows`.

        The mean of intervals is as wide as they are on average: trainings share most of their rows,
        so that they are not taken for independent.

        Raises:
            FinineError: see `score_target`.
        """
        every = [
            score_target(
                store.target(target.name, carried=estimator.carried),
                estimator,
                target,
                seed + k,  # that of the training
                self.learned[k],
            )
            for k, store in enumerate(self.stores)
        ]
        mu = self.mean([one.mu for one in every])
        low, high = self.mean([one.low for one in every]), self.mean([one.high for one in every])
        return TargetScores(mu, low, high, ranks(mu, target))

    def q_values(self, mu: Floats, target: Target) -> tuple[Floats | None, str]:
        """The least false discovery rate at which each row stands out; see `row_q_values`."""
        first = self.stores[0].target(target.name)
        return row_q_values(first, mu, target, lambda: self._harm(target))

    def discoveries(self, mu: Floats, target: Target, q: float) -> Discoveries:
        """The rows that stand out; places are those in `rows`."""
        first = self.stores[0].target(target.name)
        return discoveries(first, mu, target, q, lambda: self._harm(target))

    def curve(
        self,
        row: int,
        target: str,
        estimator: Estimator,
        seed: int,
        interval: tuple[float, float, float],
    ) -> RowCurve:
        """The trade-off curve of one row, the mean of those of the trainings that learned from it.

        A mean of trade-off functions is one, too.

        Args:
            interval: μ and both ends of its interval.
        """
        mu, low, high = interval
        every = [
            row_curve(
                self.stores[k].row(target, place, carried=estimator.carried),
                self.stores[k].plan,
                row_number=row,
                target=target,
                mu=mu,
                mu_low=low,
                mu_high=high,
                seed=seed + k,
            )
            for k, place in self.of(row)
        ]
        first = every[0]
        beta, beta_low, beta_high = (
            np.mean([getattr(one, name) for one in every], axis=0)
            for name in ("beta", "beta_low", "beta_high")
        )
        return RowCurve(
            first.alpha, beta, first.gaussian_beta, beta_low, beta_high, row, target, mu, low, high
        )

    @cached_property
    def _places(self) -> list[NDArray[np.int64]]:
        """Where in `rows` each training's rows are."""
        order = np.argsort(self.rows)
        return [order[np.searchsorted(self.rows, one, sorter=order)] for one in self.learned]

    def _harm(self, target: Target) -> Floats:
        """How well each row goes with doing no harm: one p-value of those of its trainings."""
        p = self.mean([harm_p_values(one.target(target.name)) for one in self.stores])
        times = sum(np.bincount(places, minlength=len(p)) for places in self._places)
        return np.where(times > 1, np.minimum(MEAN_OF_P_VALUES * p, 1.0), p)
