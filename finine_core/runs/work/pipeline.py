"""What the worker does once its data is read: encode, train with the recorder on, score.

Each stage leaves its file in the run folder and is skipped when a resumed run finds it there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from finine_core.dataset.folds import learned_from
from finine_core.encoders import TEXT, Encoded, encode
from finine_core.encoders.pictures import image_encoder
from finine_core.encoders.texts import text_encoder
from finine_core.encoders.texts.embeddings import CACHE
from finine_core.errors import FinineError
from finine_core.files import write_atomically, write_json
from finine_core.influence import (
    SignalPlan,
    SignalStore,
    SignalWriter,
    default_estimator,
)
from finine_core.influence.recorder import Recorder, Rows, plan_for
from finine_core.runs.checksums import seal
from finine_core.runs.combinations import require_drawn_anew
from finine_core.runs.config import Resolved
from finine_core.runs.estimate import expected_seconds
from finine_core.runs.folder import RunFolder, now
from finine_core.runs.jobs.progress import (
    TRAINING,
    EmbeddingProgress,
    ProgressWriter,
    Stage,
    begin_phase,
    stages_of,
    stop_if_cancelled,
)
from finine_core.runs.work.checkpoints import Checkpoints
from finine_core.runs.work.choosing import choose_settings
from finine_core.runs.work.epoch_margins import EpochMargins, check_kept
from finine_core.runs.work.judged import judged
from finine_core.runs.work.model_check import model_check
from finine_core.runs.work.reading import TRAIN_CODES, Reading, part_of
from finine_core.runs.work.recipe import NOTHING, Own, recipe_of
from finine_core.runs.work.scoring import write_scores
from finine_core.runs.work.shared_rows import shared_rows
from finine_core.runs.work.thumbnails import write_thumbnails
from finine_core.training.checkpoints import load_checkpoint
from finine_core.training.models.base import COLUMNS
from finine_core.training.models.own import check
from finine_core.training.trainer import Observer, Trainer, predict

# One thread: the embedded models' kernels are tiny, and threads that contend for few processors are
# many times slower. It also keeps sums in one order.
TORCH_THREADS = 1
# The tensors of encoded.safetensors, named as in `Encoded`: enough to train again without the input
# file.
ENCODED_TENSORS = ("train_x", "train_y", "validation_x", "validation_y")
STANDARD = "standard"  # beside them: offset and scale of standardised numbers
TRIED_ROWS = 2  # by which a model of one's own is tried before it is trained


def carry_out(folder: RunFolder, read: Reading, began: float, own: Own = NOTHING) -> None:
    """Take the run in `folder` from what was read to its scores.

    Args:
        began: when the run began, on the clock of `time.perf_counter`.
        own: a model and a loss that are objects of this process.
    """
    resumed = folder.encoded.exists()  # then its time says nothing of a whole run
    make_torch_repeatable()
    config, dataset, resolved = read.config, read.dataset, read.resolved
    stop_if_cancelled(folder)
    begin_phase(folder, "encoding")
    recipe = recipe_of(resolved, own)
    require_drawn_anew(config.folds, recipe.drawn)
    encoded = _encoded(folder, read, recipe.kind.inputs)
    stop_if_cancelled(folder)
    begin_phase(folder, "judging")
    before = judged(dataset, _in_columns(folder, read, encoded), trusted=config.trusted)
    write_thumbnails(folder, dataset)
    stop_if_cancelled(folder)

    def make(rows: Encoded, settings: Resolved) -> Trainer:
        return make_trainer(rows, settings, len(dataset.answers), config.device, own)

    planned = resolved
    resolved = choose_settings(folder, planned, encoded, before, make)
    read = replace(read, resolved=resolved)  # made once, by the first training's held-out rows
    kind = recipe_of(resolved, own).kind
    stop_if_cancelled(folder)
    trainer, timings = make(encoded, resolved), []
    stages = stages_of(config.folds, auxiliary=config.auxiliary)
    steps = [_steps_of(read, stage) for stage in stages]
    for stage in stages:
        one, about = trainer, read
        if stage.name:  # nothing of it is kept beyond its signals: the run's model is the first
            about = part_of(read, stage)
            data = _anew(folder, about, kind.inputs) if stage.parts > 1 else encoded
            one = make(data, about.resolved)
        every = tuple(range(one.settings.epochs)) if config.record_epochs == "all" else None
        plan = plan_for(one, resolved.targets, epochs=every)
        shared = shared_rows(about.dataset, resolved, one, before)
        margins = before is not None and stage.phase == TRAINING[0]
        timings.append(_train(folder, one, plan, shared, stage, steps, margins=margins))
        stop_if_cancelled(folder)
    begin_phase(folder, "scoring")
    started = time.perf_counter()
    method = default_estimator(SignalStore(folder.signals).plan.carried)
    scale = encoded.offset, encoded.scale
    untested, advice = write_scores(folder, read, trainer, kind, method, scale, before)
    seal(folder.path)
    folder.update(
        results={
            "seconds_train": timings[0].train,
            "seconds_record": timings[0].record,
            f"seconds_{'folds' if config.folds > 1 else 'auxiliary'}": sum(
                one.train + one.record for one in timings[1:]
            ),
            "seconds_score": time.perf_counter() - started,
            "seconds_total": None if resumed else time.perf_counter() - began,
            "seconds_expected": expected_seconds(config, planned, dataset),
            "estimator": method.name,
            "untested": untested,
            "advice": advice,
            "check": None if before is None else model_check(dataset, trainer, before),
            **final_quality(trainer),
        }
    )


def _steps_of(read: Reading, stage: Stage) -> int:
    """Optimiser steps of one of the run's trainings: folds of whole groups differ in size."""
    rows = len(read.dataset.train)
    if read.folds is not None:
        rows = len(learned_from(read.folds, stage.place + 1))
    return read.resolved.epochs * read.resolved.settings().steps_per_epoch(rows)


@dataclass(frozen=True)
class _Timing:
    train: float
    record: float


def _train(
    folder: RunFolder,
    trainer: Trainer,
    plan: SignalPlan,
    shared: dict[str, Rows],
    stage: Stage,
    steps: Sequence[int],
    *,
    margins: bool,
) -> _Timing:
    """Train and record, or go on with it.

    Args:
        steps: of each training of the run, in order.
    """
    latest = folder.checkpoints / f"{stage.name or 'latest'}.safetensors"
    signals = folder.signals / stage.name
    writer = _gone_on(trainer, plan, latest, signals, margins=margins)
    seconds = folder.checkpoints / f"{stage.name or stage.phase}.json"
    if trainer.step == plan.total_steps and seconds.exists():  # this training is done
        return _Timing(**json.loads(seconds.read_text(encoding="utf-8")))
    recorder = Recorder(trainer, writer, shared)
    progress = ProgressWriter(
        folder,
        trainer.step,
        steps,
        plan.epochs,
        stage,
        trainer.objective.measure,
    )
    begin_phase(
        folder,
        stage.phase,
        **stage.told,
        epoch=trainer.step // progress.per_epoch,
        step=progress.before + trainer.step,
        steps=progress.in_all,
        epochs=plan.epochs,
    )
    started = time.perf_counter()
    seen = EpochMargins(signals, trainer, margins=margins)
    kept = Checkpoints(latest, trainer, (writer, seen), lambda: recorder.between)
    watching: list[Observer] = [kept, recorder, seen, progress]
    trainer.run(watching)
    writer.flush()
    seen.flush()
    found = _Timing(time.perf_counter() - started - recorder.seconds, recorder.seconds)
    write_json(seconds, asdict(found))
    return found


def _gone_on(
    trainer: Trainer, plan: SignalPlan, latest: Path, signals: Path, *, margins: bool
) -> SignalWriter:
    """The trainer put where the last checkpoint was, with the signals up to there, or at the start.

    Whatever is missing or damaged costs the time to do it again, and nothing else.
    """
    if latest.exists():
        try:
            checkpoint = load_checkpoint(latest)
            writer = SignalWriter(signals, plan, resumed_at=checkpoint.step)
            check_kept(signals, trainer, margins=margins)
            trainer.restore(checkpoint)
            return writer
        except FinineError as error:
            print(f"{now()} starts over: {error}", flush=True)
    return SignalWriter(signals, plan)


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
    offset, scale = stored[STANDARD].tolist() if STANDARD in stored else (0.0, 1.0)
    tensors = {name: stored[name] for name in ENCODED_TENSORS}
    return Encoded(**tensors, feature_names=(), offset=offset, scale=scale)


def _encoded(folder: RunFolder, read: Reading, inputs: str) -> Encoded:
    stored = stored_inputs(folder.encoded)
    if stored is not None:
        return stored
    encoded = _anew(folder, read, inputs)
    with write_atomically(folder.encoded) as temporary:
        tensors = {name: getattr(encoded, name) for name in ENCODED_TENSORS}
        tensors[STANDARD] = np.array([encoded.offset, encoded.scale])
        tensors[TRAIN_CODES] = read.dataset.train.labels
        save_file(
            {name: np.ascontiguousarray(values) for name, values in tensors.items()},
            str(temporary),
        )
    return encoded


def _anew(folder: RunFolder, read: Reading, inputs: str) -> Encoded:
    """The dataset as a model sees it that takes these inputs."""
    chosen = text_encoder(read.config.text_encoder, folder.home / CACHE)
    text = replace(TEXT, encoder=chosen, watch=EmbeddingProgress(folder))
    image = image_encoder(read.config.image_encoder).columns(
        folder.home / CACHE, EmbeddingProgress(folder)
    )
    return encode(read.dataset, read.resolved.seed, inputs=inputs, text=text, image=image)


def _in_columns(folder: RunFolder, read: Reading, encoded: Encoded) -> Encoded:
    """What the probe sees: numbers of tokens have no distances, so texts are encoded as columns."""
    tokens = encoded.train_x.dtype.kind == "i"
    return _anew(folder, read, COLUMNS) if tokens else encoded


def make_trainer(
    encoded: Encoded, resolved: Resolved, answers: int, device: str, own: Own = NOTHING
) -> Trainer:
    """A fresh model of the resolved kind, with its data; the seed is the resolved one.

    Args:
        answers: how many the model gives, `Dataset.answers`.
        own: a model and a loss that are objects of this process.
    """
    chosen = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    if chosen == "cuda" and not torch.cuda.is_available():
        raise FinineError("Device 'cuda' was asked for and there is none.", "Use device auto.")
    recipe = recipe_of(resolved, own)
    objective = recipe.objective
    shape, outputs = encoded.train_x.shape[1:], objective.outputs(answers)
    model = recipe.kind.seeded(shape, outputs, resolved.seed).to(chosen)

    def placed(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(chosen)

    train_x, train_y = placed(encoded.train_x), placed(encoded.train_y)
    if recipe.own:
        check(model, objective.loss, train_x[:TRIED_ROWS], train_y[:TRIED_ROWS], outputs)
    trainer = Trainer(
        model,
        train_x,
        train_y,
        placed(encoded.validation_x),
        placed(encoded.validation_y),
        resolved.settings(),
        objective.fitted(train_y, answers, encoded.scale),
    )
    if not recipe.drawn:  # a module that was given: another seed starts where this one does
        trainer.initial_variance = 0.0
    return trainer


def final_quality(trainer: Trainer) -> dict[str, float | None]:
    """How the model does now: the loss, and the objective's measures, such as `train_accuracy`.

    The validation figures are None without validation rows.
    """

    def told(outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
        first = {trainer.objective.measure.name: trainer.quality(outputs, targets)}
        return first | trainer.objective.beside(outputs, targets)

    train = told(predict(trainer.model, trainer.train_x), trainer.train_y)
    found: dict[str, float | None] = {f"train_{name}": value for name, value in train.items()}
    found |= dict.fromkeys([*(f"validation_{name}" for name in train), "validation_loss"])
    if len(trainer.validation_x):
        outputs = predict(trainer.model, trainer.validation_x)
        held_out = told(outputs, trainer.validation_y)
        found |= {f"validation_{name}": value for name, value in held_out.items()}
        found["validation_loss"] = float(trainer.loss(outputs, trainer.validation_y).mean())
    return found
