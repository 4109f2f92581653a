"""Records the signals of a run: at some steps, every training row's gradient products.

Watches a `Trainer`. At a recorded step it takes, with the parameters that the step will change,
the products of DESIGN §1.2 for all rows by ghost arithmetic, and writes them to the signal store.
The variance comes from an all-pairs probe (DESIGN §1.3, `probe.py`): a fresh sample of rows, the
batch among them, whose products with every row are formed; the batch's own give the background.
With Adam the products are those of plain gradients, as with SGD: the preconditioner is left out,
and so is momentum; a factor common to all rows cancels in μ.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from finine_core.errors import FinineError
from finine_core.gradients import Products, RowGradients
from finine_core.influence.probe import Probe, draw_probe, moments
from finine_core.influence.signals import SignalPlan, SignalWriter
from finine_core.influence.targets import SELF, VALIDATION
from finine_core.training.settings import Progress
from finine_core.training.trainer import Trainer

_PROBE_STREAM = 7  # keeps the probe's random numbers apart from those of the batch order


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


class Recorder:
    """Writes signals to `writer` while `trainer` runs.

    Attributes:
        seconds: time spent recording so far.
    """

    def __init__(self, trainer: Trainer, writer: SignalWriter) -> None:
        self.trainer, self.writer = trainer, writer
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
        self._record(self._lines[step], step, batch, learning_rate)
        self.seconds += time.perf_counter() - started

    def after_epoch(self, progress: Progress) -> None:
        """Nothing to do: signals are a matter of steps."""

    def _record(self, line: int, step: int, batch: NDArray[np.int64], learning_rate: float) -> None:
        size, trainer, targets = len(batch), self.trainer, self.plan.targets
        self.writer.write_step(line, batch, learning_rate)
        probe, held, directions = None, None, []
        if SELF.name in targets:
            probe = self._probe(line, step, batch)
            held = self.gradients.probe(trainer.train_x[probe.index], trainer.train_y[probe.index])
            if not probe.batch_rows:  # else the batch's mean is that of its probe columns
                directions.append(
                    self.gradients.mean_gradient(trainer.train_x[batch], trainer.train_y[batch])
                )
        if VALIDATION.name in targets:
            directions.append(
                self.gradients.mean_gradient(trainer.validation_x, trainer.validation_y)
            )
        in_batch = np.zeros(self.plan.rows, dtype=bool)
        in_batch[batch] = True
        on_validation: list[NDArray[np.float32]] = []
        for rows, found in self.gradients.stream(
            trainer.train_x,
            trainer.train_y,
            probes=held,
            directions=directions,
            norms=probe is not None,
        ):
            self.writer.write_losses(line, rows, _array(found.losses))
            if probe is not None:
                quantities = _self_quantities(found, probe, rows, in_batch[rows], size)
                self._write(line, SELF.name, rows, learning_rate, quantities, size)
            if VALIDATION.name in targets:
                assert found.along is not None
                on_validation.append(_array(found.along[:, -1]))
        if on_validation:
            products = np.concatenate(on_validation)
            quantities = _validation_quantities(products, batch)
            every_row = slice(0, self.plan.rows)
            self._write(line, VALIDATION.name, every_row, learning_rate, quantities, size)

    def _write(
        self,
        line: int,
        target: str,
        rows: slice,
        learning_rate: float,
        quantities: dict[str, NDArray[np.floating]],
        size: int,
    ) -> None:
        for name, values in quantities.items():
            if not np.isfinite(values).all():
                raise FinineError(
                    f"The {name} of target '{target}' is not finite at step"
                    f" {self.plan.steps[line]} (batch of {size}).",
                    "Lower the learning rate, or look for extreme feature values.",
                )
        power = {"signal": 1, "background": 1, "trend": 1, "variance": 2}
        self.writer.write(
            line,
            target,
            rows,
            **{name: values * learning_rate ** power[name] for name, values in quantities.items()},
        )

    def _probe(self, line: int, step: int, batch: NDArray[np.int64]) -> Probe:
        random = np.random.default_rng([self.trainer.settings.seed, _PROBE_STREAM, step])
        # A stored signal is ‖g‖² up to a factor. From the files, so that a resumed run sees it too.
        norms = self.writer.signal(line - 1, SELF.name) if line else None
        return draw_probe(self.plan.rows, batch, norms, self.plan.probe_rows, random)


def _self_quantities(
    found: Products, probe: Probe, rows: slice, in_batch: NDArray[np.bool_], size: int
) -> dict[str, NDArray[np.floating]]:
    """Signal, background, trend and variance of target self, before the learning rate."""
    assert found.norms is not None
    assert found.pairs is not None
    signal = _array(found.norms) / size
    if probe.batch_rows:
        of_batch = found.pairs[:, :size].mean(dim=1)
    else:
        assert found.along is not None
        of_batch = found.along[:, 0]
    background = _array(of_batch) - np.where(in_batch, signal, 0.0)  # before pairs are overwritten
    trend, variance = moments(found.pairs, probe, rows)
    return {
        "signal": signal,
        "background": background,
        "trend": _array(trend),
        "variance": _array(variance) / size,
    }


def _validation_quantities(
    products: NDArray[np.float32], batch: NDArray[np.int64]
) -> dict[str, NDArray[np.floating]]:
    """The same of target validation, from every row's product with the validation gradient."""
    return {
        "signal": products / len(batch),
        "background": products[batch].mean(dtype=np.float64),
        "trend": products.mean(dtype=np.float64),
        "variance": products.var(dtype=np.float64, ddof=1) / len(batch),
    }


def _array(values: Tensor) -> NDArray[np.float32]:
    return values.detach().float().cpu().numpy()
