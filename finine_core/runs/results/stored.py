"""What a finished run recorded on a row: its curve, its signals, its place among the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset import named_labels
from finine_core.errors import FinineError
from finine_core.files import changed_at
from finine_core.runs.checksums import read_result, result_facts, sound_signals
from finine_core.runs.columns import BY_SUSPICION, CLUSTER, GIVEN, ROW_NUMBER
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs import observe
from finine_core.runs.record import require_results
from finine_core.runs.results.read_once import influence_on, rows_on
from finine_core.runs.results.rescore import scores_by
from finine_core.runs.results.slicing import slice_column, slice_columns
from finine_core.runs.state import State

if TYPE_CHECKING:
    import pandas as pd

    from finine_core.influence import (
        Discoveries,
        Estimator,
        GroupCurve,
        GroupInfluence,
        RowCurve,
        Slice,
    )

RANKINGS = (BY_SUSPICION, "mu")


@dataclass(frozen=True)
class Results:
    """Reads the results of one run.

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
                f"The labels of run {self.folder.run_id} were not judged: only classes are, in runs"
                " of this finine.",
                "Rank by mu, or start a new run that learns classes.",
            )
        return BY_SUSPICION

    def judged_rows(self) -> NDArray[np.int64]:
        """Row numbers that something can be decided about: trained on, or held out and judged."""
        if not self.has_suspicion():
            return self.training_rows()
        scores = self.folder.scores
        return rows_on(scores, changed_at(scores), BY_SUSPICION)

    def training_rows(self) -> NDArray[np.int64]:
        """Row numbers of the training part, in its order: place k of the signals is the k-th."""
        scores = self.folder.scores
        return rows_on(scores, changed_at(scores), self.targets()[0])

    def check_rows(self, rows: NDArray[np.int64], *, held_out: bool = False) -> None:
        """Refuse row numbers that are not training rows of this run.

        Args:
            held_out: let pass rows that were held out and judged.
        """
        known = self.judged_rows() if held_out else self.training_rows()
        missing = np.unique(rows[~np.isin(rows, known)])
        if len(missing):
            raise self._no_such_row(int(missing[0]))

    def curve(self, row: int, target: str | None, by: str | None) -> RowCurve:
        """The trade-off curve of one row for the whole run."""
        import pyarrow.compute as pc

        from finine_core.influence import SignalStore, row_curve

        name = self.target(target)
        store, place = SignalStore(sound_signals(self.folder)), self._place(row)
        path = scores_by(self.folder, by)
        every = influence_on(path, changed_at(path), name)
        mine = pc.equal(every.column(ROW_NUMBER), row)
        scores = every.filter(mine).drop_columns([ROW_NUMBER]).to_pylist()[0]
        return row_curve(
            store.row(name, place, carried=self._estimator(by).carried),
            store.plan,
            row_number=row,
            target=name,
            seed=int(self.record()["seed"]),
            **scores,
        )

    def prediction(self, row: int) -> pd.DataFrame:
        """The likeliest classes of a row, with their probabilities.

        Where labels may hold together: each of them, and whether it is `given`.
        """
        import pandas as pd

        self._place(row)
        path = self.folder.predictions
        if not path.exists():
            raise FinineError(
                f"Run {self.folder.run_id} is from before predictions were kept.",
                "Start a new run to see the probabilities of other classes.",
            )
        line = read_result(path, filters=[(ROW_NUMBER, "=", row)]).to_pylist()[0]
        found = pd.DataFrame({"class": line["classes"], "probability": line["probabilities"]})
        return found.assign(given=line[GIVEN]) if GIVEN in line else found

    def signals(self, row: int, target: str | None) -> pd.DataFrame:
        """A line per recorded step: step, signal s_it, deviation σ_it, loss, and what is left."""
        import pandas as pd

        from finine_core.influence import SignalStore

        store, place = SignalStore(sound_signals(self.folder)), self._place(row)
        found = pd.DataFrame({"step": store.plan.steps})
        for carried, before in ((False, ""), (True, "carried_"))[: len(store.plan.views)]:
            signals = store.row(self.target(target), place, carried=carried)
            found[f"{before}signal"] = signals.signal[:, 0]
            found[f"{before}deviation"] = np.sqrt(signals.variance[:, 0])
        found.insert(3, "loss", store.losses()[:, place])
        return found

    def group(
        self, rows: NDArray[np.int64], target: str | None, *, refill: bool = True
    ) -> GroupInfluence:
        """Influence of rows taken out together; `influence/groups.py` says what that means."""
        from finine_core.influence import SignalStore, group_influence

        name = self.group_target(target)
        store = SignalStore(sound_signals(self.folder))
        return group_influence(
            store.target(name, carried=self._estimator().carried),
            store.plan,
            self._places(rows),
            seed=self._seed(),
            target=name,
            estimator=self._estimator(),
            refill=refill,
            row_mu=self._mu(name),
        )

    def group_curve(self, rows: NDArray[np.int64], influence: GroupInfluence) -> GroupCurve:
        """The trade-off curve that goes with the influence of a group."""
        from finine_core.influence import SignalStore, group_curve

        store = SignalStore(sound_signals(self.folder))
        signals = store.target(influence.target, carried=self._estimator().carried)
        places = self._places(rows)
        return group_curve(signals, store.plan, places, influence, seed=self._seed())

    def group_signals(self, rows: NDArray[np.int64], target: str) -> pd.DataFrame:
        """A line per recorded step: what the members have on average, as `signals` of a row."""
        import pandas as pd

        from finine_core.influence import (
            SignalStore,
            check_group_target,
            group_signals,
            member_sums,
        )

        store, places = SignalStore(sound_signals(self.folder)), self._places(rows)
        if len(places) == 0:
            raise FinineError("The group is empty.", "Choose at least one training row.")
        check_group_target(store.plan, target)
        signals = store.target(target)
        sums = member_sums(signals, places)
        refilled, _ = group_signals(signals, store.plan, sums, refill=True)
        losses = [np.take(line, places).mean(dtype=np.float64) for line in store.losses()]
        return pd.DataFrame(
            {
                "step": store.plan.steps,
                "signal": refilled.signal[:, 0] / len(places),
                "deviation": np.sqrt(signals.variance[:, 0]),
                "loss": losses,
            }
        )

    def slices(self, target: str | None) -> list[Slice]:
        """Influence of every value of every categorical column and the label."""
        from finine_core.influence import SignalStore, slice_influences

        name = self.group_target(target)
        store = SignalStore(sound_signals(self.folder))
        labels = named_labels(self.record()["dataset"]["roles"]["label"])
        columns = slice_columns(read_result(self.folder.dataset), self.training_rows(), labels)
        if CLUSTER in result_facts(self.folder.scores)[1]:  # not in runs from before
            columns.append(slice_column(CLUSTER, self._scores_on(name, CLUSTER)))
        return slice_influences(
            store.target(name, carried=self._estimator().carried),
            store.plan,
            columns,
            self._mu(name),
            seed=self._seed(),
            target=name,
            estimator=self._estimator(),
        )

    def discoveries(self, q: float, target: str | None) -> tuple[Discoveries, NDArray[np.int64]]:
        """The rows that stand out at a false discovery rate of q, and their row numbers."""
        from finine_core.influence import SignalStore, discoveries
        from finine_core.influence.targets import target_named

        name = self.target(target)
        signals = SignalStore(sound_signals(self.folder)).target(
            name
        )  # the test is of this run's steps
        found = discoveries(signals, self._mu(name), target_named(name), q)
        return found, self.training_rows()[found.places]

    def group_target(self, name: str | None) -> str:
        """The target of a group: validation when none is named, since no other has groups."""
        if name is None and "validation" not in self.targets():
            raise FinineError(
                "Groups have an influence on the validation set, and this run recorded none.",
                "Start a run with validation rows and target validation.",
            )
        return self.target(name or "validation")

    def _estimator(self, name: str | None = None) -> Estimator:
        """The estimator called so; by default the one that the run was scored with."""
        from finine_core.influence import estimator

        return estimator(name or self.record()["results"]["estimator"])

    def _mu(self, target: str) -> NDArray[np.float64]:
        """μ of every training row, in the order of the training part."""
        return self._scores_on(target, "mu").to_numpy()

    def _scores_on(self, target: str, column: str) -> pa.ChunkedArray:
        wanted = [("target", "=", target)]
        return read_result(self.folder.scores, columns=[column], filters=wanted)[column]

    def _seed(self) -> int:
        return int(self.record()["seed"])

    def _places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the rows are among the training rows."""
        self.check_rows(rows)
        return np.flatnonzero(np.isin(self.training_rows(), rows))

    def _place(self, row: int) -> int:
        found = np.flatnonzero(self.training_rows() == row)
        if len(found) == 0:
            raise self._no_such_row(row)
        return int(found[0])

    def _no_such_row(self, row: int) -> FinineError:
        rows = int(self.record()["dataset"]["rows"])
        if 0 <= row < rows:
            return FinineError(
                f"Row {row} is held out for validation, so it has no influence on this run.",
                "The rows that were trained on are listed by: finine scores",
            )
        return FinineError(f"There is no row {row}.", f"Row numbers go from 0 to {rows - 1}.")
