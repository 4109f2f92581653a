"""`Run`: one run, what it found, what was decided on it, and what comes of that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from finine_core.api.looking import chosen_by
from finine_core.api.mapping import Mapping
from finine_core.curation.selection import SelectionOptions
from finine_core.dataset import named_labels
from finine_core.paths import check_outside, named_path
from finine_core.runs.sharing import without_folders
from finine_core.told import told_everywhere

if TYPE_CHECKING:
    from finine_core.curation.export import ExportPlan, ExportResult
    from finine_core.curation.manifest import VerifiedEffect


@told_everywhere
class Run(Mapping):
    """One run: what it found, what was decided on it, and what comes of that."""

    def export(
        self,
        out: str | Path,
        *,
        data: str | Path | None = None,
        spreadsheet_safe: bool = False,
        tree: str | None = None,
        overwrite: bool = False,
    ) -> ExportResult:
        """Carry the decisions out: the cleaned file, what was changed, and a manifest, in `out`.

        Rows marked delete are taken out; rows marked relabel stay, with the corrected label.

        Args:
            data: where the input file is now, when it was moved since the run.
            spreadsheet_safe: whether a copy is wanted in which no cell can run as a formula.
            tree: for a folder or zip of images: 'copy' or 'link' (hard links) the images that are
                kept into `out/images`, each in the folder of its class.

        Raises:
            FinineError: the input has changed, nothing would be left, a corrected label is no
                class of the input, or `out` has an export.
        """
        from finine_core.curation.export import check_tree, export_run, write_tree

        record = self._results.record()
        source = named_path(data or record["config"]["data"])
        place = named_path(out)
        check_outside(place, self.home)
        if tree is not None:
            check_tree(source, place, tree, overwrite=overwrite)
        result = export_run(
            source=source,
            run_folder=self.folder.path,
            home=self.home,
            run_id=self.run_id,
            out=place,
            # the manifest is shared with others: the file's name, not where it lies here
            config=without_folders(record["config"]),
            seed=record["seed"],
            versions=record["versions"],
            expected_sha256=record["fingerprint"]["sha256"],
            label_column=_label_column(record),
            target=self.targets[0],
            estimator=record["results"]["estimator"],
            verification=self._verified(),
            spreadsheet_safe=spreadsheet_safe,
            overwrite=overwrite,
        )
        if tree is not None:
            write_tree(source, result.cleaned, result.out, tree, overwrite=overwrite)
        return result

    @chosen_by
    def write_rows(
        self,
        out: str | Path,
        *,
        data: str | Path | None = None,
        overwrite: bool = False,
        **selection: Unpack[SelectionOptions],
    ) -> int:
        """Write some training rows as they stand in the input to the file `out`; gives how many.

        Args:
            data: where the input file is now, when it was moved since the run.
            selection: which rows, see `SelectionOptions`.

        Raises:
            FinineError: no rows, the input has changed, or `out` exists.
        """
        from finine_core.curation.export import write_subset

        record = self._results.record()
        place = named_path(out)
        check_outside(place, self.home)
        return write_subset(
            named_path(data or record["config"]["data"]),
            self.select(**selection),
            int(record["dataset"]["rows"]),
            place,
            record["fingerprint"]["sha256"],
            overwrite=overwrite,
        )

    def export_plan(self) -> ExportPlan:
        """What an export would remove and correct now, and the classes before and after.

        Raises:
            FinineError: the run is unfinished, nothing would be left, or a corrected label is no
                class of the input.
        """
        from finine_core.curation.export import plan_export

        record = self._results.record()
        return plan_export(
            run_folder=self.folder.path,
            home=self.home,
            run_id=self.run_id,
            label_column=_label_column(record),
            target=self.targets[0],
        )

    def formula_cells(self) -> int:
        """How many cells of the input begin like a formula, so that a spreadsheet would run them.

        Raises:
            FinineError: the run is unfinished.
        """
        from finine_core.curation.export import formula_cells
        from finine_core.runs.checksums import read_result

        self._results.record()
        return formula_cells(read_result(self.folder.dataset))

    def _verified(self) -> VerifiedEffect | None:
        """What retraining found about the marks as they are now, when it was asked."""
        from finine_core.curation.manifest import VerifiedEffect
        from finine_core.verification import sentences

        found = self.verification()
        if found is None:
            return None
        return VerifiedEffect(
            key=found.key,
            repeats=found.repeats,
            seed=found.seed,
            conclusion=tuple(sentences(found)),
        )


def _label_column(record: dict[str, Any]) -> str:
    """Where corrected labels are written; '' where several columns are labels."""
    labels = named_labels(record["dataset"]["roles"]["label"])
    return labels[0] if len(labels) == 1 else ""
