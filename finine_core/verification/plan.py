"""Which trainings a verification needs, and which rows each of them leaves out.

Takes the marked rows of a finished run; gives a `Plan`, from which the seed and the left-out rows
of every training follow. Three arms share the seed of a repeat: `with` trains on all training
rows, `without` on all but the marked ones, `random` on all but as many random rows of the same
classes. What a plan says is written to its folder's plan.json, and its digest names the folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from finine_core.dataset.dataset import MIN_TRAINING_ROWS
from finine_core.errors import FinineError
from finine_core.runs import RunFolder
from finine_core.runs.home import versions
from finine_core.runs.results import Results

PLAN_SCHEMA = 1
# Streams of random numbers, apart from each other and from the run's own seed.
_TRAINING_STREAM, _RANDOM_ROWS_STREAM = 41, 43
_KEY_DIGITS = 16  # of the digest, in the folder's name: 64 bits
# Versions under which results are one set.
_NUMBERS_CHANGE_WITH = ("finine", "python", "torch", "numpy")


class Arm(StrEnum):
    """What a training leaves out: nothing, the marked rows, or random rows of their classes."""

    WITH = "with"
    WITHOUT = "without"
    RANDOM = "random"


@dataclass(frozen=True, eq=False)
class Plan:
    """What is verified.

    Attributes:
        run_id: of the run whose rows are marked.
        classes: class names.
        labels: (n,) class codes of the training rows, in the run's order.
        marked: (k,) places of the marked rows among the training rows, ascending.
        validation_rows: how many rows the loss is judged on; 0 when the run has none.
        content: plan.json: marked row numbers, settings, seed, device, versions.
    """

    run_id: str
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    marked: NDArray[np.int64]
    validation_rows: int
    content: dict[str, Any]

    @property
    def seed(self) -> int:
        """Where every repeat's seed comes from; not the run's."""
        return int(self.content["seed"])

    @property
    def key(self) -> str:
        """A digest of the content: one set of marks, settings and seed, one folder."""
        text = json.dumps(self.content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_KEY_DIGITS]

    def training_seed(self, repeat: int) -> int:
        """The seed of initialisation and batch order in repeat 1, 2, …; the arms share it."""
        entropy = np.random.SeedSequence([self.seed, _TRAINING_STREAM, repeat])
        return int(entropy.generate_state(1)[0])

    def left_out(self, arm: Arm, repeat: int) -> NDArray[np.int64]:
        """Places among the training rows that a training leaves out, ascending.

        The random rows of a class are drawn from all its training rows, the marked ones included:
        if the marks say nothing, the marked rows are just such a draw. So a draw is always
        possible; how much it shares with the marked rows is told by `random_overlap`.
        """
        if arm is Arm.WITH:
            return np.empty(0, dtype=np.int64)
        if arm is Arm.WITHOUT:
            return self.marked
        random = np.random.default_rng([self.seed, _RANDOM_ROWS_STREAM, repeat])
        drawn = [
            random.choice(np.flatnonzero(self.labels == code), size=count, replace=False)
            for code, count in enumerate(self._marked_by_class())
        ]
        return np.sort(np.concatenate(drawn))

    def random_overlap(self, repeats: int) -> float:
        """The share of the randomly left-out rows that are marked as well, over all repeats."""
        shares = [
            np.isin(self.left_out(Arm.RANDOM, repeat), self.marked).mean()
            for repeat in range(1, repeats + 1)
        ]
        return float(np.mean(shares))

    def removed_by_label(self) -> dict[str, int]:
        """How many marked rows each class has."""
        return dict(zip(self.classes, self._marked_by_class().tolist(), strict=True))

    def _marked_by_class(self) -> NDArray[np.int64]:
        return np.bincount(self.labels[self.marked], minlength=len(self.classes))


def make_plan(folder: RunFolder, rows: Sequence[int] | NDArray[np.int64], seed: int = 0) -> Plan:
    """Plan the verification of the marked `rows` (row numbers) of a finished run.

    Raises:
        FinineError: the run is unfinished or keeps no inputs, no row is marked, a row is not a
            training row, or the marks leave a class or the training part too small.
    """
    results = Results(folder)
    record = results.record()
    numbers = np.unique(np.asarray(rows, dtype=np.int64))
    if len(numbers) == 0:
        raise FinineError(
            f"No row of run {folder.run_id} is marked for deletion: there is nothing to verify.",
            f"Mark rows first, for example: finine mark {folder.run_id} --top 20 --as delete",
        )
    results.check_rows(numbers)
    labels = _stored_labels(folder)
    marked = np.flatnonzero(np.isin(results.training_rows(), numbers))
    classes = tuple(record["dataset"]["classes"])
    _check_what_is_left(labels, marked, classes)
    settings = {k: v for k, v in record["resolved"].items() if k not in ("seed", "targets")}
    found = versions()
    content = {
        "schema": PLAN_SCHEMA,
        "run_id": folder.run_id,
        "marked_rows": numbers.tolist(),
        "settings": settings,
        "seed": int(seed),
        "device": record["config"]["device"],
        "versions": {name: found[name] for name in _NUMBERS_CHANGE_WITH},
    }
    return Plan(
        run_id=folder.run_id,
        classes=classes,
        labels=labels,
        marked=marked,
        validation_rows=int(record["dataset"]["validation_rows"]),
        content=content,
    )


def _stored_labels(folder: RunFolder) -> NDArray[np.int64]:
    """The training rows' classes, from the stored inputs; the input file is not needed."""
    if not folder.encoded.exists():
        raise FinineError(
            f"{folder.encoded} is gone, so run {folder.run_id} cannot be trained again.",
            "Start a new run with the same settings and mark its rows.",
        )
    try:
        with safe_open(str(folder.encoded), framework="np") as stored:
            if "train_y" in stored.keys():  # noqa: SIM118  no mapping
                return stored.get_tensor("train_y").astype(np.int64)
    except (SafetensorError, OSError) as error:
        raise FinineError(
            f"{folder.encoded} cannot be read ({error}).",
            "Start a new run with the same settings and mark its rows.",
        ) from error
    raise FinineError(
        f"Run {folder.run_id} was made by an earlier finine, which kept no labels beside the"
        " inputs, so it cannot be trained again.",
        "Start a new run with the same settings and mark its rows.",
    )


def _check_what_is_left(
    labels: NDArray[np.int64], marked: NDArray[np.int64], classes: tuple[str, ...]
) -> None:
    left = len(labels) - len(marked)
    if left < MIN_TRAINING_ROWS:
        raise FinineError(
            f"{len(marked)} of {len(labels)} training rows are marked for deletion: {left} would"
            f" be left, and training needs at least {MIN_TRAINING_ROWS}.",
            "Take some marks back (finine undo, or mark rows as clear).",
        )
    had = np.bincount(labels, minlength=len(classes))
    gone = np.bincount(labels[marked], minlength=len(classes))
    for code in np.flatnonzero((had > 0) & (gone == had)):
        raise FinineError(
            f"All {had[code]} training rows with the label '{classes[code]}' are marked for"
            " deletion: no model could learn that class.",
            "Keep some of them (finine mark … --as keep).",
        )
