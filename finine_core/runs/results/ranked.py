"""Which rows has a run, in which lists, and which of its trainings learned from them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import changed_at
from finine_core.runs.checksums import sound_signals
from finine_core.runs.columns import BY_SUSPICION
from finine_core.runs.folder import RunFolder
from finine_core.runs.folds import folds_in, trainings_of
from finine_core.runs.jobs import observe
from finine_core.runs.record import require_results
from finine_core.runs.results.read_once import rows_on
from finine_core.runs.state import State

if TYPE_CHECKING:
    from finine_core.influence.trainings import Trainings

RANKINGS = (BY_SUSPICION, "mu")


@dataclass(frozen=True)
class Ranked:
    """What `Results` knows of rows and lists.

    Raises:
        FinineError: from every method, when the run has no results yet; the mend is named.
    """

    folder: RunFolder

    def record(self) -> dict[str, Any]:
        """run.json of a run that is done."""
        record = self.folder.read()
        if record["results"] is None:
            status = observe(self.folder)
            mend = {
                State.FAILED: "Mend the cause and start a new run.",
                State.INTERRUPTED: f"Go on with: finine resume {self.folder.run_id}",
                State.CANCELLED: f"Go on with: finine resume {self.folder.run_id}",
            }.get(status.state, "Wait until it is done.")
            what = f"Run {self.folder.run_id} is {status.state} and has no scores."
            raise FinineError(f"{what} {status.message}".strip(), mend)
        return require_results(record)

    def targets(self) -> tuple[str, ...]:
        """The targets that were recorded."""
        return tuple(self.record()["resolved"]["targets"])

    def target(self, name: str | None) -> str:
        """`name` when the run has it; the run's first target for None."""
        known = self.targets()
        if name is None:
            return known[0]
        if name not in known:
            raise FinineError(
                f"Run {self.folder.run_id} has no target '{name}'.", f"It has: {', '.join(known)}."
            )
        return name

    def has_suspicion(self) -> bool:
        """Whether its labels were judged: classes were learned, by a finine that does so."""
        return isinstance(self.record()["results"].get("advice"), dict)

    def ranking(self, target: str | None, by: str | None) -> str:
        """Which list is meant: `suspicion`, or the target that μ is on.

        Args:
            by: `suspicion` or `mu`; None for `mu`.

        Raises:
            FinineError: there is no such list.
        """
        if by not in (None, *RANKINGS):
            raise FinineError(f"Rows are not ranked by {by!r}.", f"Known: {', '.join(RANKINGS)}.")
        if BY_SUSPICION not in (by, target):
            return self.target(target)
        if target not in (None, BY_SUSPICION):
            raise FinineError(
                "Suspicion is about the label, and not about a target.", "Leave the target out."
            )
        if not self.has_suspicion():
            raise FinineError(
                f"The labels of run {self.folder.run_id} were not judged: that takes classes to"
                " learn, at least 40 training rows, and a run of this finine.",
                "Rank by mu; with folds, fewer of them leave more training rows.",
            )
        return BY_SUSPICION

    def judged_rows(self) -> NDArray[np.int64]:
        """Row numbers that something can be decided about: with a μ, or held out and judged."""
        if not self.has_suspicion():
            return self.scored_rows()
        scores = self.folder.scores
        return rows_on(scores, changed_at(scores), BY_SUSPICION)

    def scored_rows(self) -> NDArray[np.int64]:
        """Row numbers that have a μ: the training rows, with folds and then all others."""
        scores = self.folder.scores
        return rows_on(scores, changed_at(scores), self.targets()[0])

    def training_rows(self) -> NDArray[np.int64]:
        """Row numbers of the training part, in its order: place k of the signals is the k-th.

        With folds: of the first training, whose model the run's is.
        """
        rows = self.scored_rows()
        return rows[: int(self.record()["dataset"]["train_rows"])]

    def folds(self) -> int:
        """How many trainings there were, each without another fold; 1 for a run without folds."""
        return folds_in(self.record())

    def learned_in(self, row: int) -> tuple[int, ...]:
        """The trainings that learned from a row, as 1, 2, …; empty where none did."""
        return tuple(k + 1 for k, _ in self._trainings().of(row))

    def check_rows(self, rows: NDArray[np.int64], *, held_out: bool = False) -> None:
        """Refuse row numbers that are not training rows of this run.

        Args:
            held_out: let pass rows that were held out: all that something can be decided about.
        """
        known = self.judged_rows() if held_out else self.training_rows()
        missing = np.unique(rows[~np.isin(rows, known)])
        if len(missing):
            raise self._no_such_row(int(missing[0]))

    def _seed(self) -> int:
        return int(self.record()["seed"])

    def _trainings(self) -> Trainings:
        """What its trainings recorded."""
        return trainings_of(sound_signals(self.folder), self.training_rows(), self.folds())

    def _places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the rows are among the training rows; with folds others are left out.

        Raises:
            FinineError: rows have no μ; or all of them were held out in the first training.
        """
        several = self.folds() > 1
        self.check_rows(rows, held_out=several)
        found = np.flatnonzero(np.isin(self.training_rows(), rows))
        if several and len(rows) and not len(found):
            raise FinineError(
                "All of these rows were held out in the first training, which alone tells the"
                " influence of groups.",
                "Choose rows with fold <> 1.",
            )
        return found

    def _require_scored(self, row: int) -> None:
        if not (self.scored_rows() == row).any():
            raise self._no_such_row(row)

    def _no_such_row(self, row: int) -> FinineError:
        rows = int(self.record()["dataset"]["rows"])
        if 0 <= row < rows:
            return FinineError(
                f"Row {row} is held out for validation, so it has no influence on this run.",
                "The rows that were trained on are listed by: finine scores",
            )
        return FinineError(f"There is no row {row}.", f"Row numbers go from 0 to {rows - 1}.")
