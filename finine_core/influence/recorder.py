"""Records the signals of a run inside its own training steps.

Watches a `Trainer`. In a recorded epoch, hooks keep what layers see of each step's batch
(`recording`); no row of the batch runs again. The steps of a window share one look at the curvature
(some rows, run forward and back once) and at the gradients of the targets that all rows share. From
products with these come every row's signal and variance at its own step (`views.py`): as they are,
and, with SGD, as what is left of them at the end of the run.
With Adam the products are those of plain gradients, as with SGD: the preconditioner is left out,
and so is momentum; a factor common to all rows cancels in μ. What Adam leaves of a kick follows
from neither, so its signals are not carried.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finine_core.errors import FinineError
from finine_core.gradients import Direction, GhostRows, RowGradients
from finine_core.influence.carrying import Curvature
from finine_core.influence.drawn import CURVATURE_STREAM, curved_rows, target_rows
from finine_core.influence.ends import ends_of
from finine_core.influence.signal_plan import SignalPlan, recorded_epochs
from finine_core.influence.signal_writer import SignalWriter
from finine_core.influence.targets import SELF, VALIDATION, row_targets
from finine_core.influence.views import Shared, View, WindowRows, met_outside
from finine_core.recording.buffer import StepBuffer
from finine_core.recording.hooks import StepHooks, follow_what_is_drawn_once
from finine_core.recording.inputs import FirstLayer, sparse_inputs
from finine_core.training.settings import Progress
from finine_core.training.trainer import MOMENTUM, Learned, Trainer, predict

SMALLEST_LOSS = 1e-6  # a mean loss below is as good as zero, and has no unit of its own

# Inputs and labels of some rows.
Rows = tuple[Tensor, Tensor]


def plan_for(
    trainer: Trainer,
    targets: tuple[str, ...],
    epochs: tuple[int, ...] | None = None,
) -> SignalPlan:
    """What a run of `trainer` will record; signals are carried to its end where it uses SGD and the
    objective knows its curvature.

    Args:
        epochs: to record, the last one among them; by default those of `recorded_epochs`.
    """
    settings = trainer.settings
    return SignalPlan(
        rows=trainer.rows,
        recorded=epochs or recorded_epochs(settings.epochs, trainer.total_steps),
        total_steps=trainer.total_steps,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        targets=targets,
        row_targets=row_targets(targets),
        carried=settings.optimizer == "sgd" and trainer.objective.carried,
    )


@dataclass
class _Window:
    """An open window: what its rows are compared with, and what was found of them so far."""

    place: int
    curvature: Curvature
    curved: NDArray[np.int64]
    held: GhostRows
    theirs: Tensor
    their_outside: float
    directions: list[Direction]
    shared: Shared
    views: list[View]
    hooks: StepHooks
    buffer: StepBuffer
    rows: list[NDArray[np.int64]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    found: list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]] = field(default_factory=list)
    first: FirstLayer | None = None
    worked: int = 0  # of its steps, those that are worked off


class Recorder:
    """Writes signals to `writer` while `trainer` runs.

    Args:
        shared: rows of the targets that all training rows share, by name; validation is known.

    Attributes:
        seconds: time spent so far on what training alone would not do, hooks left out.
    """

    def __init__(
        self, trainer: Trainer, writer: SignalWriter, shared: Mapping[str, Rows] | None = None
    ) -> None:
        self.trainer, self.writer = trainer, writer
        self.plan: SignalPlan = writer.plan
        known = {VALIDATION.name: (trainer.validation_x, trainer.validation_y), **(shared or {})}
        self.shared = {name: known[name] for name in self.plan.targets if name != SELF.name}
        self._starts = {window.first: k for k, window in enumerate(self.plan.windows)}
        self.gradients = RowGradients(trainer.model, trainer.loss)
        self._sparse = sparse_inputs(trainer.train_x)
        self._window: _Window | None = None
        self._hooked = ExitStack()
        self.seconds = 0.0

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        """Take hooks off the model, however the run ends."""
        self._hooked.close()
        self._window = None

    @property
    def between(self) -> bool:
        """Whether a checkpoint can be written: no window is open, to be begun anew after a kill."""
        return self._window is None

    def before_step(self, step: int, batch: NDArray[np.int64], learning_rate: float) -> None:
        """Open a window where one begins, and watch the step when it is in one."""
        if step in self._starts:
            started = time.perf_counter()
            self.trainer.model.eval()
            self._window = self._opened(self._starts[step], step, learning_rate)
            self._hooked.enter_context(self._window.hooks)
            self.seconds += time.perf_counter() - started
        if self._window is not None:
            self._window.hooks.begin(len(batch))

    def learned(self, one: Learned) -> None:
        """Keep what the step saw; work off what is kept when it is enough, or the window ends."""
        window = self._window
        if window is None:
            return
        started = time.perf_counter()
        captured = window.hooks.seen(one.losses, one.outputs)
        if not window.steps:
            structure = window.buffer.structure
            window.first = FirstLayer.of(structure, captured, one.inputs, self._sparse)
            if window.first is not None:
                window.buffer.apart = window.first.use
                window.held = window.first.filled(window.held, window.curved)
        if not window.buffer.fits(captured):
            self._work_off(window, one)
        window.buffer.add(captured)
        window.rows.append(one.batch)
        window.steps.append(one.step)
        last = one.step + 1 == self.plan.windows[window.place].beyond
        if window.buffer.full or last:
            self._work_off(window, one)
        if last:
            self._close(window)
        self.seconds += time.perf_counter() - started

    def after_epoch(self, progress: Progress) -> None:
        """Nothing to do: signals are a matter of steps."""

    def _opened(self, place: int, step: int, rate: float) -> _Window:
        trainer, plan = self.trainer, self.plan
        rows = curved_rows(plan, trainer.settings.seed, place)
        count = len(rows)
        inputs, labels = trainer.train_x[rows], trainer.train_y[rows]
        if trainer.objective.carried:
            random = np.random.default_rng([trainer.settings.seed, CURVATURE_STREAM, step])
            labels = trainer.objective.curved(predict(trainer.model, inputs), random)
        structure = self.gradients.learned(inputs, labels)
        follow_what_is_drawn_once(trainer.model, structure, inputs[:4])
        held = self.gradients.probe(inputs, labels)
        directions, losses = [], []
        for name in self.shared:
            found = self.gradients.products(*self._looked_at(name, place), mean=True)
            assert found.mean is not None
            directions.append(found.mean)
            losses.append(float(found.losses.double().mean()))
        totals, _ = held.rows.totals(probe=held.rows, directions=directions)
        assert totals.pairs is not None
        horizon = None
        if plan.carried:
            horizon = ends_of(
                plan,
                plan.windows[place].line,
                rate=rate,
                momentum=MOMENTUM,
                decay=trainer.settings.weight_decay,
                convex=trainer.convex,
            )
        curvature = Curvature(totals.pairs, horizon)
        theirs = curvature.coordinates(totals.pairs.double())
        along = totals.pairs.new_empty(0, count) if totals.along is None else totals.along.T
        lengths = [_squared_length(one) for one in directions]
        shared = Shared(
            tuple(self.shared),
            curvature.coordinates(along.double()),
            torch.tensor(lengths, dtype=torch.float64, device=inputs.device),
            losses,
        )
        return _Window(
            place,
            curvature,
            rows,
            held.rows,
            theirs,
            float(
                (totals.pairs.diagonal().double() - theirs.square().sum(dim=1)).clamp(min=0).mean()
            ),
            directions,
            shared,
            self._views(curvature, place, rate),
            StepHooks(trainer.model, structure),
            StepBuffer(structure),
        )

    def _looked_at(self, target: str, place: int) -> Rows:
        """Some of a target's rows, others in each window; all where they are few."""
        inputs, labels = self.shared[target]
        rows = target_rows(self.plan, self.trainer.settings.seed, place, len(labels))
        return (inputs, labels) if rows is None else (inputs[rows], labels[rows])

    def _views(self, curvature: Curvature, place: int, rate: float) -> list[View]:
        plan, trainer = self.plan, self.trainer
        batches = plan.batch, plan.noisy_batch
        times = plan.weight(plan.windows[place].line)
        views = [View(False, *curvature.as_it_is(times), rate, *batches)]
        if plan.carried:
            views.append(
                View(
                    True,
                    curvature.effect,
                    curvature.noise,
                    rate,
                    *batches,
                    start=curvature.start,
                    start_variance=trainer.initial_variance / plan.total_steps,
                    participations=plan.epochs / plan.total_steps,
                    unit=trainer.objective.unit,
                    smallest=SMALLEST_LOSS,
                )
            )
        return views

    def _work_off(self, window: _Window, now: Learned) -> None:
        """Take the products of the rows that wait."""
        if not len(window.buffer):
            return
        captured = window.buffer.taken()
        rows = self.gradients.of_captured(captured, (now.inputs,), self.trainer.train_y[now.batch])
        self.trainer.model.eval()  # for layers that are run again; the next step trains again
        index = np.concatenate(window.rows[window.worked :])
        if window.first is not None:
            rows = window.first.filled(rows, index)
        window.worked = len(window.rows)
        totals, _ = rows.totals(norms=True, probe=window.held, directions=window.directions)
        assert totals.norms is not None
        assert totals.pairs is not None
        mine = window.curvature.coordinates(totals.pairs)
        along = mine.new_empty(len(rows), 0) if totals.along is None else totals.along
        same = torch.from_numpy(index[:, None] == window.curved[None, :]).to(mine.device)
        met = met_outside(totals.pairs, mine, window.theirs.to(mine), same)
        window.found.append((captured.losses, mine, totals.norms, along, met))

    def _close(self, window: _Window) -> None:
        """Write what the window's rows come to."""
        self._hooked.close()
        self._window = None
        losses, mine, norms, along, met = (
            torch.cat(part) for part in zip(*window.found, strict=True)
        )
        index = np.concatenate(window.rows)
        sizes = torch.tensor([len(batch) for batch in window.rows], device=mine.device)
        rows = WindowRows(
            losses,
            mine.double(),
            norms.double(),
            along.double(),
            torch.repeat_interleave(sizes),
            met.double(),
            window.their_outside,
        )
        for view in window.views:
            if SELF.name in self.plan.targets:
                self._write(window, SELF.name, index, view, view.on_self(rows))
            for k, name in enumerate(window.shared.names):
                self._write(window, name, index, view, view.on_shared(rows, window.shared, k))
        self.writer.write_losses(window.place, index, losses.float().cpu().numpy())

    def _write(
        self,
        window: _Window,
        target: str,
        rows: NDArray[np.int64],
        view: View,
        quantities: dict[str, NDArray[np.floating]],
    ) -> None:
        for name, values in quantities.items():
            if not np.isfinite(values).all():
                raise FinineError(
                    f"The {name} of target '{target}' is not finite in steps"
                    f" {window.steps[0]} to {window.steps[-1]}.",
                    "Lower the learning rate, or look for extreme feature values.",
                )
        self.writer.write(window.place, target, rows, carried=view.carried, **quantities)


def _squared_length(direction: Direction) -> float:
    return sum(float(g.double().square().sum()) for g in direction.values())
