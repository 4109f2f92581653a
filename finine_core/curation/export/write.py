"""What does the dataset look like with the decisions carried out?

`export_run` takes the input file (checked by hash, never written to), a run and its decisions, and
writes the cleaned file (a folder where the input is a saved data set), the removed rows, their
scores, the corrected labels and a manifest; on demand also a copy for spreadsheets. Files appear
whole, the manifest last: where it is, the export is complete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from finine_core.curation.export.names import check_apart, check_folder_name
from finine_core.curation.export.pack import ZIP_NAME
from finine_core.curation.export.plan import ExportPlan, plan_export
from finine_core.curation.export.spreadsheet import SPREADSHEET_NAME, write_spreadsheet_copy
from finine_core.curation.export.staging import staged
from finine_core.curation.export.whole import check_replaceable, replace_output, written_whole
from finine_core.curation.manifest import (
    MANIFEST_NAME,
    CorrectedLabel,
    DecisionSummary,
    InputFile,
    Manifest,
    OutputFile,
    Outputs,
    SpreadsheetCopy,
    VerifiedEffect,
    config_sha256,
)
from finine_core.curation.review import ROW_NUMBER, SCORE_COLUMNS
from finine_core.database import utc_now
from finine_core.errors import FinineError
from finine_core.files import drop_orphans, make_folder, write_atomically, write_json
from finine_core.formats import format_of, written_ending
from finine_core.formats.sources.inputs import bytes_of, check_input, fingerprint_of
from finine_core.paths import kind_of
from finine_core.runs.checksums import read_result

SCORES_NAME = "removed_scores.csv"
CORRECTED_NAME = "corrected_labels.csv"


@dataclass(frozen=True)
class ExportResult:
    """Where the exported files are, and what the export did.

    `spreadsheet` is None unless that copy was asked for; `neutralised` counts its changed cells.
    `balance` is the plan's: rows of each label before and after, most frequent label first.
    """

    out: Path
    cleaned: Path
    removed: Path
    removed_scores: Path
    corrected_labels: Path
    manifest: Path
    spreadsheet: Path | None
    rows_before: int
    rows_after: int
    rows_removed: int
    labels_corrected: int
    neutralised: int
    balance: dict[str, tuple[int, int]]

    def files(self) -> list[Path]:
        """All files of the export, the manifest last."""
        copy = [self.spreadsheet] if self.spreadsheet else []
        return [
            self.cleaned, self.removed, self.removed_scores, self.corrected_labels, *copy,
            self.manifest,
        ]  # fmt: skip


def export_run(
    *,
    source: Path,
    run_folder: Path,
    home: Path,
    run_id: str,
    out: Path,
    config: Mapping[str, object],
    seed: int,
    versions: Mapping[str, str],
    expected_sha256: str,
    label_column: str,
    target: str,
    estimator: str = "",
    verification: VerifiedEffect | None = None,
    spreadsheet_safe: bool = False,
    overwrite: bool = False,
) -> ExportResult:
    """Write `cleaned`, `removed`, `removed_scores.csv`, `corrected_labels.csv` and `manifest.json`.

    Rows whose decision is `delete` are removed; in rows whose decision is `relabel` the label's
    cell is changed and no other byte. With neither, the cleaned file is a copy.

    Args:
        source: the input file; it is only read.
        out: a folder, created when missing.
        expected_sha256: the hash that the run noted for its input.
        label_column: the column of the input that holds the labels.
        target: the run's first target, for the class balance and the manifest.
        estimator: of the run's stored scores, for the manifest.
        verification: of exactly the rows that are removed, for the manifest.
        spreadsheet_safe: whether `cleaned_for_spreadsheets.csv` is wanted, too.
        overwrite: whether a previous export in `out` may be replaced.

    Raises:
        FinineError: the source is missing or changed, `out` holds an export or the source under a
            name to be written or is named like a data file, a decision is on a row the source does
            not have, a corrected label is no class of the source, or no row is left.
    """
    check_source(source, expected_sha256)
    check_folder_name(out, source)
    suffix = file_ending(source)
    names = [f"cleaned{suffix}", f"removed{suffix}", SCORES_NAME, CORRECTED_NAME]
    paths = [out / name for name in names]
    copy = out / SPREADSHEET_NAME
    _check_out(out, [*paths, copy, out / MANIFEST_NAME], source, overwrite)
    plan = plan_export(
        run_folder=run_folder,
        home=home,
        run_id=run_id,
        label_column=label_column,
        target=target,
        anew=True,
    )
    removed_scores = _removed_scores(run_folder, plan)

    make_folder(out)
    file_format = format_of(source)
    with staged(out) as stage:
        cleaned, removed_file, *tables = (stage / name for name in names)
        with written_whole(cleaned, source) as temporary:
            file_format.write_subset(source, plan.keep, temporary, plan.copied)
        with written_whole(removed_file, source) as temporary:
            file_format.write_subset(source, ~plan.keep, temporary)
        for path, lines in zip(tables, (removed_scores, plan.corrected), strict=True):
            with write_atomically(path) as temporary:
                pacsv.write_csv(lines, temporary)
        neutralised = 0
        if spreadsheet_safe:
            neutralised = write_spreadsheet_copy(cleaned, stage / SPREADSHEET_NAME)
        check_source(source, expected_sha256)  # it may have changed while it was read

        removed = len(plan.removed_rows)
        counts = (plan.rows - removed, removed, removed_scores.num_rows, plan.corrected.num_rows)
        written = [
            _output(stage / path.name, count) for path, count in zip(paths, counts, strict=True)
        ]
        for_spreadsheets = None
        if spreadsheet_safe:
            for_spreadsheets = SpreadsheetCopy(
                **_output(stage / copy.name, counts[0]).model_dump(), neutralised_cells=neutralised
            )
        manifest = Manifest.model_validate(
            {
                "run_id": run_id,
                "created_at": utc_now(),
                "input": InputFile(
                    name=source.name,
                    sha256=expected_sha256,
                    bytes=bytes_of(source),
                    rows=plan.rows,
                    format=file_format.name,
                ),
                "outputs": Outputs(
                    cleaned=written[0],
                    removed=written[1],
                    removed_scores=written[2],
                    corrected_labels=written[3],
                    for_spreadsheets=for_spreadsheets,
                ),
                "removed_rows": plan.removed_rows.tolist(),
                "corrected_labels": _corrected_labels(plan.corrected),
                "label_column": label_column,
                "label_rows": plan.label_rows,
                "decisions": DecisionSummary(
                    counts=_tally(plan.decided, "decision"),
                    removed_by_reviewer=_tally(plan.deleted, "reviewer"),
                    removed_by_reason=_tally(plan.deleted, "reason"),
                ),
                "target": target,
                "estimator": estimator,
                "config": dict(config),
                "config_sha256": config_sha256(config),
                "verification": verification,
                "seed": seed,
                "versions": dict(versions),
            }
        )
        write_json(stage / MANIFEST_NAME, manifest.model_dump(mode="json"))
        # A half-replaced export must not look complete, and an old copy not like one of this data.
        for old in (out / MANIFEST_NAME, out / ZIP_NAME, copy):
            old.unlink(missing_ok=True)
            drop_orphans(old)
        for path in (*paths, *([copy] if spreadsheet_safe else []), out / MANIFEST_NAME):
            replace_output(stage / path.name, path)
    return ExportResult(
        out=out,
        cleaned=paths[0],
        removed=paths[1],
        removed_scores=paths[2],
        corrected_labels=paths[3],
        manifest=out / MANIFEST_NAME,
        spreadsheet=copy if spreadsheet_safe else None,
        rows_before=plan.rows,
        rows_after=counts[0],
        rows_removed=removed,
        labels_corrected=counts[3],
        neutralised=neutralised,
        balance=plan.balance,
    )


def check_source(source: Path, expected_sha256: str) -> None:
    """Refuse a file that is not the one a run was made on.

    Raises:
        FinineError: it is missing, or its SHA-256 is another.
    """
    if kind_of(source) is None:
        raise FinineError(f"The input {source} does not exist.", "Put it back, or name its place.")
    check_input(source)
    found = fingerprint_of(source)
    if found != expected_sha256:
        raise FinineError(
            f"{source} is not the file of this run: its SHA-256 is {found}, "
            f"the run was made on {expected_sha256}.",
            "Use the original file, or start a new run on this one.",
        )


def file_ending(source: Path) -> str:
    """The ending of the files that rows of the source are written to, such as `.csv`."""
    return written_ending(source)


def _check_out(out: Path, paths: list[Path], source: Path, overwrite: bool) -> None:
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise FinineError(
            f"The export would lie inside the input {source}.", "Choose another folder."
        )
    for path in paths:
        if path.resolve() == source.resolve() or (path.exists() and path.samefile(source)):
            raise FinineError(
                f"The export would overwrite the input {source}.", "Choose another folder."
            )
        check_apart(path, source)
        if path.exists() and not overwrite:
            raise FinineError(
                f"{out} holds an export already ({path.name}).",
                "Choose another folder, or allow overwriting.",
            )
        if path.is_dir():
            check_replaceable(path)


def _removed_scores(run_folder: Path, plan: ExportPlan) -> pa.Table:
    """One line per removed row and target; a removed row without scores has empty cells."""
    scores = read_result(run_folder / "scores.parquet", columns=list(SCORE_COLUMNS))
    about = plan.deleted.select([ROW_NUMBER, "reason", "reviewer", "at"])
    joined = about.join(scores, keys=ROW_NUMBER, join_type="left outer")
    joined = joined.sort_by([(ROW_NUMBER, "ascending"), ("target", "ascending")])
    return joined.select([*SCORE_COLUMNS, "reason", "reviewer", "at"])


def _corrected_labels(corrected: pa.Table) -> list[CorrectedLabel]:
    names = list(CorrectedLabel.model_fields)
    return [CorrectedLabel(**line) for line in corrected.select(names).to_pylist()]


def _output(path: Path, rows: int) -> OutputFile:
    return OutputFile(name=path.name, sha256=fingerprint_of(path), rows=rows)


def _tally(decided: pa.Table, column: str) -> dict[str, int]:
    return dict(sorted(Counter(decided.column(column).to_pylist()).items()))
