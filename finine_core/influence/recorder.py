"""Records the signals of a run: at some steps, every training row's gradient products.

Watches a `Trainer`. At a recorded step it takes, with the parameters that the step will change,
the products of docs/method.md ("One run") for all rows by ghost arithmetic, and writes them to the
signal store: as they are, and, with SGD, as what is left of them at the end of the run
(`views.py`).
The variance comes from an all-pairs probe (`probe.py`): a fresh sample of rows, the
batch among them, whose products with every row are formed; the batch's own give the background.
With Adam the products are those of plain gradients, as with SGD: the preconditioner is left out,
and so is momentum; a factor common to all rows cancels in μ. What Adam leaves of a kick follows
from neither, so its signals are not carried.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finine_core.errors import FinineError
from finine_core.gradients import Direction, ProbeSet, RowGradients
from finine_core.influence.carrying import CURVATURE_ROWS, Curvature
from finine_core.influence.probe import PROBE_ROWS, Probe, draw_probe
from finine_core.influence.response import Horizon
from finine_core.influence.signal_writer import SignalWriter
from finine_core.influence.signals import SignalPlan
from finine_core.influence.targets import SELF, VALIDATION, row_targets
from finine_core.influence.views import AsItIs, CarriedToTheEnd, Quantities, Step, View
from finine_core.training.settings import Progress
from finine_core.training.trainer import MOMENTUM, Trainer, predict

# Keep the random numbers of probe and curvature apart from those of the batch order.
_PROBE_STREAM, _CURVATURE_STREAM = 7, 8
SMALLEST_LOSS = 1e-6  # a mean loss below is as good as zero, and has no unit of its own
_BATCH = "batch"  # the direction of the batch's mean gradient


def recorded_steps(
    total_steps: int, wanted: int, short_every: int | None = None
) -> tuple[int, ...]:
    """`wanted` steps spread evenly over the run, each in the middle of its share.

    Args:
        short_every: when the last batch of an epoch is smaller, the steps of an epoch. Such a step
            is never recorded, the one before it is: a row is less often in a small batch and moves
            more in it, so such signals would stand for the run's at too large a size.

    Examples:
        >>> recorded_steps(100, 4)
        (12, 37, 62, 87)
        >>> recorded_steps(3, 32)
        (0, 1, 2)
        >>> recorded_steps(100, 4, short_every=13)
        (11, 37, 62, 87)
    """
    if total_steps <= wanted:
        steps = list(range(total_steps))
    else:
        steps = [int((k + 0.5) * total_steps / wanted) for k in range(wanted)]
    if short_every is not None and short_every > 1:
        steps = [step - 1 if step % short_every == short_every - 1 else step for step in steps]
    return tuple(dict.fromkeys(steps))


def plan_for(
    trainer: Trainer,
    wanted_steps: int,
    targets: tuple[str, ...],
    probe_rows: int = PROBE_ROWS,
) -> SignalPlan:
    """What a run of `trainer` will record; signals are carried to its end where it uses SGD and the
    objective knows its curvature.
    """
    settings, per_epoch = trainer.settings, trainer.settings.steps_per_epoch(trainer.rows)
    short = trainer.rows % settings.batch_size != 0
    return SignalPlan(
        rows=trainer.rows,
        steps=recorded_steps(trainer.total_steps, wanted_steps, per_epoch if short else None),
        total_steps=trainer.total_steps,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        probe_rows=probe_rows,
        targets=targets,
        row_targets=row_targets(targets),
        carried=settings.optimizer == "sgd" and trainer.objective.carried,
    )


# Inputs and labels of some rows.
Rows = tuple[Tensor, Tensor]


class Recorder:
    """Writes signals to `writer` while `trainer` runs.

    Args:
        shared: rows of the targets that all training rows share, by name; validation is known.

    Attributes:
        seconds: time spent recording so far.
    """

    def __init__(
        self, trainer: Trainer, writer: SignalWriter, shared: Mapping[str, Rows] | None = None
    ) -> None:
        self.trainer, self.writer = trainer, writer
        self.shared = {VALIDATION.name: (trainer.validation_x, trainer.validation_y)}
        self.shared |= shared or {}
        self.plan: SignalPlan = writer.plan
        self._lines = {step: line for line, step in enumerate(self.plan.steps)}
        self.gradients = RowGradients(trainer.model, trainer.loss)
        self.seconds = 0.0

    def before_step(self, step: int, batch: NDArray[np.int64], learning_rate: float) -> None:
        """Record, when this step is one of the plan's."""
        if step not in self._lines:
            return
        started = time.perf_counter()
        self.trainer.model.eval()
        self._record(Step(self._lines[step], step, batch, learning_rate))
        self.seconds += time.perf_counter() - started

    def after_epoch(self, progress: Progress) -> None:
        """Nothing to do: signals are a matter of steps."""

    def _record(self, at: Step) -> None:
        trainer, plan = self.trainer, self.plan
        self.writer.write_step(at.line, at.batch, at.learning_rate)
        probe = self.probe(at) if SELF.name in plan.targets else None
        directions = self._directions(at, probe)  # name -> mean gradient and mean loss
        held, views = self._views(at, probe, directions)
        in_batch = torch.zeros(plan.rows, dtype=torch.bool, device=trainer.train_x.device)
        in_batch[torch.from_numpy(at.batch).to(in_batch.device)] = True
        shared = [(name, k) for k, name in enumerate(directions) if name != _BATCH]
        along: dict[bool, list[Tensor]] = {view.carried: [] for view in views}
        for rows, found in self.gradients.stream(
            trainer.train_x,
            trainer.train_y,
            probes=held,
            directions=[gradient for gradient, _ in directions.values()],
            norms=probe is not None,
        ):
            self.writer.write_losses(at.line, rows, found.losses.float().cpu().numpy())
            for view in views:
                said = view.of_chunk(found, rows, in_batch[rows])
                if said.on_self is not None:
                    self._write(at, SELF.name, rows, view, said.on_self)
                if shared:
                    assert said.along is not None
                    along[view.carried].append(said.along)
        for view in views:
            for name, k in shared:
                of_all = torch.cat([part[:, k] for part in along[view.carried]])
                self._write(at, name, slice(0, plan.rows), view, view.on_shared(of_all, k))

    def probe(self, at: Step) -> Probe:
        """The rows that stand for all in the variance of this step; always the same ones."""
        random = np.random.default_rng([self.trainer.settings.seed, _PROBE_STREAM, at.number])
        # A stored signal is ‖g‖² up to a factor. From the files, so that a resumed run sees it too.
        norms = self.writer.signal(at.line - 1, SELF.name) if at.line else None
        return draw_probe(self.plan.rows, at.batch, norms, self.plan.probe_rows, random)

    def _directions(self, at: Step, probe: Probe | None) -> dict[str, tuple[Direction, float]]:
        """Mean gradient and loss of the targets that all rows share, and of the batch if needed."""
        trainer = self.trainer
        rows = {name: self.shared[name] for name in self.plan.targets if name != SELF.name}
        if probe is not None and not probe.batch_rows:  # else it is the mean of the probe's columns
            rows[_BATCH] = trainer.train_x[at.batch], trainer.train_y[at.batch]
        found = {}
        for name, (inputs, labels) in rows.items():
            products = self.gradients.products(inputs, labels, mean=True)
            assert products.mean is not None
            found[name] = products.mean, float(products.losses.double().mean())
        return found

    def _views(
        self, at: Step, probe: Probe | None, directions: dict[str, tuple[Direction, float]]
    ) -> tuple[ProbeSet | None, list[View]]:
        """The rows to pair all rows with (probe, then curvature), and what the step stores."""
        trainer = self.trainer
        names, gradients = list(directions), [gradient for gradient, _ in directions.values()]
        plain = AsItIs(at, probe, names.index(_BATCH) if _BATCH in names else None)
        places = np.empty(0, dtype=np.int64) if probe is None else probe.index
        inputs, labels = trainer.train_x[places], trainer.train_y[places]
        if not self.plan.carried:
            return (None if probe is None else self.gradients.probe(inputs, labels)), [plain]
        random = np.random.default_rng([trainer.settings.seed, _CURVATURE_STREAM, at.number])
        count = min(CURVATURE_ROWS, trainer.rows)
        curved = trainer.train_x[np.sort(random.choice(trainer.rows, count, replace=False))]
        inputs = torch.cat([inputs, curved])
        drawn = trainer.objective.curved(predict(trainer.model, curved), random)
        labels = torch.cat([trainer.objective.whole(labels, drawn.shape[1]).to(drawn), drawn])
        held = self.gradients.probe(inputs, labels)
        found = self.gradients.products(inputs, labels, probes=held, directions=gradients)
        assert found.pairs is not None
        curvature = Curvature(found.pairs[len(places) :, len(places) :], self._horizon(at))
        to_curved = found.pairs[: len(places), len(places) :]
        lengths = [sum(float(g.double().square().sum()) for g in one.values()) for one in gradients]
        squared = torch.tensor(lengths, dtype=torch.float64, device=inputs.device)
        along = found.pairs.new_empty(0, count)
        if found.along is not None:
            along = found.along[len(places) :].T
        return held, [
            plain,
            CarriedToTheEnd(
                plain,
                curvature,
                of_probe=curvature.coordinates(to_curved),
                of_directions=curvature.coordinates(along),
                squared=squared,
                unit=trainer.objective.unit,
                units=[1 / max(loss, SMALLEST_LOSS) for _, loss in directions.values()],
                participations=self.plan.epochs / self.plan.total_steps,
                rate=at.learning_rate,
                start_variance=trainer.initial_variance / self.plan.total_steps,
                start_draw=float(random.standard_normal()),
            ),
        ]  # fmt: skip

    def _horizon(self, at: Step) -> Horizon:
        settings, total = self.trainer.settings, self.plan.total_steps
        return Horizon(
            rate=at.learning_rate,
            momentum=MOMENTUM,
            decay=settings.weight_decay,
            left=self.plan.left(at.line),
            total=total,
            per_epoch=settings.steps_per_epoch(self.plan.rows),
            convex=self.trainer.convex,
            weight=self.plan.weight(at.line),
        )

    def _write(
        self, at: Step, target: str, rows: slice, view: View, quantities: Quantities
    ) -> None:
        for name, values in quantities.items():
            if not np.isfinite(values).all():
                raise FinineError(
                    f"The {name} of target '{target}' is not finite at step {at.number}"
                    f" (batch of {len(at.batch)}).",
                    "Lower the learning rate, or look for extreme feature values.",
                )
        self.writer.write(at.line, target, rows, carried=view.carried, **quantities)
