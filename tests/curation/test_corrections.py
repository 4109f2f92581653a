"""Corrected labels on their way out: in the cleaned file, in the manifest, and back by apply."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finine_core.curation.apply import apply_manifest
from finine_core.curation.decisions import DecisionLog
from finine_core.curation.export import ExportResult, export_run, plan_export, zip_export
from finine_core.curation.manifest import read_manifest
from finine_core.curation.review import SCORE_COLUMNS, ReviewTable
from finine_core.errors import FinineError
from finine_core.files import sha256_of
from finine_core.formats import read_table
from finine_core.formats.values import as_text

RUN_ID = "run-1"
LABELS = ["cat", "dog", "cat", "dog", "cat", "dog"]
HELD_OUT = 5  # the last row has no scores


class Case:
    """A run on a file of six rows, laid out as the worker does it, with decisions to make on it."""

    def __init__(self, folder: Path, name: str, content: bytes) -> None:
        self.source = folder / name
        self.source.write_bytes(content)
        self.folder = folder / "home" / "runs" / RUN_ID
        self.folder.mkdir(parents=True)
        self.home, self.content = folder / "home", content
        self.log = DecisionLog(self.home, RUN_ID)
        table = read_table(self.source).table
        self.classes = as_text(table.column("label")).to_pylist()
        numbers = pa.array(range(len(table)), pa.int64())
        pq.write_table(table.append_column("row_number", numbers), self.folder / "dataset.parquet")
        rows = range(HELD_OUT)
        values = [
            list(rows), [f"id-{row}" for row in rows], ["self"] * HELD_OUT,
            *([[float(row) for row in rows]] * 3), [row + 1 for row in rows],
            [0.5] * HELD_OUT, self.classes[:HELD_OUT], ["cat"] * HELD_OUT,
        ]  # fmt: skip
        scores = pa.table(values, names=list(SCORE_COLUMNS))
        pq.write_table(scores, self.folder / "scores.parquet")

    def plan(self):
        return plan_export(
            run_folder=self.folder, home=self.home, run_id=RUN_ID,
            label_column="label", target="self",
        )  # fmt: skip

    def export(self, **changes: object) -> ExportResult:
        arguments: dict = {
            "source": self.source, "run_folder": self.folder, "home": self.home,
            "run_id": RUN_ID, "out": self.home.parent / "out", "config": {"label": "label"},
            "seed": 0, "versions": {}, "expected_sha256": sha256_of(self.source),
            "label_column": "label", "target": "self",
        }  # fmt: skip
        result = export_run(**{**arguments, **changes})
        assert self.source.read_bytes() == self.content
        return result


def lines(*rows: str, end: str = "\n") -> str:
    return end.join(rows) + end


TEXTS = ["plain", '"two\nlines"', '"a ""b"", c"', "=1+1", "café", "end"]
PAIRS = list(zip(TEXTS, LABELS, strict=True))
CSV = lines("text,label,n", *(f"{text},{label},1.50" for text, label in PAIRS))
CRLF = lines("label,text", *(f'"{label}",{text}' for text, label in PAIRS), end="\r\n")
TSV = lines("text\tlabel", *(f"{text}\t{label}" for text, label in PAIRS)).removesuffix("\n")
JSONL = lines(*(f'{{"t": [1, {{"label": 0}}],  "label" : "{one}" }}' for one in LABELS))


def change(text: str, row: int, old: str, new: str) -> str:
    """The text with the label of one row changed, found by counting labels."""
    pieces = text.split(old)
    before = sum(label == old for label in LABELS[:row]) + 1
    return old.join(pieces[:before]) + new + old.join(pieces[before:])


@pytest.mark.parametrize(
    ("name", "text", "codec"),
    [
        ("a.csv", CSV, "utf-8"),
        ("a.csv", CSV, "utf-8-sig"),
        ("a.csv", CRLF, "cp1252"),
        ("a.csv", CRLF, "utf-16"),
        ("a.tsv", TSV, "utf-8"),
        ("a.jsonl", JSONL, "utf-8"),
    ],
)
@pytest.mark.parametrize("removal", [False, True])
def test_only_the_label_changes_and_apply_rebuilds_the_file(tmp_path, name, text, codec, removal):
    case = Case(tmp_path, name, text.encode(codec))
    case.log.mark([3], "relabel", label="cat", reason="purrs", reviewer="ann")
    case.log.mark([HELD_OUT, 1], "relabel", label="cat", reviewer="ben")
    case.log.undo()
    case.log.mark([2], "relabel", label="dog")
    case.log.mark([4], "relabel", label="cat")  # is one already
    expected = change(change(text, 3, "dog", "cat"), 2, "cat", "dog")
    if removal:
        case.log.mark([5], "delete")
        expected = expected[: expected.rindex("end" if "end" in text else '{"t"')]
        expected = expected.removesuffix('"dog",')
    result = case.export()
    assert result.cleaned.read_bytes().decode(codec).rstrip() == expected.rstrip()
    assert (result.rows_removed, result.labels_corrected) == (int(removal), 2)
    zip_export(result.out)
    rebuilt = tmp_path / "elsewhere" / name
    apply_manifest(result.manifest, case.source, rebuilt)
    assert rebuilt.read_bytes() == result.cleaned.read_bytes()


@pytest.mark.parametrize(
    ("labels", "new"),
    [
        (pa.array(LABELS).dictionary_encode(), "cat"),
        (pa.array([1, 0, 1, 0, 1, 0], pa.int8()), "1"),
        (pa.array([True, False] * 3), "true"),
        (pa.array([0.5, 2, 0.5, 2, 0.5, 2], pa.float32()), "0.5"),
    ],
)
def test_a_parquet_label_is_corrected_in_its_own_type(tmp_path, labels, new):
    sink = pa.BufferOutputStream()
    table = pa.table({"x": range(6), "label": labels})
    pq.write_table(table, sink, row_group_size=4)
    case = Case(tmp_path, "a.parquet", sink.getvalue().to_pybytes())
    case.log.mark([1, 5], "relabel", label=new)
    result = case.export()
    cleaned = pq.read_table(result.cleaned)
    assert cleaned.schema == table.schema
    other = labels.to_pylist()
    assert cleaned.column("label").to_pylist() == [*[other[0]] * 3, other[3], *[other[0]] * 2]
    assert cleaned.column("x").to_pylist() == list(range(6))
    apply_manifest(result.manifest, case.source, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == result.cleaned.read_bytes()


def test_a_number_comes_out_as_the_file_writes_it(tmp_path):
    content = b"x,label\na,0\nb,1.0\nc,1.0\nd,0\ne,1.0\nf,0\n"
    case = Case(tmp_path, "a.csv", content)
    assert sorted(set(case.classes)) == ["0", "1"]
    case.log.mark([0], "relabel", label="1")
    assert case.export().cleaned.read_bytes() == content.replace(b"a,0", b"a,1.0")


def test_the_manifest_and_the_list_say_which_labels_were_corrected(tmp_path):
    case = Case(tmp_path, "a.csv", CSV.encode())
    case.log.mark([3, HELD_OUT], "relabel", label="cat", reason='a, "b"', reviewer="ann")
    result = case.export()
    manifest = read_manifest(result.manifest)
    assert manifest.schema_version == 3
    assert [one.model_dump() for one in manifest.corrected_labels] == [
        {"row_number": row, "old_label": "dog", "new_label": "cat", "reviewer": "ann",
         "reason": 'a, "b"'}
        for row in (3, 5)
    ]  # fmt: skip
    assert (manifest.label_column, manifest.label_rows) == ("label", {"cat": 0})
    assert manifest.decisions.counts == {"relabel": 2}
    assert manifest.outputs.corrected_labels.rows == 2
    with result.corrected_labels.open(newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))
    at = case.log.events()[0].at
    assert found == [
        {"row_number": "3", "row_id": "id-3", "old_label": "dog", "new_label": "cat",
         "reason": 'a, "b"', "reviewer": "ann", "at": at, "mu": "3"},
        {"row_number": "5", "row_id": "", "old_label": "dog", "new_label": "cat",
         "reason": 'a, "b"', "reviewer": "ann", "at": at, "mu": ""},
    ]  # fmt: skip


def test_the_plan_says_what_the_export_does(tmp_path):
    case = Case(tmp_path, "a.csv", CSV.encode())
    assert case.plan().copied is None
    case.log.mark([0], "delete", reviewer="ann")
    case.log.mark([1, 2, HELD_OUT], "relabel", label="cat")
    plan = case.plan()
    assert plan.removed_rows.tolist() == [0]
    assert plan.corrected.column("row_number").to_pylist() == [1, HELD_OUT]
    assert plan.right_already == 1
    assert plan.balance == {"cat": (3, 3), "dog": (2, 1)}  # over the rows with scores
    result = case.export()
    assert result.balance == plan.balance
    assert (result.rows_before, result.rows_after) == (6, 5)


def test_a_label_that_is_no_class_is_refused_with_the_classes(tmp_path):
    case = Case(tmp_path, "a.csv", CSV.encode())
    case.log.mark([1], "relabel", label="bird")
    with pytest.raises(FinineError, match=r"Row 1 .*'bird'.*no class.*'cat', 'dog'"):
        case.export()
    assert not (tmp_path / "out").exists()
    case.log.mark([1], "clear")
    case.log.mark([6], "relabel", label="cat")
    with pytest.raises(FinineError, match=r"Row 6 is marked for a change.*has 6 rows"):
        case.export()


def test_apply_refuses_a_manifest_whose_correction_was_changed(tmp_path):
    case = Case(tmp_path, "a.csv", CSV.encode())
    case.log.mark([1], "relabel", label="cat")
    result = case.export()
    content = json.loads(result.manifest.read_text())
    content["corrected_labels"][0]["row_number"] = 3
    result.manifest.write_text(json.dumps(content))
    with pytest.raises(FinineError, match="The rebuilt file has SHA-256"):
        apply_manifest(result.manifest, case.source, tmp_path / "again.csv")
    assert not (tmp_path / "again.csv").exists()


def test_the_review_table_has_the_corrected_label(tmp_path):
    case = Case(tmp_path, "a.csv", CSV.encode())
    case.log.mark([1], "relabel", label="cat")
    case.log.mark([2], "delete")
    review = ReviewTable(case.folder, case.home, RUN_ID)
    found = review.query(target="self").select(["row_number", "decision", "new_label"])
    assert found.to_pylist()[:3] == [
        {"row_number": 0, "decision": "", "new_label": ""},
        {"row_number": 1, "decision": "relabel", "new_label": "cat"},
        {"row_number": 2, "decision": "delete", "new_label": ""},
    ]
    assert review.row_numbers(target="self", where="new_label <> ''").tolist() == [1]
    assert "new_label" not in SCORE_COLUMNS


# --- the copy for spreadsheets ------------------------------------------------------------------


def test_a_copy_for_spreadsheets_lies_beside_the_faithful_file(tmp_path):
    text = CSV.replace("plain", "-3.5").replace("end", "'quoted").replace("café", "@café")
    case = Case(tmp_path, "a.csv", text.encode())
    case.log.mark([5], "relabel", label="cat")
    plain = case.export().cleaned.read_bytes()
    result = case.export(spreadsheet_safe=True, overwrite=True)
    assert result.cleaned.read_bytes() == plain
    assert result.spreadsheet.read_bytes().startswith(b"\xef\xbb\xbf")
    with result.spreadsheet.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    cells = ["-3.5", "two\nlines", 'a "b", c', "'=1+1", "'@café", "'quoted"]
    assert [row["text"] for row in rows] == cells
    assert [row["label"] for row in rows] == [*LABELS[:5], "cat"]
    assert result.neutralised == 2
    copy = read_manifest(result.manifest).outputs.for_spreadsheets
    assert (copy.name, copy.rows, copy.neutralised_cells) == (
        "cleaned_for_spreadsheets.csv", 6, 2,
    )  # fmt: skip
    assert copy.sha256 == sha256_of(result.spreadsheet)
    zip_export(result.out)


def test_an_old_copy_for_spreadsheets_does_not_outlive_its_export(tmp_path):
    case = Case(tmp_path, "a.csv", CSV.encode())
    copy = case.export(spreadsheet_safe=True).spreadsheet
    assert copy.is_file()
    (copy.parent / "manifest.json").unlink()
    with pytest.raises(FinineError, match="holds an export already"):
        case.export()
    assert case.export(overwrite=True).spreadsheet is None
    assert not copy.exists()
