"""CSV and TSV: values are read right, and a subset keeps every byte of every kept row."""

import csv
import io
import random
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finine_core.errors import FinineError
from finine_core.formats import format_of, read_table
from finine_core.formats.lines.encoding import first_undecodable

BOMS = {
    "utf-8": b"",
    "utf-8-sig": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
}
SECONDS_FOR_100K_ROWS = 20  # takes about 2 s; the margin is for busy machines


def write(tmp_path: Path, content: bytes | str, name: str = "data.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def error_of(path: Path) -> str:
    with pytest.raises(FinineError) as caught:
        read_table(path)
    return str(caught.value)


# --- byte identity ------------------------------------------------------------------------------

FIELD = st.text(alphabet='ab ",;\t|\n\ré\u2028\x85\U0001f600=', max_size=8)


@st.composite
def generated_files(draw):
    """A file in pieces: BOM + header, [(bytes, fields or None for a blank line)], keep, name."""
    codec = draw(st.sampled_from(list(BOMS)))
    encoding = codec.removesuffix("-sig")
    name, delimiter = draw(
        st.sampled_from([("d.csv", ","), ("d.csv", ";"), ("d.csv", "|"), ("d.tsv", "\t")])
    )
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    one_end = draw(st.one_of(st.none(), ends))  # None: line ends are mixed within the file
    width = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(FIELD, min_size=width, max_size=width), min_size=1, max_size=8))

    def line(fields):
        def quoted(field):
            needed = any(c in field for c in '",;\t|\n\r') or draw(st.booleans())
            return '"' + field.replace('"', '""') + '"' if needed else field

        return delimiter.join(quoted(f) for f in fields) + (one_end or draw(ends))

    header = line([f"column{i}" for i in range(width)])
    pieces = []
    for fields in rows:
        text = line(fields)
        if text.isspace() and delimiter != "\t":
            continue
        pieces.append((text, fields))
        if one_end == "\n" and draw(st.booleans()):
            pieces.append(("\n", None))
    pieces = pieces or [(line(["x"] * width), ["x"] * width)]
    if draw(st.booleans()) and pieces[-1][1] is not None:  # no final newline
        text, fields = pieces[-1]
        stripped = text[:-2] if text.endswith("\r\n") else text[:-1]
        pieces[-1] = (stripped, fields)
    encoded = [(text.encode(encoding), fields) for text, fields in pieces]
    count = sum(fields is not None for _, fields in pieces)
    keep = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return BOMS[codec] + header.encode(encoding), encoded, keep, name


@settings(max_examples=300, deadline=None)
@given(generated_files())
def test_a_subset_is_the_original_bytes_without_the_removed_rows(tmp_path_factory, generated):
    head, pieces, keep, name = generated
    folder = tmp_path_factory.mktemp("bytes")
    source = write(folder, head + b"".join(piece for piece, _ in pieces), name)
    marks = iter(keep)
    expected = head + b"".join(p for p, fields in pieces if fields is None or next(marks))
    format_of(source).write_subset(source, np.array(keep, dtype=bool), folder / f"out-{name}")
    assert (folder / f"out-{name}").read_bytes() == expected


@settings(max_examples=150, deadline=None)
@given(generated_files())
def test_values_are_read_as_they_were_written(tmp_path_factory, generated):
    head, pieces, _, name = generated
    source = write(
        tmp_path_factory.mktemp("values"), head + b"".join(piece for piece, _ in pieces), name
    )
    table = read_table(source).table
    read = [["" if v is None else v for v in row.values()] for row in table.to_pylist()]
    assert read == [fields for _, fields in pieces if fields is not None]


def test_a_latin_1_file_keeps_its_bytes(tmp_path):
    source = write(tmp_path, b"t,y\r\ncaf\xe9,1\r\nna\xefve\x81,2\r\n")
    format_of(source).write_subset(source, np.array([False, True]), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == b"t,y\r\nna\xefve\x81,2\r\n"


def test_removing_every_row_leaves_the_header(tmp_path):
    source = write(tmp_path, "t,y\na,1\n")
    format_of(source).write_subset(source, np.array([False]), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == b"t,y\n"


def test_a_mask_of_another_length_is_refused_and_nothing_is_written(tmp_path):
    source = write(tmp_path, "t,y\na,1\nb,2\n")
    with pytest.raises(FinineError, match=r"has 2 rows, but the decisions are about 3"):
        format_of(source).write_subset(source, np.ones(3, dtype=bool), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    rows = [["text", "label"], ["one, two; three | four", "a"], ["x", "b"]]
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    table = read_table(write(tmp_path, stream.getvalue())).table
    assert table.to_pylist() == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_a_tsv_file_may_contain_more_commas_than_tabs(tmp_path):
    table = read_table(write(tmp_path, "a,b,c\td\n1,2,3\t4\n", "x.tsv")).table
    assert table.column_names == ["a,b,c", "d"]


def test_columns_get_types_from_all_of_their_values(tmp_path):
    content = "i,f,b,zip,huge,s\n1,1,true,007,99999999999999999999,x\n,2.5,False,12,3,\n"
    table = read_table(write(tmp_path, content)).table
    assert [str(kind) for kind in table.schema.types] == [
        "int64", "double", "bool", "string", "string", "string",
    ]  # fmt: skip
    assert table.to_pydict() == {
        "i": [1, None],
        "f": [1.0, 2.5],
        "b": [True, False],
        "zip": ["007", "12"],
        "huge": ["99999999999999999999", "3"],
        "s": ["x", None],
    }


def test_a_type_may_be_decided_by_the_last_row_of_a_later_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr("finine_core.formats.delimited.CHUNK_ROWS", 3)
    rows = "".join(f"{i}\n" for i in range(10))
    assert str(read_table(write(tmp_path, "x\n" + rows)).table.schema.types[0]) == "int64"
    table = read_table(write(tmp_path, "x\n" + rows + "A7\n")).table
    assert table["x"].to_pylist()[-2:] == ["9", "A7"]


def test_missing_words_in_a_number_column_are_missing_and_said_so(tmp_path):
    raw = read_table(write(tmp_path, "x,s\n1,nan\nNA,None\nnan,a\n"))
    assert raw.table.to_pydict() == {"x": [1, None, None], "s": ["nan", "None", "a"]}
    assert raw.notes == ("Column 'x': 2 values such as 'NA' were read as missing.",)


def test_a_slip_in_a_number_column_is_noted_with_its_row(tmp_path):
    raw = read_table(write(tmp_path, "x\n" + "1\n" * 20 + "1O\n"))
    assert "the first is '1O' in row 20" in raw.notes[0]


def test_bytes_that_are_not_utf8_are_noted_with_their_row(tmp_path):
    raw = read_table(write(tmp_path, b"t,y\nplain,1\ncaf\xe9,2\n"))
    assert raw.table["t"].to_pylist() == ["plain", "café"]
    assert "row 1" in raw.notes[0]
    assert "cp1252" in raw.notes[0]


def test_an_offending_byte_is_found_behind_a_character_cut_by_a_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr("finine_core.formats.lines.encoding.HASH_CHUNK", 4)
    assert first_undecodable(write(tmp_path, "abcé€x".encode() + b"\xff"), "utf-8") == 9
    assert first_undecodable(write(tmp_path, b"abc\xc3(def"), "utf-8") == 3
    assert first_undecodable(write(tmp_path, b"abcdef\xc3"), "utf-8") == 6


def test_lines_of_white_space_are_no_rows_but_stay_in_a_subset(tmp_path):
    source = write(tmp_path, "t,y\na,1\n  \n\nb,2\n")
    assert read_table(source).table["t"].to_pylist() == ["a", "b"]
    format_of(source).write_subset(source, np.array([False, True]), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == b"t,y\n  \n\nb,2\n"


def test_a_very_long_field_is_read(tmp_path):
    text = "word " * 100_000
    assert read_table(write(tmp_path, f"t,y\n{text},1\n")).table["t"][0].as_py() == text


def test_a_hundred_thousand_rows_are_read_in_seconds(tmp_path):
    random_ = random.Random(0)
    lines = ["a,b,c,d,e,f,g,h,i,j"]
    for i in range(100_000):
        x = random_.random()
        lines.append(f'{i},{x},"some text, number {i}",yes,,{i % 7},{x * 9},true,"q ""q""",z')
    path = write(tmp_path, "\n".join(lines))
    start = time.process_time()
    assert read_table(path).table.shape == (100_000, 10)
    assert time.process_time() - start < SECONDS_FOR_100K_ROWS


# --- errors -------------------------------------------------------------------------------------


def test_a_ragged_row_is_named_with_row_line_and_counts(tmp_path):
    message = error_of(write(tmp_path, 'a,b\n"x\ny",1\n\n1,2,3\n'))
    assert "data.csv: row 1 (line 5 of the file) has 3 fields, the header has 2." in message
    assert "double quotes" in message


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(tmp_path, content):
    assert "data.csv is empty" in error_of(write(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n", "has a header ('a', 'b') but no rows"),
        (b"a,a\n1,2\n", "the column name 'a' is used 2 times"),
        (b",a\n0,1\n", "column 1 of 2 has no name"),
        (b"a,b\n1,\x002\n", "line 2 contains a NUL byte"),
        ("a,b\n1,2\n".encode("utf-16-le"), "contains a NUL byte"),
        (b'a,b\n1,2\n"x,3\n4,5\n', "row 1 (line 3 of the file) has a double quote that is never"),
        (b'a,"b\n', "the header (line 1 of the file) has a double quote that is never closed"),
        (b'a,b\n"x"y,3\n', "row 0 (line 2 of the file) cannot be read"),
        (b"\xef\xbb\xbfa,b\n1,\xff\n", "byte 9 on line 2 (0xff, in Windows-1252 'ÿ') is not UTF-8"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"),
        (b"\xff\xfea\x00,\x00b\x00\n\x001", "byte 10 on line 2 is not utf-16-le"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(tmp_path, content, message):
    assert message in error_of(write(tmp_path, content))


def test_a_quote_that_swallows_the_field_limit_is_called_unclosed(tmp_path, monkeypatch):
    monkeypatch.setattr("finine_core.formats.delimited.FIELD_LIMIT", 1)
    before = csv.field_size_limit(1000)
    try:
        message = error_of(write(tmp_path, 'a,b\n1,"' + "x,y\n" * 1000))
    finally:
        csv.field_size_limit(before)
    assert "never closed" in message
