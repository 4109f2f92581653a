"""The worker's first stage: from the files on disk to a checked dataset and resolved settings.

It needs no torch, whose import takes seconds, so that a wrong file is told at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset import Dataset, read_dataset
from finine_core.dataset.folds import cut, in_training
from finine_core.encoders.pictures import image_encoder
from finine_core.encoders.texts import text_encoder
from finine_core.errors import FinineError, shown
from finine_core.files import write_parquet
from finine_core.formats.images.files import is_bytes
from finine_core.formats.sources.inputs import fingerprint_of
from finine_core.influence import check_targets
from finine_core.runs.columns import ROW_NUMBER
from finine_core.runs.config import Resolved, RunConfig, resolve, validation_file
from finine_core.runs.folder import RunFolder
from finine_core.runs.folds import write_folds
from finine_core.runs.jobs.progress import Stage, begin_phase
from finine_core.runs.record import config_of
from finine_core.runs.work.target_rows import rows_of

DIGEST_DIGITS = 12  # enough to tell images apart, and to see that two are the same
# In encoded.safetensors: the training rows' classes, or the bands of their numbers.
TRAIN_CODES = "train_codes"


@dataclass(frozen=True)
class Reading:
    """What a run is about: its configuration, its data, and the defaults that follow from both.

    `folds` says which fold each row of the file is held out in, `dataset` is split as for the first
    training; None where the run trains once.
    """

    config: RunConfig
    dataset: Dataset
    resolved: Resolved
    folds: NDArray[np.int64] | None = None


def part_of(read: Reading, stage: Stage) -> Reading:
    """The same as another training of the run sees it: other random numbers, another fold."""
    if read.folds is None:
        return replace(read, resolved=read.resolved.auxiliary())
    number = stage.place + 1
    return replace(
        read,
        dataset=in_training(read.dataset, read.folds, number),
        resolved=read.resolved.of_training(number),
    )


def read_input(folder: RunFolder) -> Reading:
    """Read and check the run's files; the dataset is kept in the folder for the app to show.

    Raises:
        FinineError: a file is gone, changed or wrong, or a target cannot be had from it.
    """
    record = folder.read()
    config = config_of(record)
    begin_phase(folder, "reading")
    _require_same_file(Path(config.data), record["fingerprint"]["sha256"])
    second = validation_file(config)
    if second is not None:
        _require_same_file(second, record["fingerprint"]["validation_sha256"])
    dataset, resolved = checked_input(config)
    if record["resolved"] is not None:  # resumed: as it was begun, whatever the defaults are now
        resolved = Resolved.model_validate(record["resolved"])
    _write_dataset(dataset, folder.dataset)
    folder.update(
        resolved=resolved.model_dump(mode="json"),
        dataset=_described(dataset),
    )
    folds = None
    if config.folds > 1:
        folds = cut(dataset, config.folds, config.seed)
        write_folds(folder.signals, folds)
    return Reading(config, dataset, resolved, folds)


def checked_input(config: RunConfig) -> tuple[Dataset, Resolved]:
    """The dataset and the settings of a run, as far as they can be checked before training.

    Raises:
        FinineError: a file is missing or wrong, or a target cannot be had from it.
    """
    dataset = as_split(read_dataset(Path(config.data), _undrawn(config)), config)
    resolved = resolve(config, dataset)
    if dataset.roles.text and (problem := text_encoder(config.text_encoder).problem()):
        raise problem
    if dataset.roles.image and (problem := image_encoder(config.image_encoder).problem()):
        raise problem
    _check_targets(dataset, resolved)
    if config.folds > 1:
        folds = cut(dataset, config.folds, config.seed)
        for number in range(2, config.folds + 1):
            _check_targets(in_training(dataset, folds, number), resolved)
    return dataset, resolved


def _undrawn(config: RunConfig) -> RunConfig:
    """The same without a draw of held-out rows, where folds hold them out in turn."""
    return config if config.folds == 1 else config.model_copy(update={"validation": 0.0})


def _check_targets(dataset: Dataset, resolved: Resolved) -> None:
    """Refuse targets that a training on this dataset could not have."""
    for target in check_targets(resolved.targets, len(dataset.validation.labels)):
        rows_of(target, dataset)


def as_split(dataset: Dataset, config: RunConfig) -> Dataset:
    """The dataset as the run's first training sees it: with folds the first of them is held out.

    Raises:
        FinineError: nothing could be learned from the other rows.
    """
    if config.folds == 1:
        return dataset
    first = in_training(dataset, cut(dataset, config.folds, config.seed), 1)
    name = dataset.roles.group
    if name is None:
        return first
    note = f"The rows of each group of {shown(name)} lie in one fold."
    return replace(first, notes=(*first.notes, note))


def _require_same_file(path: Path, expected: str) -> None:
    if not path.exists():
        raise FinineError(f"{path} is no longer there.", "Put it back, or start a new run.")
    found = fingerprint_of(path)
    if found != expected:
        raise FinineError(
            f"{path} has changed since the run was made (sha256 {expected[:12]}… then,"
            f" {found[:12]}… now).",
            "Start a new run on the changed file.",
        )


def _write_dataset(dataset: Dataset, path: Path) -> None:
    if path.exists():
        return
    table = _without_bytes(dataset)
    if ROW_NUMBER in table.column_names:  # ours is the identity; the person's keeps its values
        names = [f"data_{n}" if n == ROW_NUMBER else n for n in table.column_names]
        table = table.rename_columns(names)
    numbers = pa.array(np.arange(len(table)), pa.int64())
    write_parquet(table.append_column(ROW_NUMBER, numbers), path)


def _without_bytes(dataset: Dataset) -> pa.Table:
    """The table, with a digest where a cell holds a whole image: that stays in the input."""
    table, name = dataset.table, dataset.roles.image
    if name is None or not is_bytes(table.schema.field(name).type):
        return table
    digests = [
        None if cell is None else hashlib.sha256(cell).hexdigest()[:DIGEST_DIGITS]
        for cell in table.column(name).to_pylist()
    ]
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.array(digests, pa.string()))


def answers_in(record: dict[str, Any]) -> tuple[str, ...]:
    """What the model of a run gives, from its run.json; `Dataset.answers`."""
    dataset = record["dataset"]
    return tuple(dataset.get("answers", dataset["classes"]))  # an earlier finine knew only classes


def _described(dataset: Dataset) -> dict[str, object]:
    return {
        "rows": len(dataset.table),
        "train_rows": len(dataset.train.labels),
        "validation_rows": len(dataset.validation.labels),
        "classes": list(dataset.classes),
        "answers": list(dataset.answers),
        "task": dataset.task,
        "roles": dataset.roles.model_dump(mode="json"),
        "held_out": dict(dataset.held_out),
        "notes": list(dataset.notes),
    }
