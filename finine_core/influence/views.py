"""What is stored of a recorded step: its signals as they are, and carried to the end of the run.

Both views take the same products of a chunk of rows and give the same four quantities (listed
in `signals.py`). The first knows only its step. The second asks the curvature what is left of
everything at the end (`carrying.py`), speaks of margins (of errors, in regression) instead of
losses on target self, and adds to the variance what other initial parameters would have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finine_core.gradients import Products
from finine_core.influence.carrying import Curvature
from finine_core.influence.probe import Probe, moments

Quantities = dict[str, NDArray[np.floating]]


@dataclass(frozen=True)
class Step:
    """One recorded step: its place among them, its number, its batch and learning rate."""

    line: int
    number: int
    batch: NDArray[np.int64]
    learning_rate: float


@dataclass(frozen=True)
class OfChunk:
    """What a view says of a chunk of n rows.

    Attributes:
        on_self: quantities of the rows on themselves; None without target self.
        along: along each of k directions, (n, k, 2): what becomes signal and noise; None without.
    """

    on_self: Quantities | None
    along: Tensor | None


@dataclass(frozen=True)
class AsItIs:
    """The signals of the step alone.

    Attributes:
        probe: the rows whose products with every row give variance and trend; None without self.
        batch_along: which direction is the batch's mean gradient, when the probe lacks the batch.
    """

    at: Step
    probe: Probe | None
    batch_along: int | None

    carried = False

    def of_chunk(self, found: Products, rows: slice, in_batch: Tensor) -> OfChunk:
        """What a chunk of rows adds, on themselves and along each direction."""
        along = None if found.along is None else found.along[:, :, None].expand(-1, -1, 2)
        return OfChunk(None if self.probe is None else self._on_self(found, rows, in_batch), along)

    def _on_self(self, found: Products, rows: slice, in_batch: Tensor) -> Quantities:
        assert self.probe is not None
        assert found.norms is not None
        assert found.pairs is not None
        size = len(self.at.batch)
        pairs = found.pairs[:, : len(self.probe.index)].clone()  # moments overwrites them
        of_batch = pairs[:, :size].mean(dim=1)
        if self.batch_along is not None:
            assert found.along is not None
            of_batch = found.along[:, self.batch_along]
        own = found.norms / size
        background = of_batch - torch.where(in_batch, own, torch.zeros_like(own))
        trend, variance = moments(pairs, self.probe, rows)
        return _scaled(self.at.learning_rate, own, background, trend, variance / size)

    def on_shared(self, along: Tensor, direction: int) -> Quantities:  # noqa: ARG002
        """Quantities of all rows from what `of_chunk` said of them along the direction, (n, 2)."""
        return _scaled(self.at.learning_rate, *_shared(along, self.at.batch))


@dataclass(frozen=True)
class CarriedToTheEnd:
    """What is left of the step's signals at the end of the run.

    Attributes:
        plain: the other view; it knows the probe.
        curvature: at this step.
        of_probe: coordinates of the probe's rows, (m, K).
        of_directions, squared: coordinates (k, K) and squared lengths (k,) of the directions.
        units: 1 ÷ the mean loss of the rows of each direction: their *log* loss is moved by that
            much more than their loss, and levels off less. A trade-off function is the same for
            both, since one follows from the other.
        unit: of a row's own loss (`Objective.unit`).
        participations: of a row in a step, on average.
        rate: learning rate; momentum is in what is left of a kick.
        start_variance: of the initial parameters, over the steps of the run: a step's share.
        start_draw: standard normal; which initial parameters the background has seen.
    """

    plain: AsItIs
    curvature: Curvature
    of_probe: Tensor
    of_directions: Tensor
    squared: Tensor
    units: Sequence[float]
    unit: Callable[[Tensor], Tensor]
    participations: float
    rate: float
    start_variance: float
    start_draw: float

    carried = True

    def of_chunk(self, found: Products, rows: slice, in_batch: Tensor) -> OfChunk:
        """What a chunk of rows adds: on themselves, in the objective's unit, and along each
        direction, as what is left of their effect and of their noise.
        """
        assert found.pairs is not None
        probe, left = self.plain.probe, self.curvature
        held = 0 if probe is None else len(probe.index)
        mine = left.coordinates(found.pairs[:, held:])
        along = None
        if found.along is not None:
            views = (left.effect, left.noise)
            both = [one.between(mine, self.of_directions, found.along) for one in views]
            along = torch.stack(both, dim=2)
        if probe is None:
            return OfChunk(None, along)
        pairs = left.noise.between(mine, self.of_probe, found.pairs[:, :held])
        own = self._on_self(found, rows, in_batch, mine, pairs, along)
        return OfChunk(own, along)

    def _on_self(
        self,
        found: Products,
        rows: slice,
        in_batch: Tensor,
        mine: Tensor,
        pairs: Tensor,
        along: Tensor | None,
    ) -> Quantities:
        """From the rows' coordinates (n, K) and what is left of products with the probe (n, m)."""
        probe, size, left = self.plain.probe, len(self.plain.at.batch), self.curvature
        assert probe is not None
        assert found.norms is not None
        of_batch = pairs[:, :size].mean(dim=1)
        if self.plain.batch_along is not None:
            assert along is not None
            of_batch = along[:, self.plain.batch_along, 1]
        norms = found.norms
        own = left.noise.own(mine, norms) / size
        background = of_batch - torch.where(in_batch, own, torch.zeros_like(own))
        trend, variance = moments(pairs, probe, rows)
        unit = self.unit(found.losses)
        start = left.start.own(mine, norms) * unit.square() * self.start_variance
        # When a row takes part differs between runs too, in those that have it: half counts.
        timing = 0.5 * self.participations * own.square()
        return _scaled(
            self.rate * unit,
            left.effect.own(mine, norms) / size,
            background,
            trend,
            variance / size + timing,
            start,
            self.start_draw,
        )

    def on_shared(self, along: Tensor, direction: int) -> Quantities:
        """Quantities of all rows from what `of_chunk` said of them along the direction, (n, 2)."""
        theirs, squared = self.of_directions[direction, None], self.squared[direction, None]
        unit, start = self.units[direction], self.curvature.start.own(theirs, squared)[0]
        shared = _shared(along, self.plain.at.batch)
        return _scaled(
            self.rate * unit, *shared, start * unit**2 * self.start_variance, self.start_draw
        )


View = AsItIs | CarriedToTheEnd


def _shared(along: Tensor, batch: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Signal, background, trend and variance of a target that all rows share, before the rate.

    Trend is b times the mean signal in both views: groups take the mean from it.
    """
    effect, noise = along.double().unbind(dim=1)
    deviation = noise[torch.from_numpy(batch).to(noise.device)].mean() - noise.mean()
    trend = effect.mean()
    return effect / len(batch), trend + deviation, trend, noise.var() / len(batch)


def _scaled(
    rate: Tensor | float,
    signal: Tensor,
    background: Tensor,
    trend: Tensor,
    variance: Tensor,
    start: Tensor | float = 0.0,
    start_draw: float = 0.0,
) -> Quantities:
    """Quantities times the learning rate, with a share of the initial parameters' variance."""
    start = torch.as_tensor(start, dtype=torch.float64, device=signal.device)
    found = {
        "signal": rate * signal,
        "background": rate * background + start_draw * start.sqrt(),
        "trend": rate * trend,
        "variance": rate**2 * variance + start,
    }
    return {name: values.detach().float().cpu().numpy() for name, values in found.items()}
