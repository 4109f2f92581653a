"""Arrow files and Excel workbooks: what is read, and that kept rows are written as they were."""

import datetime
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pyarrow as pa
import pytest

from finine_core.errors import FinineError
from finine_core.formats import FORMAT_NAMES, CopiedCells, format_of, read_table
from finine_core.formats.arrow import declared

KEEP = np.array([True, False, False, True, True])


def arrow(path: Path, *, stream: bool = False, codec: str | None = "zstd") -> Path:
    schema = pa.schema(
        [
            pa.field("small", pa.int8(), metadata={b"unit": b"kg"}),
            pa.field("word", pa.dictionary(pa.int8(), pa.string())),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("when", pa.timestamp("ms", "UTC")),
        ],
        metadata={b"author": b"me"},
    )
    table = pa.table(
        {
            "small": pa.array([1, 2, 3, 4, 5], pa.int8()),
            "word": pa.array(["a", "b", "a", None, "b"]).dictionary_encode(),
            "tags": [["p"], [], None, ["q", "r"], ["s"]],
            "when": [datetime.datetime(2026, 1, day, tzinfo=datetime.UTC) for day in range(1, 6)],
        }
    ).cast(schema)
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(path, schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


def opened(path: Path, *, stream: bool = False):
    return (pa.ipc.open_stream if stream else pa.ipc.open_file)(path.read_bytes())


def book(path: Path, *lines, title="Reviews") -> Path:
    made = openpyxl.Workbook()
    made.active.title = title
    for line in lines:
        made.active.append(line)
    made.save(path)
    return path


# --- Arrow --------------------------------------------------------------------------------------


def test_arrow_columns_come_in_the_common_types(tmp_path):
    table = read_table(arrow(tmp_path / "a.feather")).table
    assert [str(kind) for kind in table.schema.types] == ["int64", "string", "string", "string"]
    assert table["word"].to_pylist() == ["a", "b", "a", None, "b"]
    assert table["tags"][3].as_py() == '["q", "r"]'


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
def test_an_arrow_subset_keeps_schema_metadata_batches_and_compression(tmp_path, stream, codec):
    path, out = arrow(tmp_path / "a.arrow", stream=stream, codec=codec), tmp_path / "b.arrow"
    format_of(path).write_subset(path, KEEP, out)
    before, after = opened(path, stream=stream), opened(out, stream=stream)
    assert after.schema.equals(before.schema, check_metadata=True)
    table = after.read_all()
    assert table.to_pylist() == before.read_all().filter(pa.array(KEEP)).to_pylist()
    assert [batch.num_rows for batch in table.to_batches()] == [1, 1, 1]
    again = tmp_path / "c.arrow"
    format_of(path).write_subset(path, KEEP, again)
    assert out.read_bytes() == again.read_bytes()
    assert {one.codec for one in declared(out)} == {codec}


def test_a_corrected_label_in_arrow_is_another_rows_value(tmp_path):
    path, out = arrow(tmp_path / "a.feather"), tmp_path / "b.feather"
    format_of(path).write_subset(path, KEEP, out, CopiedCells("word", {0: 1, 4: 2}))
    assert opened(out).read_all()["word"].to_pylist() == ["b", None, "a"]


def test_texts_as_polars_writes_them_are_read_and_written_again(tmp_path):
    table = pl.DataFrame({"s": ["a", "b", None], "l": [["x"], [], None]})
    for name, write in (("a.feather", table.write_ipc), ("a.parquet", table.write_parquet)):
        path, out = tmp_path / name, tmp_path / f"out_{name}"
        write(path)
        assert read_table(path).table["s"].to_pylist() == ["a", "b", None]
        keep = np.array([True, False, True])
        format_of(path).write_subset(path, keep, out, CopiedCells("s", {0: 1}))
        read = pl.read_ipc if name.endswith("feather") else pl.read_parquet
        assert read(out).to_dict(as_series=False) == {"s": ["b", None], "l": [["x"], None]}


# --- Excel --------------------------------------------------------------------------------------


def test_excel_cells_come_with_their_types(tmp_path):
    day, moment = datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3, 4)
    path = book(
        tmp_path / "a.xlsx",
        ["n", "x", "yes", "day", "code", "mixed", "at"],
        [1, 0.5, True, day, "007", 1, moment],
        [],
        [2, 3, False, None, "=1", "b", None],
    )
    sheet = openpyxl.load_workbook(path)
    sheet.active["E4"].data_type = "s"  # a text that looks like a formula
    sheet.save(path)
    raw = read_table(path)
    assert raw.table.to_pydict() == {
        "n": [1, 2],
        "x": [0.5, 3.0],
        "yes": [True, False],
        "day": ["2026-01-02", None],
        "code": ["007", "=1"],
        "mixed": ["1", "b"],
        "at": ["2026-01-02 03:04:00", None],
    }
    assert raw.lines.tolist() == [2, 4], "a row is named as the spreadsheet numbers it"


def test_an_excel_subset_keeps_values_types_and_number_formats(tmp_path):
    path, out = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    lines = [[f"t{i}", i / 4, datetime.date(2026, 1, i + 1), f"=B{i + 2}*2"] for i in range(5)]
    made = openpyxl.load_workbook(book(path, ["text", "x", "day", "twice"], *lines))
    made.active["B5"].number_format = "0.00 €"
    made.active["A6"].value = "=not a formula"
    made.active["A6"].data_type = "s"
    made.save(path)
    format_of(path).write_subset(path, KEEP, out, CopiedCells("text", {0: 1}))
    sheet = openpyxl.load_workbook(out).active
    assert sheet.title == "Reviews"
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["text", "x", "day", "twice"],
        ["t1", 0, datetime.datetime(2026, 1, 1), "=B2*2"],
        ["t3", 0.75, datetime.datetime(2026, 1, 4), "=B3*2"],
        ["=not a formula", 1, datetime.datetime(2026, 1, 5), "=B4*2"],
    ]
    assert sheet["B3"].number_format == "0.00 €"
    assert sheet["A4"].data_type == "s", "a text must never become a formula"
    first = out.read_bytes()
    format_of(path).write_subset(path, KEEP, out, CopiedCells("text", {0: 1}))
    assert out.read_bytes() == first, "the same export must have the same bytes"


def test_a_workbook_of_other_length_is_refused_on_export(tmp_path):
    path = book(tmp_path / "a.xlsx", ["x"], [1], [2])
    with pytest.raises(FinineError, match="2 rows, but the decisions are about 5 rows"):
        format_of(path).write_subset(path, KEEP, tmp_path / "b.xlsx")


def test_every_format_is_named_where_a_file_is_asked_for():
    from typer.main import get_command

    from finine_core.cli import cli

    for name in ("run", "check"):
        data = next(one for one in get_command(cli).commands[name].params if one.name == "data")
        assert data.help.startswith(FORMAT_NAMES)
