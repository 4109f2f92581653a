"""A corrected label takes over the cell of another row; every other byte of the file stays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finine_core.errors import FinineError
from finine_core.formats import CopiedCells, format_of, read_table
from tests.formats.test_delimited import BOMS, FIELD


def changed(folder: Path, name: str, content: bytes, column: str, from_row: dict, keep=None):
    """The bytes of a file after cells were copied, and where the file is."""
    source = folder / name
    source.write_bytes(content)
    rows = len(read_table(source).table)
    mask = np.ones(rows, dtype=bool) if keep is None else np.array(keep)
    format_of(source).write_subset(source, mask, folder / "out", CopiedCells(column, from_row))
    assert source.read_bytes() == content
    return (folder / "out").read_bytes()


@st.composite
def files_with_cells(draw):
    """A delimited file as bytes of cells, so that the expected file can be put together."""
    codec = draw(st.sampled_from([*BOMS, "cp1252"]))
    encoding = codec.removesuffix("-sig")
    name, delimiter = draw(st.sampled_from([("d.csv", ","), ("d.csv", ";"), ("d.tsv", "\t")]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    field = FIELD.filter(lambda text: codec != "cp1252" or text.isascii())
    width = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(field, min_size=width, max_size=width), min_size=2, max_size=6))

    def cell(text):
        if any(sign in text for sign in '",;\t|\n\r') or draw(st.booleans()):
            return '"' + text.replace('"', '""') + '"'
        return text

    cells = [[cell(text) for text in row] for row in rows]
    for row in cells:  # a row of white space would be a blank line; cp1252 needs a byte of its own
        row[0] = '"é"' if codec == "cp1252" else '"x"'
    head = [f"column{place}" for place in range(width)]
    last = draw(st.booleans())
    target, donor = draw(st.permutations(range(len(rows))))[:2]
    keep = [number == target or draw(st.booleans()) for number in range(len(rows))]

    def whole(lines, kept):
        text = [delimiter.join(line) + end for line in lines]
        if not last:
            text[-1] = text[-1].removesuffix(end)
        chosen = [line for line, stays in zip(text, [True, *kept], strict=True) if stays]
        return BOMS.get(codec, b"") + "".join(chosen).encode(encoding)

    place = draw(st.integers(0, width - 1))
    before = whole([head, *cells], [True] * len(rows))
    cells[target] = [*cells[target]]
    cells[target][place] = cells[donor][place]
    return name, before, head[place], {target: donor}, keep, whole([head, *cells], keep)


@settings(max_examples=80, deadline=None)
@given(files_with_cells())
def test_only_the_bytes_of_the_cell_change(tmp_path_factory, generated):
    name, before, column, from_row, keep, after = generated
    folder = tmp_path_factory.mktemp("cells")
    assert changed(folder, name, before, column, from_row, keep) == after


CLASSES = (1, 1.0, "1", True, "a\u2028é", None, [1, {"y": 2}], {"y": "}"})


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(CLASSES), min_size=2, max_size=4),
    st.sampled_from(['{{"x": {{"y": 0}}, "y":{} }}', ' {{ "y" : {}, "x":[",:{{"]}}', '{{"y":{}}}']),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_only_the_characters_of_the_json_value_change(
    tmp_path_factory, values, shape, ascii_only, end
):
    texts = [json.dumps(value, ensure_ascii=ascii_only) for value in values]
    before = end.join(shape.format(text) for text in texts)
    after = end.join(shape.format(text) for text in [texts[-1], *texts[1:]])
    folder = tmp_path_factory.mktemp("json")
    last = len(values) - 1
    written = changed(folder, "d.jsonl", before.encode(), "y", {0: last})
    assert written == after.encode()


def test_a_class_comes_out_as_the_file_writes_it(tmp_path):
    content = b'x;y\r\n1;"1,0"\r\n"a\n;b";"2.50"\r\n3; 2.5'
    assert changed(tmp_path, "a.csv", content, "y", {0: 1}) == (
        b'x;y\r\n1;"2.50"\r\n"a\n;b";"2.50"\r\n3; 2.5'
    )
    assert changed(tmp_path, "a.csv", content, "y", {1: 2}, [False, True, True]) == (
        b'x;y\r\n"a\n;b"; 2.5\r\n3; 2.5'
    )


@pytest.mark.parametrize(
    "labels",
    [
        pa.array(["a", "b", "a", "c", "b"]).dictionary_encode(),
        pa.array([1, 2, 1, 3, 2], pa.int8()),
        pa.array([True, False, True, False, True]),
        pa.array([0.5, 1, 0.5, 2, 1], pa.float32()),
        pa.array(["a", "b", "a", "c", "b"], pa.large_string()),
    ],
    ids=lambda labels: str(labels.type),
)
def test_a_parquet_column_keeps_its_type_and_the_others_their_values(tmp_path, labels):
    table = pa.table({"y.x": list("pqrst"), "y": labels, "z": [[1], [], None, [2], [3]]})
    table = table.replace_schema_metadata({"author": "me"})
    source = tmp_path / "a.parquet"
    pq.write_table(table, source, row_group_size=2)
    keep = np.array([True, True, False, True, True])
    copied = CopiedCells("y", {0: 3, 4: 0})
    for name in ("one", "two"):
        format_of(source).write_subset(source, keep, tmp_path / name, copied)
    written = pq.read_table(tmp_path / "one")
    expected = pc_take(table, [3, 1, 2, 3, 0]).filter(pa.array(keep))
    assert written.schema.equals(pq.read_schema(source), check_metadata=True)
    assert written.to_pylist() == expected.to_pylist()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def pc_take(table, rows):
    """The table whose column y is that of other rows."""
    return table.set_column(1, table.schema.field("y"), table.column("y").take(pa.array(rows)))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b"x,y\n1,a\n2,b\n"), ("a.jsonl", b'{"x": 1, "y": "a"}\n{"x": 2, "y": "b"}\n')],
)
def test_a_column_that_is_not_there_is_refused_and_nothing_is_written(tmp_path, name, content):
    with pytest.raises(FinineError, match="has no column 'z'"):
        changed(tmp_path, name, content, "z", {0: 1})
    with pytest.raises(ValueError, match="left out"):
        changed(tmp_path, name, content, "y", {0: 1}, [False, True])
    with pytest.raises(ValueError, match="has 2 rows"):
        changed(tmp_path, name, content, "y", {0: 2})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.csv", b"x;y\n1.50;=a\n;\n", [["x", "y"], ["1.50", "=a"], ["", ""]]),
        ("a.jsonl", b'{"x": 1.5}\n{"y": [1]}\n', [["x", "y"], ["1.5", ""], ["", "[1]"]]),
    ],
)
def test_rows_come_as_text(tmp_path, name, content, rows):
    (tmp_path / name).write_bytes(content)
    assert [list(row) for row in format_of(tmp_path / name).text_rows(tmp_path / name)] == rows
