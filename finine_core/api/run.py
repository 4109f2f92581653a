"""`Run`: one run, what it found, what was decided on it, and what comes of that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from finine_core.api.deciding import Deciding
from finine_core.curation.export import ExportResult, export_run
from finine_core.runs.config import without_folders
from finine_core.verification import DEFAULT_REPEATS, Verification, VerifyProgress, verify


class Run(Deciding):
    """One run: what it found, what was decided on it, and what comes of that."""

    def verify(
        self,
        *,
        repeats: int = DEFAULT_REPEATS,
        seed: int = 0,
        processes: int | None = None,
        on_progress: Callable[[VerifyProgress], None] | None = None,
    ) -> Verification:
        """What removing the rows marked delete does, by training again with and without them.

        Args:
            repeats: trainings with, without, and without as many random rows: so many of each.
            seed: of the retrainings; not the run's.
            processes: how many train at once; one per core when None.
            on_progress: called at the start and after each training.

        Raises:
            FinineError: no row is marked delete, the run is unfinished, too little is left to
                train on, or a training failed.
        """
        self._results.record()  # an unfinished run is told before its missing marks
        marks = self.log.current().to_pandas()
        return verify(
            self.folder,
            marks.loc[marks["decision"] == "delete", "row_number"].to_numpy(),
            repeats=repeats,
            seed=seed,
            processes=processes,
            on_progress=on_progress,
        )

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
