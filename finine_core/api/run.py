"""`Run`: one run, what it found, what was decided on it, and what comes of that."""

from __future__ import annotations

from pathlib import Path

from finine_core.api.mapping import Mapping
from finine_core.curation.export import ExportResult, export_run
from finine_core.curation.manifest import VerifiedEffect
from finine_core.runs.config import without_folders
from finine_core.verification import sentences


class Run(Mapping):
    """One run: what it found, what was decided on it, and what comes of that."""

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
            verification=self._verified(),
            overwrite=overwrite,
        )

    def _verified(self) -> VerifiedEffect | None:
        """What retraining found about the rows that are marked now, when it was asked."""
        found = self.verification()
        if found is None:
            return None
        return VerifiedEffect(
            key=found.key,
            repeats=found.repeats,
            seed=found.seed,
            conclusion=tuple(sentences(found)),
        )
