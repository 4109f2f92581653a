"""Judging the labels of a run: the probe before training, suspicion after it.

Rows come in this order: those that were trained on, then those that were held out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset import Dataset
from finine_core.dataset.tasks.classification import CLASSIFICATION
from finine_core.encoders import Encoded
from finine_core.runs.columns import (
    COPIES_DISAGREE,
    COPY_GROUP,
    COPY_PLACE,
    SUGGESTED,
    SUSPICION,
)
from finine_core.suspicion import Evidence, Judgement, Probe, judge, trust_of
from finine_core.suspicion.calibration import Share
from finine_core.suspicion.chances import margins
from finine_core.suspicion.copies import Copies
from finine_core.suspicion.probe import Opinions
from finine_core.suspicion.trust import believed

PROBE_SEED = 0  # runs on the same data judge its labels alike, whatever their own seed
# Fewer rows say too little. Of each number (rows × classes) the probe takes some 60 bytes at its
# peak (measured with 3,000 rows of 1,500 classes): 3 GB for the most.
FEWEST_ROWS, MOST_NUMBERS = 40, 50_000_000


@dataclass(frozen=True, eq=False)
class Judged:
    """The labels of a run, judged by a probe.

    Attributes:
        codes: the given classes, shape (n + m,).
        rows: how many were trained on, n.
        trusted: rows whose label is taken as right, shape (n + m,).
        trust_in_each: how far each label is trusted, from 0 to 1, shape (n + m,); 1 where it is
            taken as right.
        numbers: the row numbers, shape (n + m,).
        listed: rows of the file, shape (n + m,): those of a second file are in no list.
    """

    probe: Probe
    opinions: Opinions
    codes: NDArray[np.int64]
    rows: int
    trusted: NDArray[np.bool_]
    trust_in_each: NDArray[np.floating]
    listed: NDArray[np.bool_]
    numbers: NDArray[np.int64]

    @property
    def trust(self) -> NDArray[np.floating]:
        """Of the m held-out rows, from 0 to 1; 1 where they are trusted."""
        return self.trust_in_each[self.rows :]

    def trust_in(self, rows: NDArray[np.int64]) -> NDArray[np.floating]:
        """How far the labels of these row numbers are trusted."""
        order = np.argsort(self.numbers)
        return self.trust_in_each[order[np.searchsorted(self.numbers, rows, sorter=order)]]

    @property
    def asked(self) -> NDArray[np.bool_]:
        """The rows that advice is about: listed, and not trusted, shape (n + m,)."""
        return self.listed & ~self.trusted

    @property
    def believed(self) -> NDArray[np.bool_]:
        """The held-out rows that may judge a model, shape (m,); see `suspicion.trust`."""
        return believed(self._doubts & ~self.trusted[self.rows :], self.codes[self.rows :])

    @property
    def doubted(self) -> int:
        """Held-out rows of which a probe that learned from trusted rows prefers another class."""
        return int((self._doubts & ~self.trusted[self.rows :]).sum())

    @property
    def _doubts(self) -> NDArray[np.bool_]:
        margin = margins(self.opinions.cleaned, self.codes)
        return np.asarray(margin[self.rows :] < 0)


def judged(dataset: Dataset, encoded: Encoded, *, trusted: bool) -> Judged | None:
    """Judge the labels by models that have not seen them; None where there are no classes.

    Args:
        trusted: whether the held-out labels are taken as right.
    """
    rows, held_out = len(encoded.train_x), len(encoded.validation_x)
    classes = len(dataset.answers)
    if dataset.task != CLASSIFICATION.name or rows < FEWEST_ROWS:
        return None
    if (rows + held_out) * classes > MOST_NUMBERS:
        return None
    codes = np.concatenate([encoded.train_y, encoded.validation_y]).astype(np.int64)
    inputs = np.concatenate([encoded.train_x, encoded.validation_x])
    groups, copies = _of_both(dataset, "groups"), _of_both(dataset, "copies")
    probe = Probe(inputs, codes, classes, PROBE_SEED, groups, copies)
    opinions = probe.opinions(codes)
    taken_as_right = np.arange(rows + held_out) >= rows if trusted else np.zeros(len(codes), bool)
    trust = np.where(taken_as_right, 1.0, trust_of(opinions, codes))
    listed = np.concatenate([np.ones(rows, bool), dataset.validation.row_numbers >= 0])
    numbers = np.concatenate([dataset.train.row_numbers, dataset.validation.row_numbers])
    return Judged(probe, opinions, codes, rows, taken_as_right, trust, listed, numbers)


def _of_both(dataset: Dataset, name: Literal["groups", "copies"]) -> NDArray[np.int64] | None:
    """Numbers of sets of all n + m rows, from 0 without gaps; None where there are none."""
    first, second = (getattr(part, name) for part in (dataset.train, dataset.validation))
    if first is None or second is None:
        return None
    found: NDArray[np.int64] = np.unique(np.concatenate([first, second]), return_inverse=True)[1]
    return found.reshape(-1).astype(np.int64)


def judge_run(
    before: Judged,
    margins: NDArray[np.floating] | None,
    influence: NDArray[np.floating] | None,
) -> Judgement:
    """What is advised, once the run is trained.

    Args:
        margins, influence: of the n rows that were trained on, or of all of them where every row
            was in some training; see `Evidence`.
    """

    def whole(values: NDArray[np.floating] | None) -> NDArray[np.floating] | None:
        if values is None:
            return None
        return np.concatenate([values, np.full(len(before.codes) - len(values), np.nan)])

    evidence = Evidence(
        before.codes, before.probe, before.opinions, whole(margins), whole(influence)
    )
    return judge(evidence, PROBE_SEED, ~before.asked)


def columns_of(
    found: Judgement, copies: Copies, places: NDArray[np.int64], classes: tuple[str, ...]
) -> dict[str, pa.Array]:
    """The columns of scores that are about suspicion, of some rows."""
    names = np.array([*classes, ""], dtype=object)  # -1 is none
    alone = copies.group[places] == 0
    said = {SUSPICION: found.suspicion, **found.signals}
    return {
        SUGGESTED: pa.array(names[found.suggested[places]].tolist(), pa.string()),
        **{
            name: pa.array(np.asarray(values, np.float64)[places], pa.float64(), from_pandas=True)
            for name, values in said.items()
        },
        COPY_GROUP: pa.array(copies.group[places], pa.int64(), mask=alone),
        COPY_PLACE: pa.array(copies.place[places], pa.int64(), mask=alone),
        COPIES_DISAGREE: pa.array(copies.disagree[places], pa.bool_(), mask=alone),
    }


def advice_of(
    found: Judgement, copies: Copies, before: Judged, answers: tuple[str, ...]
) -> dict[str, object]:
    """What run.json says about the list: how many labels are wrong, how many at which depth."""
    trained, held_out = copies.group[: before.rows], copies.group[before.rows :]
    return {
        "copies": int((copies.group > 0).sum()),
        "copies_disagree": int(copies.disagree.sum()),
        "copies_across": int(np.isin(held_out[held_out > 0], trained).sum()),
        "rows": int(before.asked.sum()),
        "total": _told(found.total),
        "shares": [_told(one) for one in found.shares],
        "hit_rate": found.hit_rate,
        "told": found.told,
        "doubted": before.doubted,
        "held_out": len(before.codes) - before.rows,
        "never_predicted": [answers[code] for code in found.never_predicted],
    }


def _told(share: Share) -> dict[str, float]:
    return {name: round(float(value), 1) for name, value in asdict(share).items()}
