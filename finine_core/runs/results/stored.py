"""What a finished run recorded on a row: its curve, its signals, its place among the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset import named_labels
from finine_core.errors import FinineError
from finine_core.files import changed_at
from finine_core.runs.checksums import read_result, result_facts, sound_signals
from finine_core.runs.columns import CLUSTER, GIVEN, ROW_NUMBER
from finine_core.runs.results.ranked import Ranked
from finine_core.runs.results.read_once import influence_on
from finine_core.runs.results.rescore import scores_by
from finine_core.runs.results.slicing import slice_column, slice_columns

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


@dataclass(frozen=True)
class Results(Ranked):
    """Reads the results of one run.

    Raises:
        FinineError: from every method, when the run has no results yet; the mend is named.
    """

    def curve(self, row: int, target: str | None, by: str | None) -> RowCurve:
        """The trade-off curve of one row for the whole run."""
        import pyarrow.compute as pc

        name = self.target(target)
        self._require_scored(row)
        path = scores_by(self.folder, by)
        every = influence_on(path, changed_at(path), name)
        mine = pc.equal(every.column(ROW_NUMBER), row)
        scores = every.filter(mine).to_pylist()[0]
        interval = scores["mu"], scores["mu_low"], scores["mu_high"]
        return self._trainings().curve(row, name, self._estimator(by), self._seed(), interval)

    def prediction(self, row: int) -> pd.DataFrame:
        """The likeliest classes of a row, with their probabilities.

        Where labels may hold together: each of them, and whether it is `given`.
        """
        import pandas as pd

        self._require_scored(row)
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
        """A line per recorded epoch: epoch, signal s_i, deviation σ_i, loss, and what is left.

        With folds: in the first of the trainings that learned from the row.
        """
        import pandas as pd

        self._require_scored(row)
        trainings = self._trainings()
        number, place = trainings.of(row)[0]
        store = trainings.stores[number]
        name, numbers = store.plan.places
        found = pd.DataFrame({name: numbers})
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
        store, places = SignalStore(sound_signals(self.folder)), self._places(rows)
        found = group_influence(
            store.target(name, carried=self._estimator().carried),
            store.plan,
            places,
            seed=self._seed(),
            target=name,
            estimator=self._estimator(),
            refill=refill,
            row_mu=self._mu(name),
        )
        return replace(found, left_out=len(np.unique(rows)) - len(places))

    def group_curve(self, rows: NDArray[np.int64], influence: GroupInfluence) -> GroupCurve:
        """The trade-off curve that goes with the influence of a group."""
        from finine_core.influence import SignalStore, group_curve

        store = SignalStore(sound_signals(self.folder))
        signals = store.target(influence.target, carried=self._estimator().carried)
        places = self._places(rows)
        return group_curve(signals, store.plan, places, influence, seed=self._seed())

    def group_signals(self, rows: NDArray[np.int64], target: str) -> pd.DataFrame:
        """A line per recorded epoch: what the members have on average, as `signals` of a row."""
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
        name, numbers = store.plan.places
        return pd.DataFrame(
            {
                name: numbers,
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
            cluster = self._scores_on(name, CLUSTER).slice(0, len(self.training_rows()))
            columns.append(slice_column(CLUSTER, cluster))
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
        from finine_core.influence.targets import target_named

        name, trainings = self.target(target), self._trainings()
        found = trainings.discoveries(self._scores_on(name, "mu").to_numpy(), target_named(name), q)
        return found, trainings.rows[found.places]

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
        found: NDArray[np.float64] = self._scores_on(target, "mu").to_numpy()
        return found[: len(self.training_rows())]

    def _scores_on(self, target: str, column: str) -> pa.ChunkedArray:
        wanted = [("target", "=", target)]
        return read_result(self.folder.scores, columns=[column], filters=wanted)[column]
