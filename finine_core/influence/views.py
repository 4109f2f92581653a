"""What is stored of a window of steps: its signals as they are, and carried to the end of the run.

Both views take the same numbers of the window's rows and give the same quantities (listed in
`signals.py`). In the first everything stays as it is. The second asks the curvature what is left of
everything at the end (`carrying.py`), speaks of margins (of errors, in regression) instead of
losses on target self, and adds to the variance what other initial parameters would have changed.

The variance of a row's batch is that over all rows j of the window of ⟨g_i, M g_j⟩, with the row
itself left out: along the directions that the curvature tells apart by their covariance, outside of
them by the row's products with the curvature rows, brought to the length that rows have there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finine_core.influence.carrying import Kept

Quantities = dict[str, NDArray[np.floating]]
# Of the variance over all rows, what is left when the row itself is taken out, at the least.
LEAST_SHARE = 0.02
ROUNDING = 1e-6  # of float32 products: less of a squared length is as good as none
_TINY = 1e-300  # what is divided by at the least


@dataclass(frozen=True)
class WindowRows:
    """The n rows that took part in a window, in the order of its steps.

    Attributes:
        losses: at their own steps, (n,).
        mine: coordinates along the curvature's directions, (n, K), float64.
        norms: ‖g_i‖², (n,).
        along: ⟨g_i, V_k⟩ with the targets' gradients, (n, k).
        steps: which step of the window each was in, (n,).
        met: mean squared product with the curvature rows outside of the directions, (n,).
        their_outside: mean squared length of the curvature rows outside of them.
    """

    losses: Tensor
    mine: Tensor
    norms: Tensor
    along: Tensor
    steps: Tensor
    met: Tensor
    their_outside: float

    @cached_property
    def outside(self) -> Tensor:
        """Squared length outside of the directions, (n,)."""
        return (self.norms - self.squares.sum(dim=1)).clamp(min=0)

    @cached_property
    def squares(self) -> Tensor:
        """Squared coordinates, (n, K)."""
        return self.mine.square()

    @cached_property
    def apart(self) -> Tensor:
        """Coordinates less their mean, (n, K)."""
        return self.mine - self.mine.mean(dim=0)

    @cached_property
    def by_apart(self) -> Tensor:
        """Coordinates times themselves less their mean, (n, K)."""
        return self.mine * self.apart

    @cached_property
    def covariance(self) -> Tensor:
        """Of the coordinates, (K, K)."""
        return self.apart.T @ self.apart / max(1, len(self.mine) - 1)

    @cached_property
    def sizes(self) -> Tensor:
        """Rows in the batch of each row, (n,)."""
        return torch.bincount(self.steps).to(self.mine)[self.steps]

    @cached_property
    def by_others(self) -> Tensor:
        """Coordinates times the sum of the others' in the batch, less their mean, (n, K)."""
        sums = self.apart.new_zeros(int(self.steps.max()) + 1, self.mine.shape[1])
        sums.index_add_(0, self.steps, self.apart)
        return self.mine * sums[self.steps] - self.by_apart

    def own(self, kept: Kept) -> Tensor:
        """g_iᵀ M g_i, (n,); never negative."""
        inside = (kept.inside - kept.outside).to(self.mine)
        return (self.squares @ inside + kept.outside * self.norms).clamp(min=0)


@dataclass(frozen=True)
class Shared:
    """The k targets that all rows share, as gradients V_k.

    Attributes:
        names: of them.
        coordinates: along the curvature's directions, (k, K).
        squared: ‖V_k‖², (k,).
        losses: mean loss of each target's rows.
    """

    names: tuple[str, ...]
    coordinates: Tensor
    squared: Tensor
    losses: Sequence[float]


@dataclass(frozen=True)
class View:
    """How a window's steps count.

    Attributes:
        carried: whether as what is left of them at the end.
        effect, noise: what is left of signals and of deviations.
        rate: learning rate; momentum is in what is left of a kick.
        batch, noisy_batch: rows per batch (`SignalPlan`).
        start: what is left of the initial parameters; None where they are not counted.
        start_variance: theirs, over the steps of the run: a step's share.
        participations: of a row in a step, on average; 0 where when it takes part is no matter.
        unit: of a row's own loss (`Objective.unit`).
        smallest: a target's mean loss below it is taken for it, when it is the unit; None where
            losses are not told in units of it.
    """

    carried: bool
    effect: Kept
    noise: Kept
    rate: float
    batch: float
    noisy_batch: float
    start: Kept | None = None
    start_variance: float = 0.0
    participations: float = 0.0
    unit: Callable[[Tensor], Tensor] = torch.ones_like
    smallest: float | None = None

    def on_self(self, rows: WindowRows) -> Quantities:
        """Signal, background and variance of each row on itself, (n,)."""
        unit = self.unit(rows.losses).double()
        effect, noise = rows.own(self.effect), rows.own(self.noise)
        inside, deviation = self._inside(rows)
        variance = (inside + self._outside(rows)) / self.noisy_batch
        variance = self.rate**2 * unit.square() * (variance + self._timing(noise))
        if self.start is not None:
            start = rows.own(self.start)
            variance = variance + start * unit.square() * self.start_variance
        told = deviation / torch.sqrt(inside.clamp(min=_TINY))
        return _numbers(
            signal=self.rate * unit * effect / self.batch,
            background=told * torch.sqrt(variance),
            variance=variance,
        )

    def on_shared(self, rows: WindowRows, shared: Shared, k: int) -> Quantities:
        """Signal of each row on a target (n,), and what is the same for all rows, (1,)."""
        theirs, along = shared.coordinates[k, None], rows.along[:, k, None]
        effect = self.effect.between(rows.mine, theirs, along)[:, 0]
        noise = self.noise.between(rows.mine, theirs, along)[:, 0]
        unit = 1.0 if self.smallest is None else 1 / max(shared.losses[k], self.smallest)
        spread = noise.var() if len(noise) > 1 else torch.zeros_like(noise.sum())
        variance = (self.rate * unit) ** 2 * spread / self.noisy_batch
        if self.start is not None:
            start = self.start.own(theirs, shared.squared[k, None])[0]
            variance = variance + start * unit**2 * self.start_variance
        batch = noise[rows.steps == rows.steps[len(rows.steps) // 2]]  # one of the window's
        told = (batch.mean() - noise.mean()) / torch.sqrt((spread / len(batch)).clamp(min=_TINY))
        trend = self.rate * unit * effect.mean()
        return _numbers(
            signal=self.rate * unit * effect / self.batch,
            background=trend + told * torch.sqrt(variance),
            trend=trend,
            variance=variance,
        )

    def _inside(self, rows: WindowRows) -> tuple[Tensor, Tensor]:
        """Along the directions: the variance over the other rows j of ⟨g_i, M g_j⟩, (n,); and by
        how much the mean of the others in the row's batch differs from that of all, over what it
        differs by on average.
        """
        count = len(rows.mine)
        left = self.noise.inside.to(rows.mine)
        every = ((rows.mine @ (left[:, None] * rows.covariance * left)) * rows.mine).sum(dim=1)
        own = rows.by_apart @ left  # what the row's own product deviates by
        others = (count - 1) * every - count / max(1, count - 1) * own.square()
        variance = torch.maximum(others / max(1, count - 2), LEAST_SHARE * every)
        of_others = rows.by_others @ left
        return variance, of_others / torch.sqrt((rows.sizes - 1).clamp(min=1))

    def _outside(self, rows: WindowRows) -> Tensor:
        """Likewise outside of them."""
        outside = rows.outside
        if rows.their_outside <= ROUNDING * float(rows.norms.mean()):
            return torch.zeros_like(outside)  # the directions are all that there are
        others = (outside.sum() - outside) / max(1, len(outside) - 1)
        return self.noise.outside**2 * rows.met * others / rows.their_outside

    def _timing(self, noise: Tensor) -> Tensor:
        """When a row takes part differs between runs too, in those that have it: half counts."""
        return 0.5 * self.participations * (noise / self.batch).square()


def met_outside(pairs: Tensor, mine: Tensor, theirs: Tensor, same: Tensor) -> Tensor:
    """Mean squared product of each row with the curvature rows, outside of the directions, (n,).

    Args:
        pairs: products with the m curvature rows, (n, m).
        mine, theirs: coordinates of the rows (n, K), and of the curvature rows (m, K).
        same: which of the rows is which curvature row, (n, m): it is left out.
    """
    rest = (pairs - mine @ theirs.T).masked_fill_(same, 0.0)
    others = (~same).sum(dim=1).clamp(min=1)
    return rest.square_().sum(dim=1) / others


def _numbers(**quantities: Tensor) -> Quantities:
    return {k: values.detach().float().cpu().numpy() for k, values in quantities.items()}
