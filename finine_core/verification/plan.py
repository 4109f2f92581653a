"""Which trainings a verification needs, and which rows each of them leaves out or relabels.

Takes the marked rows of a finished run, and the labels that others are corrected to; gives a
`Plan`, from which the seed, the left-out rows and the labels of every training follow. Three arms
share the seed of a repeat: `with` trains on all training rows as they are, `without` on what the
marks make of them, `random` on what the same marks make of as many random rows of the same classes.
What a plan says is written to its folder's plan.json, and its digest names the folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from finine_core.dataset.dataset import MIN_TRAINING_ROWS
from finine_core.dataset.tasks import CLASSIFICATION, MULTI_LABEL, REGRESSION
from finine_core.errors import FinineError, shown
from finine_core.runs import RunFolder
from finine_core.runs.checksums import sound
from finine_core.runs.home import CODE, versions
from finine_core.runs.options import HOW_CHOSEN
from finine_core.runs.results import Results
from finine_core.runs.work.reading import TRAIN_CODES

PLAN_SCHEMA = 1
# Streams of random numbers, apart from each other and from the run's own seed.
_TRAINING_STREAM, _RANDOM_ROWS_STREAM, _RANDOM_LABELS_STREAM = 41, 43, 47
_KEY_DIGITS = 16  # of the digest, in the folder's name: 64 bits
_NOT_OF_TRAINING = ("seed", "targets", *HOW_CHOSEN)  # settings that do not make a plan
# Versions under which results are one set.
_NUMBERS_CHANGE_WITH = ("finine", "python", "torch", "numpy")


class Arm(StrEnum):
    """What a training is without: nothing, the marked rows and wrong labels, or random ones."""

    WITH = "with"
    WITHOUT = "without"
    RANDOM = "random"


@dataclass(frozen=True, eq=False)
class Plan:
    """What is verified.

    Attributes:
        run_id: of the run whose rows are marked.
        task: what the run learned.
        classes: class names; in regression those of bands of the numbers.
        labels: (n,) class codes of the training rows, in the run's order.
        marked: (k,) places of the marked rows among the training rows, ascending.
        corrected: (c,) places of the rows whose label is corrected, ascending.
        new_labels: (c,) the class codes that they get.
        validation_rows: how many rows the loss is judged on; 0 when the run has none.
        content: plan.json: marked row numbers, new labels by row number (if any), settings, seed,
            device, versions.
    """

    run_id: str
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    marked: NDArray[np.int64]
    corrected: NDArray[np.int64]
    new_labels: NDArray[np.int64]
    validation_rows: int
    content: dict[str, Any]
    task: str = CLASSIFICATION.name

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

    def relabelled(self, arm: Arm, repeat: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of the rows that a training gives another label, and these labels.

        Random rows are changed as the corrected ones are, so many of a class to the same other
        one: so they share what the corrections do to the balance of the classes. They are drawn
        from the rows that `left_out` leaves.
        """
        if arm is Arm.WITH or not len(self.corrected):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        if arm is Arm.WITHOUT:
            return self.corrected, self.new_labels
        random = np.random.default_rng([self.seed, _RANDOM_LABELS_STREAM, repeat])
        free = np.ones(len(self.labels), dtype=bool)
        free[self.left_out(arm, repeat)] = False
        old = self.labels[self.corrected]
        places, labels = [], []
        for code in np.unique(old):
            wanted = np.sort(self.new_labels[old == code])
            of_class = np.flatnonzero(free & (self.labels == code))
            places.append(random.choice(of_class, size=len(wanted), replace=False))
            labels.append(wanted)
        return np.concatenate(places), np.concatenate(labels)

    @property
    def touched(self) -> NDArray[np.int64]:
        """Places of the rows that the marks are about, ascending."""
        return np.union1d(self.marked, self.corrected)

    def random_overlap(self, repeats: int) -> float:
        """The share of the random rows that are marked or corrected as well, over all repeats."""
        shares = []
        for repeat in range(1, repeats + 1):
            changed, _ = self.relabelled(Arm.RANDOM, repeat)
            drawn = np.concatenate([self.left_out(Arm.RANDOM, repeat), changed])
            shares.append(np.isin(drawn, self.touched).mean())
        return float(np.mean(shares))

    def removed_by_label(self) -> dict[str, int]:
        """How many marked rows each class has."""
        return dict(zip(self.classes, self._marked_by_class().tolist(), strict=True))

    def _marked_by_class(self) -> NDArray[np.int64]:
        return np.bincount(self.labels[self.marked], minlength=len(self.classes))


def make_plan(
    folder: RunFolder,
    rows: Sequence[int] | NDArray[np.int64],
    seed: int = 0,
    *,
    corrected: Mapping[int, str] | None = None,
) -> Plan:
    """Plan the verification of marked rows of a finished run.

    Args:
        rows: row numbers of those that are left out.
        corrected: row number → class, of those whose label is corrected; none of `rows`.

    Raises:
        FinineError: the run is unfinished or keeps no inputs, no row is marked, a row is not a
            training row, or the marks leave a class or the training part too small.
    """
    results = Results(folder)
    record = results.record()
    numbers = np.unique(np.asarray(rows, dtype=np.int64))
    corrections = dict(sorted((corrected or {}).items()))
    if len(numbers) == 0 and not corrections:
        raise FinineError(
            f"No row of run {folder.run_id} is marked for deletion and no label is corrected: there"
            " is nothing to verify.",
            f"Mark rows first, for example: finine mark {folder.run_id} --top 20 --as delete",
        )
    changed = np.array(list(corrections), dtype=np.int64)
    results.check_rows(np.concatenate([numbers, changed]))
    labels = _stored_labels(folder)
    trained = results.training_rows()
    marked = np.flatnonzero(np.isin(trained, numbers))
    places = np.flatnonzero(np.isin(trained, changed))
    classes = tuple(record["dataset"]["classes"])
    new_labels = np.array(
        [classes.index(corrections[int(row)]) for row in trained[places]], dtype=np.int64
    )
    task = record["dataset"].get("task", CLASSIFICATION.name)
    _check_what_is_left(labels, marked, places, new_labels, classes, task)
    settings = {k: v for k, v in record["resolved"].items() if k not in _NOT_OF_TRAINING}
    found = versions()
    content = {
        "schema": PLAN_SCHEMA,
        "run_id": folder.run_id,
        "marked_rows": numbers.tolist(),
        **({"corrected": {str(row): to for row, to in corrections.items()}} if corrections else {}),
        "settings": settings,
        "seed": int(seed),
        "device": record["config"]["device"],
        "versions": {
            **{name: found[name] for name in _NUMBERS_CHANGE_WITH},
            **{k: v for k, v in (record.get("versions") or {}).items() if k in CODE},
        },
    }
    return Plan(
        run_id=folder.run_id,
        classes=classes,
        labels=labels,
        marked=marked,
        corrected=places,
        new_labels=new_labels,
        validation_rows=int(record["dataset"]["validation_rows"]),
        content=content,
        task=task,
    )


def planned(folder: RunFolder, content: Mapping[str, Any]) -> Plan:
    """The plan that was written to plan.json."""
    corrected = {int(row): label for row, label in content.get("corrected", {}).items()}
    return make_plan(folder, content["marked_rows"], content["seed"], corrected=corrected)


def _stored_labels(folder: RunFolder) -> NDArray[np.int64]:
    """The training rows' classes, from the stored inputs; the input file is not needed."""
    if not folder.encoded.exists():
        raise FinineError(
            f"{folder.encoded} is gone, so run {folder.run_id} cannot be trained again.",
            "Start a new run with the same settings and mark its rows.",
        )
    try:
        with safe_open(str(sound(folder.encoded)), framework="np") as stored:
            for name in (TRAIN_CODES, "train_y"):  # an earlier finine knew only classes
                if name in stored.keys():  # noqa: SIM118  no mapping
                    return stored.get_tensor(name).astype(np.int64)
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
    labels: NDArray[np.int64],
    marked: NDArray[np.int64],
    corrected: NDArray[np.int64],
    new_labels: NDArray[np.int64],
    classes: tuple[str, ...],
    task: str,
) -> None:
    left = len(labels) - len(marked)
    if left < MIN_TRAINING_ROWS:
        raise FinineError(
            f"{len(marked)} of {len(labels)} training rows are marked for deletion: {left} would"
            f" be left, and training needs at least {MIN_TRAINING_ROWS}.",
            "Take some marks back (finine undo, or mark rows as clear).",
        )
    if task in (REGRESSION.name, MULTI_LABEL.name):
        return  # neither bands nor sets of labels are what is learned
    had = np.bincount(labels, minlength=len(classes))
    after = labels.copy()
    after[corrected] = new_labels
    has = np.bincount(np.delete(after, marked), minlength=len(classes))
    for code in np.flatnonzero((had > 0) & (has == 0)):
        gone = "are marked for deletion" + (" or get another label" if len(corrected) else "")
        raise FinineError(
            f"All {had[code]} training rows with the label {shown(classes[code])} {gone}: no model"
            " could learn that class.",
            "Keep some of them (finine mark … --as keep).",
        )
