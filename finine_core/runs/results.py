"""What a finished run recorded on a row: its curve, its signals, its place among the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.influence import RowCurve, SignalStore, row_curve
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs import observe
from finine_core.runs.rescore import scores_by
from finine_core.runs.state import State


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
        return record

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

    def training_rows(self) -> NDArray[np.int64]:
        """Row numbers of the training part, in its order: place k of the signals is the k-th."""
        table = pq.read_table(self.folder.scores, columns=["row_number", "target"])
        mine = pc.equal(table.column("target"), self.targets()[0])
        return table.filter(mine).column("row_number").to_numpy()

    def check_rows(self, rows: NDArray[np.int64]) -> None:
        """Refuse row numbers that are not training rows of this run."""
        missing = np.setdiff1d(rows, self.training_rows())
        if len(missing):
            raise self._no_such_row(int(missing[0]))

    def curve(self, row: int, target: str | None, estimator: str) -> RowCurve:
        """The trade-off curve of one row for the whole run."""
        name = self.target(target)
        store, place = SignalStore(self.folder.signals), self._place(row)
        scores = pq.read_table(
            scores_by(self.folder, estimator),
            columns=["mu", "mu_low", "mu_high"],
            filters=[("row_number", "=", row), ("target", "=", name)],
        ).to_pylist()[0]
        return row_curve(
            store.row(name, place),
            store.plan,
            row_number=row,
            target=name,
            seed=int(self.record()["seed"]),
            **scores,
        )

    def signals(self, row: int, target: str | None) -> pd.DataFrame:
        """A line per recorded step: step, signal s_it, deviation σ_it, loss."""
        store, place = SignalStore(self.folder.signals), self._place(row)
        signals = store.row(self.target(target), place)
        return pd.DataFrame(
            {
                "step": store.plan.steps,
                "signal": signals.signal[:, 0],
                "deviation": np.sqrt(signals.variance[:, 0]),
                "loss": store.losses()[:, place],
            }
        )

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
