"""What the worker does once its data is read: encode, train with the recorder on, score.

Each stage leaves its file in the run folder and is skipped when a resumed run finds it there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from finine_core.dataset import Dataset, Encoded, encode
from finine_core.errors import FinineError
from finine_core.files import write_atomically, write_json
from finine_core.influence import (
    SignalPlan,
    SignalStore,
    SignalWriter,
    check_targets,
    default_estimator,
)
from finine_core.influence.recorder import Recorder, Rows, plan_for
from finine_core.influence.signals import AUXILIARY
from finine_core.runs.config import Resolved
from finine_core.runs.estimate import expected_seconds
from finine_core.runs.folder import RunFolder
from finine_core.runs.progress import (
    TRAINING,
    ProgressWriter,
    begin_phase,
    stop_if_cancelled,
)
from finine_core.runs.reading import Reading
from finine_core.runs.scoring import write_scores
from finine_core.runs.target_rows import rows_of
from finine_core.training.checkpoints import load_checkpoint, save_checkpoint
from finine_core.training.models import model_kind
from finine_core.training.settings import Progress
from finine_core.training.trainer import Trainer, predict

# One thread: the embedded models' kernels are tiny, and on small machines contended threads were
# up to 20 times slower (DESIGN §1.5). It also keeps sums in one order.
TORCH_THREADS = 1
# The tensors of encoded.safetensors, named as in `Encoded`: enough to train again without the input
# file.
ENCODED_TENSORS = ("train_x", "train_y", "validation_x", "validation_y")
CHECKPOINT_SECONDS = 2.0  # between checkpoints: at most so much work is lost, at little cost


def carry_out(folder: RunFolder, read: Reading, began: float) -> None:
    """Take the run in `folder` from what was read to its scores.

    Args:
        began: when the run began, on the clock of `time.perf_counter`.
    """
    resumed = folder.encoded.exists()  # then its time says nothing of a whole run
    make_torch_repeatable()
    config, dataset, resolved = read.config, read.dataset, read.resolved
    stop_if_cancelled(folder)
    begin_phase(folder, "encoding")
    encoded = _encoded(dataset, folder.encoded, config.seed)
    stop_if_cancelled(folder)
    phases = TRAINING[: 2 if config.auxiliary else 1]
    trainers = [
        make_trainer(encoded, one, len(dataset.classes), config.device)
        for one in (resolved, resolved.auxiliary())[: len(phases)]
    ]
    trainer, timings = trainers[0], []
    for phase, one in zip(phases, trainers, strict=True):
        plan = plan_for(one, config.record_steps, resolved.targets)
        timings.append(_train(folder, one, plan, _shared(dataset, resolved, one), phases, phase))
        stop_if_cancelled(folder)
    begin_phase(folder, "scoring")
    started = time.perf_counter()
    chosen = default_estimator(SignalStore(folder.signals).plan.carried)
    untested = write_scores(folder, dataset, trainer, resolved, chosen)
    folder.update(
        results={
            "seconds_train": timings[0].train,
            "seconds_record": timings[0].record,
            "seconds_auxiliary": sum(one.train + one.record for one in timings[1:]),
            "seconds_score": time.perf_counter() - started,
            "seconds_total": None if resumed else time.perf_counter() - began,
            "seconds_expected": expected_seconds(config, resolved, dataset),
            "estimator": chosen.name,
            "untested": untested,
            **final_quality(trainer),
        }
    )


@dataclass(frozen=True)
class _Timing:
    train: float
    record: float


class _Checkpoints:
    """Writes a checkpoint after an epoch, not more often than CHECKPOINT_SECONDS."""

    def __init__(self, path: Path, trainer: Trainer, writer: SignalWriter) -> None:
        self.path, self.trainer, self.writer = path, trainer, writer
        self._last = time.monotonic()

    def before_step(self, step: int, batch: object, learning_rate: float) -> None:
        """Nothing: checkpoints are a matter of epochs."""

    def after_epoch(self, progress: Progress) -> None:
        over = progress.step == self.trainer.total_steps
        if over or time.monotonic() - self._last >= CHECKPOINT_SECONDS:
            self.writer.flush()  # the signals before this step must not be younger than it
            save_checkpoint(self.path, progress.step, self.trainer.model, self.trainer.optimizer)
            self._last = time.monotonic()


def _shared(dataset: Dataset, resolved: Resolved, trainer: Trainer) -> dict[str, Rows]:
    """Encoded rows of the targets that all training rows share."""
    inputs = {"train": trainer.train_x, "validation": trainer.validation_x}
    labels = {"train": trainer.train_y, "validation": trainer.validation_y}
    found: dict[str, Rows] = {}
    for target in check_targets(resolved.targets, len(dataset.validation.labels)):
        parts = rows_of(target, dataset)
        if parts:
            found[target.name] = (
                torch.cat([inputs[one.part][one.places] for one in parts]),
                torch.cat([labels[one.part][one.places] for one in parts]),
            )
    return found


def _train(
    folder: RunFolder,
    trainer: Trainer,
    plan: SignalPlan,
    shared: dict[str, Rows],
    phases: Sequence[str],
    phase: str,
) -> _Timing:
    own = phase == TRAINING[0]
    latest = folder.checkpoints / ("latest.safetensors" if own else f"{AUXILIARY}.safetensors")
    signals = folder.signals if own else folder.signals / AUXILIARY
    if latest.exists() and (signals / "index.json").exists():
        trainer.restore(load_checkpoint(latest))
    seconds = folder.checkpoints / f"{phase}.json"
    if trainer.step == plan.total_steps and seconds.exists():  # this phase is done
        return _Timing(**json.loads(seconds.read_text(encoding="utf-8")))
    writer = SignalWriter(signals, plan)
    recorder = Recorder(trainer, writer, shared)
    progress = ProgressWriter(folder, trainer.step, plan.total_steps, plan.epochs, phases, phase)
    begin_phase(
        folder,
        phase,
        step=progress.before + trainer.step,
        steps=progress.in_all,
        epochs=plan.epochs,
    )
    started = time.perf_counter()
    trainer.run([recorder, progress, _Checkpoints(latest, trainer, writer)])
    writer.flush()
    found = _Timing(time.perf_counter() - started - recorder.seconds, recorder.seconds)
    write_json(seconds, asdict(found))
    return found


def make_torch_repeatable() -> None:
    """One thread and deterministic kernels: the same seed gives the same bits."""
    torch.set_num_threads(TORCH_THREADS)
    torch.use_deterministic_algorithms(True)


def stored_inputs(path: Path) -> Encoded | None:
    """What the model of a run saw, labels included; None when it is not (wholly) stored."""
    if not path.exists():
        return None
    stored = load_file(path)
    if not set(ENCODED_TENSORS) <= set(stored):
        return None  # from before labels were kept beside the inputs
    return Encoded(**{name: stored[name] for name in ENCODED_TENSORS}, feature_names=())


def _encoded(dataset: Dataset, path: Path, seed: int) -> Encoded:
    stored = stored_inputs(path)
    if stored is not None:
        return stored
    encoded = encode(dataset, seed)
    with write_atomically(path) as temporary:
        tensors = {name: getattr(encoded, name) for name in ENCODED_TENSORS}
        save_file(
            {name: np.ascontiguousarray(values) for name, values in tensors.items()},
            str(temporary),
        )
    return encoded


def make_trainer(encoded: Encoded, resolved: Resolved, classes: int, device: str) -> Trainer:
    """A fresh model of the resolved kind, with its data; the seed is the resolved one."""
    chosen = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    if chosen == "cuda" and not torch.cuda.is_available():
        raise FinineError("Device 'cuda' was asked for and there is none.", "Use device auto.")
    kind = model_kind(resolved.model)
    features = encoded.train_x.shape[1]
    model = kind.seeded(features, classes, resolved.seed).to(chosen)

    def placed(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(chosen)

    return Trainer(
        model,
        placed(encoded.train_x),
        placed(encoded.train_y),
        placed(encoded.validation_x),
        placed(encoded.validation_y),
        resolved.settings(),
    )


def final_quality(trainer: Trainer) -> dict[str, float | None]:
    """How the model does now; the validation figures are None without validation rows."""
    outputs = predict(trainer.model, trainer.train_x)
    found: dict[str, float | None] = {
        "train_accuracy": float((outputs.argmax(dim=1) == trainer.train_y).float().mean()),
        "validation_accuracy": None,
        "validation_loss": None,
    }
    if len(trainer.validation_x):
        outputs = predict(trainer.model, trainer.validation_x)
        right = outputs.argmax(dim=1) == trainer.validation_y
        found["validation_accuracy"] = float(right.float().mean())
        found["validation_loss"] = float(trainer.loss(outputs, trainer.validation_y).mean())
    return found
