from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finine_core.curation.apply import apply_manifest
from finine_core.curation.decisions import DecisionLog
from finine_core.curation.export import ExportResult, export_run, zip_export
from finine_core.curation.manifest import read_manifest
from finine_core.errors import FinineError
from finine_core.files import sha256_of

from .conftest import ROWS, TEXTS, FinishedRun, csv_bytes

CONFIG = {"label": "label", "lr": 0.1, "targets": ["self", "validation"]}
REMOVED = [2, 6, 11]  # 11 is held out and has no scores


def export(run: FinishedRun, out: Path, **changes: object) -> ExportResult:
    arguments: dict = {
        "source": run.source,
        "run_folder": run.folder,
        "home": run.home,
        "run_id": run.run_id,
        "out": out,
        "config": CONFIG,
        "seed": 7,
        "versions": {"finine": "0.1.0"},
        "expected_sha256": run.sha256,
        "label_column": "label",
        "target": "self",
        "estimator": "gaussian",
    }
    return export_run(**{**arguments, **changes})


@pytest.fixture
def marked_run(finished_run: FinishedRun) -> FinishedRun:
    mark(finished_run)
    return finished_run


def mark(run: FinishedRun) -> None:
    log = DecisionLog(run.home, run.run_id)
    log.mark([2, 6, 7], "delete", reason="wrong label", reviewer="ann")
    log.mark([11], "delete", reason='odd, "very"', reviewer="ben")
    log.mark([7], "keep")
    log.mark([8], "review")


def rows_of_csv(content: bytes) -> list[bytes]:
    """The header and the rows, as bytes; row 2 of the sample has a line break inside."""
    pieces = content.split(b"\r\n")[:-1]
    assert len(pieces) == ROWS + 1
    return [piece + b"\r\n" for piece in pieces]


def test_cleaned_and_removed_hold_the_original_bytes_of_their_rows(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(marked_run, tmp_path / "new" / "out")
    header, *rows = rows_of_csv(marked_run.source.read_bytes())
    kept = [row for number, row in enumerate(rows) if number not in REMOVED]
    assert result.cleaned.read_bytes() == b"".join([header, *kept])
    assert result.removed.read_bytes() == b"".join([header, *(rows[row] for row in REMOVED)])
    assert (result.rows_before, result.rows_after, result.rows_removed) == (12, 9, 3)
    assert sorted(path.name for path in result.out.iterdir()) == [
        "cleaned.csv", "corrected_labels.csv", "manifest.json", "removed.csv", "removed_scores.csv",
    ]  # fmt: skip


def test_the_source_is_sacred(marked_run: FinishedRun, tmp_path: Path) -> None:
    before = (sha256_of(marked_run.source), marked_run.source.stat().st_mtime_ns)
    result = export(marked_run, tmp_path / "out")
    zip_export(result.out)
    apply_manifest(result.manifest, marked_run.source, tmp_path / "again.csv")
    assert (sha256_of(marked_run.source), marked_run.source.stat().st_mtime_ns) == before
    assert [path.name for path in marked_run.source.parent.iterdir()] == ["data.csv"]


def test_the_sidecar_has_a_line_per_removed_row_and_target(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(marked_run, tmp_path / "out")
    with result.removed_scores.open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert list(lines[0]) == [
        "row_number", "row_id", "target", "mu", "mu_low", "mu_high", "rank", "mean_loss",
        "label", "predicted", "reason", "reviewer", "at",
    ]  # fmt: skip
    assert [(line["row_number"], line["row_id"], line["target"]) for line in lines] == [
        ("2", "id-2", "self"), ("2", "id-2", "validation"),
        ("6", "id-6", "self"), ("6", "id-6", "validation"),
        ("11", "", ""),
    ]  # fmt: skip
    scores = pq.read_table(marked_run.folder / "scores.parquet")
    assert float(lines[0]["mu"]) == scores["mu"][2].as_py()
    assert [line["reason"] for line in lines] == ["wrong label"] * 4 + ['odd, "very"']
    assert [line["reviewer"] for line in lines] == ["ann"] * 4 + ["ben"]
    assert lines[0]["at"] == DecisionLog(marked_run.home, marked_run.run_id).events()[0].at


def test_the_manifest_says_what_was_done(marked_run: FinishedRun, tmp_path: Path) -> None:
    result = export(marked_run, tmp_path / "out")
    manifest = read_manifest(result.manifest)
    assert manifest.input.model_dump() == {
        "name": "data.csv",
        "sha256": marked_run.sha256,
        "bytes": len(csv_bytes(ROWS)),
        "rows": 12,
        "format": "CSV",
    }
    outputs = manifest.outputs
    for file, rows in ((outputs.cleaned, 9), (outputs.removed, 3), (outputs.removed_scores, 5)):
        assert file.sha256 == sha256_of(result.out / file.name)
        assert file.rows == rows
    assert manifest.removed_rows == REMOVED
    assert manifest.decisions.counts == {"delete": 3, "keep": 1, "review": 1}
    assert manifest.decisions.removed_by_reviewer == {"ann": 2, "ben": 1}
    assert manifest.decisions.removed_by_reason == {"wrong label": 2, 'odd, "very"': 1}
    assert (manifest.target, manifest.estimator, manifest.seed) == ("self", "gaussian", 7)
    assert manifest.config == CONFIG
    assert str(marked_run.home) not in result.manifest.read_text()


def test_the_balance_counts_the_training_rows_of_each_class(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    assert export(marked_run, tmp_path / "out").balance == {"cat": (6, 5), "dog": (4, 3)}


def as_jsonl() -> bytes:
    lines = [f'{{"text": {json.dumps(TEXTS[row % 8])},  "n": {row}.0}}' for row in range(ROWS)]
    return ("\n".join(lines) + "\n").encode()


def as_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    texts = pa.array([TEXTS[row % 8] for row in range(ROWS)]).dictionary_encode()
    pq.write_table(pa.table({"text": texts, "n": list(range(ROWS))}), sink, row_group_size=5)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.csv", csv_bytes(ROWS)),
        ("DATA.CSV", csv_bytes(ROWS)[:-2]),  # no line break at the end
        ("data.tsv", csv_bytes(ROWS).replace(b",", b"\t")),
        ("data.jsonl", as_jsonl()),
        ("data.parquet", as_parquet()),
    ],
)
@pytest.mark.parametrize("deletions", [True, False])
def test_apply_rebuilds_the_cleaned_file_bit_for_bit(
    make_run: Callable[..., FinishedRun],
    tmp_path: Path,
    name: str,
    content: bytes,
    deletions: bool,
) -> None:
    run = make_run(name, content)
    if deletions:
        mark(run)
    result = export(run, tmp_path / "out")
    assert result.cleaned.suffix == Path(name).suffix
    moved = tmp_path / "elsewhere" / f"renamed{Path(name).suffix}"
    moved.parent.mkdir()
    moved.write_bytes(content)
    rebuilt = tmp_path / "elsewhere" / f"again{Path(name).suffix}"
    apply_manifest(result.manifest, moved, rebuilt)
    assert rebuilt.read_bytes() == result.cleaned.read_bytes()
    assert (result.cleaned.read_bytes() == content) == (not deletions) or name == "data.parquet"


def test_without_deletions_the_cleaned_file_is_a_copy(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(finished_run, tmp_path / "out")
    assert result.cleaned.read_bytes() == finished_run.source.read_bytes()
    assert result.removed.read_bytes() == rows_of_csv(csv_bytes(ROWS))[0]
    assert len(result.removed_scores.read_text().splitlines()) == 1
    assert read_manifest(result.manifest).removed_rows == []


def test_a_changed_source_is_refused_with_both_hashes(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    marked_run.source.write_bytes(csv_bytes(ROWS) + b"x,cat,1\r\n")
    with pytest.raises(FinineError) as refusal:
        export(marked_run, tmp_path / "out")
    assert marked_run.sha256 in str(refusal.value)
    assert sha256_of(marked_run.source) in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_source_is_refused(marked_run: FinishedRun, tmp_path: Path) -> None:
    marked_run.source.unlink()
    with pytest.raises(FinineError, match=r"data\.csv does not exist"):
        export(marked_run, tmp_path / "out")


def test_deleting_every_row_is_refused(finished_run: FinishedRun, tmp_path: Path) -> None:
    DecisionLog(finished_run.home, finished_run.run_id).mark(range(ROWS), "delete")
    with pytest.raises(FinineError, match="All 12 rows"):
        export(finished_run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_decision_on_a_row_that_is_not_there_is_refused(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    DecisionLog(finished_run.home, finished_run.run_id).mark([ROWS], "delete")
    with pytest.raises(FinineError, match=r"Row 12 is marked.*has 12 rows"):
        export(finished_run, tmp_path / "out")


def test_a_previous_export_is_replaced_only_when_allowed(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    first = export(marked_run, tmp_path / "out")
    manifest = first.manifest.read_bytes()
    DecisionLog(marked_run.home, marked_run.run_id).mark([0], "delete")
    with pytest.raises(FinineError, match="holds an export already"):
        export(marked_run, tmp_path / "out")
    assert first.manifest.read_bytes() == manifest
    second = export(marked_run, tmp_path / "out", overwrite=True)
    assert read_manifest(second.manifest).removed_rows == [0, *REMOVED]
    zip_export(second.out)  # every file is the new one


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("how", ["itself", "symbolic link", "hard link"])
def test_the_source_is_never_overwritten_by_its_own_export(
    make_run: Callable[..., FinishedRun], tmp_path: Path, overwrite: bool, how: str
) -> None:
    run = make_run("cleaned.csv")
    out = tmp_path / "out"
    out.mkdir()
    if how == "itself":
        out = run.source.parent
    elif how == "symbolic link":
        (out / "removed.csv").symlink_to(run.source)
    else:
        (out / "cleaned.csv").hardlink_to(run.source)
    with pytest.raises(FinineError, match="would overwrite the input"):
        export(run, out, overwrite=overwrite)
    assert sha256_of(run.source) == run.sha256


def test_an_output_folder_that_cannot_be_is_refused(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    manifest = export(marked_run, tmp_path / "good").manifest
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(FinineError, match="cannot be made"):
            export(marked_run, out)
    with pytest.raises(FinineError, match="cannot be made"):
        apply_manifest(manifest, marked_run.source, tmp_path / "file" / "again.csv")


def test_a_run_without_scores_cannot_be_exported(marked_run: FinishedRun, tmp_path: Path) -> None:
    (marked_run.folder / "scores.parquet").unlink()
    with pytest.raises(FinineError, match=r"has no scores\.parquet"):
        export(marked_run, tmp_path / "out")


def test_equal_exports_zip_to_equal_bytes_with_everything_inside(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(marked_run, tmp_path / "out")
    packed = zip_export(result.out)
    first = packed.read_bytes()
    assert zip_export(result.out).read_bytes() == first
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in result.files()
        }


def test_a_changed_or_missing_file_is_not_zipped(marked_run: FinishedRun, tmp_path: Path) -> None:
    result = export(marked_run, tmp_path / "out")
    result.removed.write_text("changed")
    with pytest.raises(FinineError, match=r"removed\.csv is not the exported file"):
        zip_export(result.out)
    result.removed.unlink()
    with pytest.raises(FinineError, match=r"removed\.csv is not the exported file: no file"):
        zip_export(result.out)
    assert not (result.out / "export.zip").exists()


def test_apply_refuses_another_input_with_both_hashes(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(marked_run, tmp_path / "out")
    other = tmp_path / "other.csv"
    other.write_bytes(csv_bytes(ROWS).replace(b"plain", b"plein"))
    with pytest.raises(FinineError) as refusal:
        apply_manifest(result.manifest, other, tmp_path / "again.csv")
    assert marked_run.sha256 in str(refusal.value)
    assert sha256_of(other) in str(refusal.value)
    assert not (tmp_path / "again.csv").exists()


def test_apply_writes_nothing_when_the_result_is_not_the_exported_file(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(marked_run, tmp_path / "out")
    content = json.loads(result.manifest.read_text())
    content["removed_rows"] = [1, 6, 11]
    result.manifest.write_text(json.dumps(content))
    folder = tmp_path / "elsewhere"
    with pytest.raises(FinineError, match=r"The rebuilt file has SHA-256.*finine 0.1.0"):
        apply_manifest(result.manifest, marked_run.source, folder / "again.csv")
    assert list(folder.iterdir()) == []


def test_apply_overwrites_neither_its_input_nor_its_manifest_nor_another_file(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(marked_run, tmp_path / "out")
    for taken in (marked_run.source, result.manifest):
        before = taken.read_bytes()
        with pytest.raises(FinineError, match="would overwrite"):
            apply_manifest(result.manifest, marked_run.source, taken, overwrite=True)
        assert taken.read_bytes() == before
    other = tmp_path / "mine.csv"
    other.write_text("mine")
    with pytest.raises(FinineError, match="exists already"):
        apply_manifest(result.manifest, marked_run.source, other)
    assert other.read_text() == "mine"
    apply_manifest(result.manifest, marked_run.source, other, overwrite=True)
    assert other.read_bytes() == result.cleaned.read_bytes()


def test_apply_refuses_a_file_named_like_another_format(
    marked_run: FinishedRun, tmp_path: Path
) -> None:
    result = export(marked_run, tmp_path / "out")
    renamed = tmp_path / "data.jsonl"
    renamed.write_bytes(marked_run.source.read_bytes())
    with pytest.raises(FinineError, match=r"Rename it to 'data\.csv'"):
        apply_manifest(result.manifest, renamed, tmp_path / "again.csv")


def test_apply_names_an_input_that_is_missing(marked_run: FinishedRun, tmp_path: Path) -> None:
    result = export(marked_run, tmp_path / "out")
    with pytest.raises(FinineError, match="There is no file"):
        apply_manifest(result.manifest, tmp_path / "none.csv", tmp_path / "again.csv")
