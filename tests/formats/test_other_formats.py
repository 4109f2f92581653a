"""JSON Lines, Parquet, and how a format is chosen."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finine_core.errors import FinineError
from finine_core.formats import format_of, read_table


def jsonl(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- choice -------------------------------------------------------------------------------------


def test_an_unknown_ending_names_the_known_ones():
    with pytest.raises(FinineError, match=r"'\.ods' are not supported.*\.csv.*\.parquet"):
        format_of(Path("a.ods"))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FinineError, match=r"There is no file .*nothing\.csv"):
        read_table(tmp_path / "nothing.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FinineError, match="is a folder"):
        read_table(tmp_path / "folder.csv")


# --- JSON Lines ---------------------------------------------------------------------------------


def test_keys_of_all_rows_are_united_across_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("finine_core.formats.jsonlines.CHUNK_ROWS", 2)
    path = jsonl(tmp_path, '{"a": 1}\n{"a": 2}\n\n{"b": true}\n{"a": 0.5}\n{"c": [1, {"d": "é"}]}')
    table = read_table(path).table
    assert table.to_pydict() == {
        "a": [1.0, 2.0, None, 0.5, None],
        "b": [None, None, True, None, None],
        "c": [None, None, None, None, '[1, {"d": "é"}]'],
    }


def test_json_types_are_kept_and_mixed_ones_become_text_with_a_note(tmp_path):
    path = jsonl(tmp_path, '{"id": "007", "x": 1, "n": NaN}\n{"id": "8", "x": "b", "n": 1.5}\n')
    raw = read_table(path)
    assert raw.table.to_pydict() == {"id": ["007", "8"], "x": ["1", "b"], "n": [None, 1.5]}
    assert raw.notes == (
        "Column 'x' mixes int and text values; it was read as text.",
        "Column 'n': NaN in 1 row was read as missing.",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n\n{"a": \n', "line 3 is not JSON"),
        ('[{"a": 1}]\n', "line 1 is a list, not a JSON object"),
        ("3\n", "line 1 is a single value"),
        ('{"a": 1, "a": 2}\n', "line 1 cannot be read (the key 'a' is used twice"),
        ('{"": 1}\n', "has no name"),
        ("", "is empty"),
        ("{}\n", "no row has any key"),
        ('{"a": "\\ud800"}\n', "surrogate"),
        ("[" * 100_000 + "\n", "line 1 is nested too deep"),
    ],
)
def test_a_bad_json_line_is_named(tmp_path, content, message):
    with pytest.raises(FinineError) as caught:
        read_table(jsonl(tmp_path, content))
    assert message in str(caught.value)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(['{"a":1}\n', '{ "a" : "é\u2028" }\r\n', "\n", '{"b":null}\r']), min_size=1
    ),
    st.randoms(use_true_random=False),
)
def test_a_json_subset_is_the_original_lines(tmp_path_factory, lines, random):
    folder = tmp_path_factory.mktemp("jsonl")
    marks = [random.random() < 0.5 for _ in lines]
    source = jsonl(folder, "".join(lines))
    if "\r\n" in "".join(f"{a[-1]}{b[0]}" for a, b in pairwise(lines)):
        return  # a lone \r before a blank line reads as one line end
    keep = np.array([m for m, line in zip(marks, lines, strict=True) if line.strip()], dtype=bool)
    kept = [x for m, x in zip(marks, lines, strict=True) if m or not x.strip()]
    format_of(source).write_subset(source, keep, folder / "out.jsonl")
    assert (folder / "out.jsonl").read_bytes() == "".join(kept).encode()


# --- Parquet ------------------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path):
    schema = pa.schema(
        [
            pa.field("small", pa.int8(), metadata={b"unit": b"kg"}),
            pa.field("word", pa.dictionary(pa.int32(), pa.string())),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("x", pa.float32()),
        ],
        metadata={b"author": b"me"},
    )
    table = pa.table(
        {
            "small": pa.array([1, 2, 3, 4, 5], pa.int8()),
            "word": pa.array(["a", "b", "a", None, "b"]).dictionary_encode(),
            "tags": [["p"], [], None, ["q", "r"], ["s"]],
            "x": pa.array([0.5, float("nan"), None, 1, 2], pa.float32()),
        },
        schema=schema,
    )
    path = tmp_path / "data.parquet"
    pq.write_table(table, path, row_group_size=2, compression="zstd")
    return path


def test_parquet_columns_come_in_the_common_types(parquet):
    raw = read_table(parquet)
    assert [str(kind) for kind in raw.table.schema.types] == ["int64", "string", "string", "double"]
    assert raw.table["tags"].to_pylist() == ['["p"]', "[]", None, '["q", "r"]', '["s"]']
    assert raw.table["x"].to_pylist() == [0.5, None, None, 1.0, 2.0]
    assert raw.notes == ("Column 'x': NaN in 1 row was read as missing.",)


def test_a_parquet_subset_keeps_schema_metadata_compression_and_row_groups(parquet, tmp_path):
    keep = np.array([True, False, False, False, True])
    out = tmp_path / "out.parquet"
    format_of(parquet).write_subset(parquet, keep, out)
    before, after = pq.ParquetFile(parquet), pq.ParquetFile(out)
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    assert after.read().equals(before.read().filter(pa.array(keep)))
    assert [after.metadata.row_group(i).num_rows for i in range(after.num_row_groups)] == [1, 1]
    assert after.metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_same_parquet_subset_has_the_same_bytes(parquet, tmp_path):
    keep = np.array([True, True, False, True, True])
    for name in ("one.parquet", "two.parquet"):
        format_of(parquet).write_subset(parquet, keep, tmp_path / name)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_file_that_is_not_parquet_is_refused(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"text,label\n1,2\n")
    with pytest.raises(FinineError, match=r"a\.parquet cannot be read as Parquet"):
        read_table(tmp_path / "a.parquet")


def test_a_parquet_file_without_rows_is_refused(tmp_path):
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "a.parquet")
    with pytest.raises(FinineError, match="no rows"):
        read_table(tmp_path / "a.parquet")
