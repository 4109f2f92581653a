"""What does the dataset look like without the rows that people decided to delete?

`export_run` takes the input file (checked by hash, never written to), a run and its decisions, and
writes the cleaned file, the removed rows, their scores and a manifest. `zip_export` packs these
for a download. Files appear whole, the manifest last: where it is, the export is complete.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from finine_core.curation.decisions import DecisionLog
from finine_core.curation.manifest import (
    MANIFEST_NAME,
    DecisionSummary,
    InputFile,
    Manifest,
    OutputFile,
    Outputs,
    VerifiedEffect,
    config_sha256,
    read_manifest,
)
from finine_core.curation.review import ROW_NUMBER, SCORE_COLUMNS
from finine_core.database import utc_now
from finine_core.dataset import format_of
from finine_core.errors import FinineError
from finine_core.files import sha256_of, write_atomically, write_json

SCORES_NAME = "removed_scores.csv"
ZIP_NAME = "export.zip"
# Every file in a zip needs a time; a fixed one (the earliest zip knows) makes equal exports equal.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ExportResult:
    """Where the exported files are, and what the export did.

    `balance` gives the rows of each label before and after, counted over the rows that have a
    score for the target (the training rows), most frequent label first.
    """

    out: Path
    cleaned: Path
    removed: Path
    removed_scores: Path
    manifest: Path
    rows_before: int
    rows_after: int
    rows_removed: int
    balance: dict[str, tuple[int, int]]


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
    target: str,
    estimator: str = "",
    verification: VerifiedEffect | None = None,
    overwrite: bool = False,
) -> ExportResult:
    """Write `cleaned`, `removed`, `removed_scores.csv` and `manifest.json` into `out`.

    Only rows whose decision is `delete` are removed; with none, the cleaned file is a copy.

    Args:
        source: the input file; it is only read.
        out: a folder, created when missing.
        expected_sha256: the hash that the run noted for its input.
        target: the run's first target, for the class balance and the manifest.
        estimator: of the run's stored scores, for the manifest.
        verification: of exactly the rows that are removed, for the manifest.
        overwrite: whether a previous export in `out` may be replaced.

    Raises:
        FinineError: the source is missing or changed, `out` holds an export or the source under a
            name to be written, a decision is on a row the source does not have, or no row is left.
    """
    _check_source(source, expected_sha256)
    suffix = _suffix(source)
    paths = [out / f"cleaned{suffix}", out / f"removed{suffix}", out / SCORES_NAME]
    _check_out(out, [*paths, out / MANIFEST_NAME], source, overwrite)
    for name in ("scores.parquet", "dataset.parquet"):
        if not (run_folder / name).is_file():
            raise FinineError(f"{run_folder} has no {name}.", "Wait until the run is finished.")
    scores = pq.read_table(run_folder / "scores.parquet", columns=list(SCORE_COLUMNS))
    rows = int(pq.read_metadata(run_folder / "dataset.parquet").num_rows)
    log = DecisionLog(home, run_id)
    current = log.current()
    deleted = current.filter(pc.equal(current.column("decision"), "delete"))
    keep = _keep_mask(deleted, rows, source)

    make_folder(out)
    # A half-replaced export must not look complete.
    (out / MANIFEST_NAME).unlink(missing_ok=True)
    (out / ZIP_NAME).unlink(missing_ok=True)
    file_format = format_of(source)
    for path, mask in ((paths[0], keep), (paths[1], ~keep)):
        with write_atomically(path) as temporary:
            file_format.write_subset(source, mask, temporary)
    lines = _removed_scores(scores, deleted)
    with write_atomically(paths[2]) as temporary:
        pacsv.write_csv(lines, temporary)
    _check_source(source, expected_sha256)  # it may have changed while it was read

    removed_rows = np.flatnonzero(~keep)
    counts = (rows - removed_rows.size, removed_rows.size, lines.num_rows)
    cleaned, removed, removed_scores = (
        OutputFile(name=path.name, sha256=sha256_of(path), rows=count)
        for path, count in zip(paths, counts, strict=True)
    )
    manifest = Manifest.model_validate(
        {
            "run_id": run_id,
            "created_at": utc_now(),
            "input": InputFile(
                name=source.name,
                sha256=expected_sha256,
                bytes=source.stat().st_size,
                rows=rows,
                format=file_format.name,
            ),
            "outputs": Outputs(cleaned=cleaned, removed=removed, removed_scores=removed_scores),
            "removed_rows": removed_rows.tolist(),
            "decisions": DecisionSummary(
                counts=dict(sorted(Counter(current.column("decision").to_pylist()).items())),
                removed_by_reviewer=_tally(deleted, "reviewer"),
                removed_by_reason=_tally(deleted, "reason"),
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
    write_json(out / MANIFEST_NAME, manifest.model_dump(mode="json"))
    return ExportResult(
        out=out,
        cleaned=paths[0],
        removed=paths[1],
        removed_scores=paths[2],
        manifest=out / MANIFEST_NAME,
        rows_before=rows,
        rows_after=counts[0],
        rows_removed=counts[1],
        balance=_balance(scores, target, keep),
    )


def zip_export(out: Path) -> Path:
    """Pack the files of an export into `out/export.zip`, equal exports into equal bytes.

    Raises:
        FinineError: `out` holds no complete export, or a file changed since the export.
    """
    manifest = read_manifest(out / MANIFEST_NAME)
    outputs = manifest.outputs
    for file in (outputs.cleaned, outputs.removed, outputs.removed_scores):
        path = out / file.name
        found = sha256_of(path) if path.is_file() else "no file"
        if found != file.sha256:
            raise FinineError(
                f"{path} is not the exported file: {found}, exported was {file.sha256}.",
                "Export the run again.",
            )
    names = [outputs.cleaned.name, outputs.removed.name, outputs.removed_scores.name]
    with (
        write_atomically(out / ZIP_NAME) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in [*names, MANIFEST_NAME]:
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16  # readable by all once unpacked
            with (out / name).open("rb") as stream, archive.open(entry, "w") as packed:
                while chunk := stream.read(1 << 20):
                    packed.write(chunk)
    return out / ZIP_NAME


def make_folder(folder: Path) -> None:
    """Create a folder with its parents, unless it is there.

    Raises:
        FinineError: a file has that name or the disk does not allow it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinineError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Choose another folder."
        ) from error


def _check_source(source: Path, expected_sha256: str) -> None:
    if not source.is_file():
        raise FinineError(f"The input {source} does not exist.", "Put it back, or name its place.")
    found = sha256_of(source)
    if found != expected_sha256:
        raise FinineError(
            f"{source} is not the file of this run: its SHA-256 is {found}, "
            f"the run was made on {expected_sha256}.",
            "Use the original file, or start a new run on this one.",
        )


def _suffix(source: Path) -> str:
    """The ending of the source that its format goes by, such as `.csv` or `.csv.gz`."""
    endings = [s for s in format_of(source).suffixes if source.name.lower().endswith(s.lower())]
    length = max((len(ending) for ending in endings), default=len(source.suffix))
    return source.name[len(source.name) - length :]


def _check_out(out: Path, paths: list[Path], source: Path, overwrite: bool) -> None:
    for path in paths:
        if path.resolve() == source.resolve() or (path.exists() and path.samefile(source)):
            raise FinineError(
                f"The export would overwrite the input {source}.", "Choose another folder."
            )
        if path.exists() and not overwrite:
            raise FinineError(
                f"{out} holds an export already ({path.name}).",
                "Choose another folder, or allow overwriting.",
            )


def _keep_mask(deleted: pa.Table, rows: int, source: Path) -> npt.NDArray[np.bool_]:
    """True for each of the `rows` rows that stays, shape (rows,)."""
    numbers = deleted.column(ROW_NUMBER).to_numpy()
    if numbers.size and numbers.max() >= rows:
        raise FinineError(
            f"Row {numbers.max()} is marked for deletion, but {source} has {rows} rows.",
            "Clear that decision.",
        )
    if rows and numbers.size == rows:
        raise FinineError(
            f"All {rows} rows are marked for deletion, nothing would be left.",
            "Keep at least one row.",
        )
    keep = np.ones(rows, dtype=np.bool_)
    keep[numbers] = False
    return keep


def _removed_scores(scores: pa.Table, deleted: pa.Table) -> pa.Table:
    """One line per removed row and target; a removed row without scores has empty cells."""
    about = deleted.select([ROW_NUMBER, "reason", "reviewer", "at"])
    joined = about.join(scores, keys=ROW_NUMBER, join_type="left outer")
    joined = joined.sort_by([(ROW_NUMBER, "ascending"), ("target", "ascending")])
    return joined.select([*SCORE_COLUMNS, "reason", "reviewer", "at"])


def _tally(deleted: pa.Table, column: str) -> dict[str, int]:
    return dict(sorted(Counter(deleted.column(column).to_pylist()).items()))


def _balance(
    scores: pa.Table, target: str, keep: npt.NDArray[np.bool_]
) -> dict[str, tuple[int, int]]:
    chosen = scores.filter(pc.equal(scores.column("target"), target))
    labels = ["" if label is None else label for label in chosen.column("label").to_pylist()]
    stays = keep[chosen.column(ROW_NUMBER).to_numpy()]
    before = Counter(labels)
    after = Counter(label for label, kept in zip(labels, stays, strict=True) if kept)
    return {label: (count, after[label]) for label, count in before.most_common()}
