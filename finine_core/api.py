"""The Python API: start a run, look at its scores and curves, decide, export.

Everything the CLI and the app do goes through here, so that whatever one can do the other can.

    import finine_core as fi
    run = fi.run("rows.csv", label="y")
    run.scores().head()
    run.curve(3)
    run.mark(rows=[3], decision="delete", reason="wrong label")
    run.export("cleaned")
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from finine_core.curation.apply import apply_manifest
from finine_core.curation.decisions import DecisionLog, Event
from finine_core.curation.export import ExportResult, export_run
from finine_core.curation.review import ReviewTable
from finine_core.errors import FinineError
from finine_core.influence import DEFAULT_ESTIMATOR, RowCurve
from finine_core.runs import (
    RunFolder,
    State,
    Status,
    cancel,
    create_run,
    default_home,
    find_run,
    list_runs,
    observe,
    resume,
    start,
    wait,
)
from finine_core.runs.config import make_config, without_folders
from finine_core.runs.rescore import scores_by
from finine_core.runs.results import Results

LISTED_ROWS = 20  # row numbers that the log's words name; all are stored beside them


@dataclass(frozen=True)
class Run:
    """One run: what it found, and what was decided on it."""

    folder: RunFolder

    @property
    def run_id(self) -> str:
        """Its name in commands and folders."""
        return self.folder.run_id

    @property
    def home(self) -> Path:
        """The folder that holds the database and all runs."""
        return self.folder.home

    def status(self) -> Status:
        """Its state and progress, now."""
        return observe(self.folder)

    def record(self) -> dict[str, Any]:
        """run.json: config, resolved settings, dataset facts, versions, results."""
        return self.folder.read()

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets it recorded.

        Raises:
            FinineError: it has not come so far.
        """
        return self._results.targets()

    # --- scores and curves ---

    def review(self, estimator: str = DEFAULT_ESTIMATOR) -> ReviewTable:
        """The ranked table, for filtered, sorted pages of any size."""
        self._results.record()
        return ReviewTable(
            self.folder.path, self.home, self.run_id, scores=scores_by(self.folder, estimator)
        )

    def scores(
        self,
        target: str | None = None,
        *,
        estimator: str = DEFAULT_ESTIMATOR,
        where: str | None = None,
        top: int | None = None,
    ) -> pd.DataFrame:
        """One line per training row, rank 1 (most suspicious) first.

        Args:
            target: one of `targets`; the first when None.
            estimator: how μ is had from the signals.
            where: a SQL condition over score columns, `decision` and the data's columns.
            top: the first so many.

        Raises:
            FinineError: unknown target or estimator, a condition that is wrong, an unfinished run.
        """
        return (
            self.review(estimator)
            .query(target=self._results.target(target), where=where, limit=top)
            .to_pandas()
        )

    def curve(
        self, row: int, target: str | None = None, *, estimator: str = DEFAULT_ESTIMATOR
    ) -> RowCurve:
        """The trade-off curve of one row for the whole run, empirical and Gaussian.

        Args:
            row: row number, the 0-based position in the input.

        Raises:
            FinineError: the row is not a training row of this run.
        """
        return self._results.curve(int(row), target, estimator)

    def signals(self, row: int, target: str | None = None) -> pd.DataFrame:
        """What was recorded on one row: a line per recorded step.

        Columns: step, signal s_it, deviation σ_it, loss.
        """
        return self._results.signals(int(row), target)

    # --- decisions ---

    @property
    def log(self) -> DecisionLog:
        """The append-only log of decisions."""
        return DecisionLog(self.home, self.run_id)

    def select(
        self,
        *,
        rows: Sequence[int] | None = None,
        where: str | None = None,
        top: int | None = None,
        target: str | None = None,
    ) -> NDArray[np.int64]:
        """Row numbers, by list, by condition, by rank, or the top of a condition.

        Raises:
            FinineError: nothing was asked for, or a row is not a training row of this run.
        """
        if rows is None and where is None and top is None:
            raise FinineError("No rows were chosen.", "Give rows, a condition or a top number.")
        if rows is not None and (where is not None or top is not None):
            raise FinineError("Rows were given both by list and by condition.", "Give one of them.")
        if rows is None:
            return self.review().row_numbers(
                target=self._results.target(target), where=where, top=top
            )
        wanted = np.unique(np.asarray(list(rows), dtype=np.int64))
        self._results.check_rows(wanted)
        return wanted

    def mark(
        self,
        *,
        rows: Sequence[int] | None = None,
        where: str | None = None,
        top: int | None = None,
        target: str | None = None,
        decision: str = "delete",
        reason: str = "",
        reviewer: str = "",
    ) -> Event:
        """Decide on rows: delete, keep, review, or clear. One call is one undoable event.

        Raises:
            FinineError: no row meets the selection, or the decision is unknown.
        """
        chosen = self.select(rows=rows, where=where, top=top, target=target)
        if len(chosen) == 0:
            raise FinineError("No row meets the selection; nothing was marked.")
        words = [
            f"rows {','.join(map(str, chosen[:LISTED_ROWS]))}" if rows is not None else "",
            f"where {where}" if where else "",
            f"top {top} by {self._results.target(target)}" if top is not None else "",
        ]
        return self.log.mark(
            chosen,
            decision,
            reason=reason,
            reviewer=reviewer or default_reviewer(),
            selection=", ".join(word for word in words if word),
        )

    def undo(self, reviewer: str = "") -> Event | None:
        """Take the last decision back; None when there is none."""
        return self.log.undo(reviewer or default_reviewer())

    def redo(self, reviewer: str = "") -> Event | None:
        """Bring the last undone decision back; None when there is none."""
        return self.log.redo(reviewer or default_reviewer())

    def decisions(self) -> list[Event]:
        """Every event of the log, oldest first."""
        return self.log.events()

    # --- the result ---

    def export(
        self, out: str | Path, *, data: str | Path | None = None, overwrite: bool = False
    ) -> ExportResult:
        """Write cleaned and removed rows, their scores and a manifest into the folder `out`.

        Args:
            data: where the input file is now, when it was moved since the run.

        Raises:
            FinineError: the input has changed, nothing would be left, or `out` has an export.
        """
        record = self._results.record()
        return export_run(
            source=Path(data or record["config"]["data"]).expanduser(),
            run_folder=self.folder.path,
            home=self.home,
            run_id=self.run_id,
            out=Path(out).expanduser(),
            # the manifest is shared with others: the file's name, not where it lies here
            config=without_folders(record["config"]),
            seed=record["seed"],
            versions=record["versions"],
            expected_sha256=record["fingerprint"]["sha256"],
            target=self.targets[0],
            estimator=record["results"]["estimator"],
            overwrite=overwrite,
        )

    # --- its life ---

    def wait(self, on_progress: Callable[[Status], None] | None = None) -> Status:
        """Block until it is over."""
        return wait(self.folder, on_progress)

    def cancel(self) -> Status:
        """Stop it."""
        return cancel(self.folder)

    def resume(self) -> None:
        """Let it go on from its last checkpoint."""
        resume(self.folder)

    @property
    def _results(self) -> Results:
        return Results(self.folder)


def run(
    data: str | Path,
    *,
    label: str,
    home: str | Path | None = None,
    name: str = "",
    block: bool = True,
    on_progress: Callable[[Status], None] | None = None,
    **options: object,
) -> Run:
    """Train once on a file, with f-INE recording; gives the run.

    The training happens in a worker process, which outlives this one.

    Args:
        data: a CSV, TSV, JSONL or Parquet file.
        label: the column to predict.
        home: where runs live; $FININE_HOME or ~/.finine when None.
        name: for people; the file's name when empty.
        block: wait for the end (else return at once).
        on_progress: called with each change while waiting.
        options: text, features, id, ignore, targets, validation, model, epochs, batch_size, lr,
            optimizer, weight_decay, seed, record_steps, device: see `RunConfig`.

    Raises:
        FinineError: an option or the data is wrong, or the run failed.
    """
    config = make_config(data=str(data), label=label, **options)
    folder = create_run(Path(home).expanduser() if home else default_home(), config, name)
    start(folder)
    started = Run(folder)
    if block:
        status = started.wait(on_progress)
        if status.state is not State.DONE:
            raise FinineError(f"Run {folder.run_id} {status.state.verb}: {status.message}")
    return started


def open_run(run_id: str = "latest", home: str | Path | None = None) -> Run:
    """A run that exists; `latest` is the newest, an unambiguous beginning of the id will do."""
    return Run(find_run(Path(home).expanduser() if home else default_home(), run_id))


def runs(home: str | Path | None = None) -> list[Run]:
    """All runs of a home, newest first."""
    return [Run(one) for one in list_runs(Path(home).expanduser() if home else default_home())]


def apply(
    manifest: str | Path, data: str | Path, out: str | Path, *, overwrite: bool = False
) -> None:
    """Rebuild a cleaned file, bit for bit, from the original and the manifest of an export."""
    paths = (Path(one).expanduser() for one in (manifest, data, out))
    apply_manifest(*paths, overwrite=overwrite)


def default_reviewer() -> str:
    """The name of the user who is logged in, for the decision log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


__all__ = ["Run", "apply", "default_reviewer", "open_run", "run", "runs"]
