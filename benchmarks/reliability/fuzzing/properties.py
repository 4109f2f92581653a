"""What must hold of the readers for any bytes at all?

Each property takes the bytes of a file, lets finine read them, and compares what comes out with
another reading of the same bytes: Python's `csv` and `json` modules, or the table a damaged file
was made from. A `FinineError` is always an answer; any other exception is a finding. Each gives a
word for what came of it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from finine_core.curation.manifest import read_manifest
from finine_core.errors import FinineError
from finine_core.formats import format_of, read_table
from finine_core.formats.delimited import Delimited
from finine_core.formats.lines.column_types import MISSING_WORDS
from finine_core.formats.lines.encoding import detect_encoding

REFUSED, READ = "refused", "read"
_Content = TypeVar("_Content")


def delimited(content: bytes, folder: Path, name: str = "data.csv") -> str:
    """A table is cell by cell what the `csv` module reads; keeping all rows keeps all bytes."""
    path = folder / name
    raw = _read(path, content, read_table)
    if raw is None:
        return REFUSED
    header, *rows = _by_csv_module(content, path)
    table = raw.table
    assert table.column_names == header
    assert table.num_rows == len(rows)
    for place, name_ in enumerate(header):
        column = table.column(name_)
        for cell, value in zip((row[place] for row in rows), column.to_pylist(), strict=True):
            assert _same(cell, value, column.type), (name_, cell, value)
    form = format_of(path)
    copy = folder / f"copy-{name}"
    form.write_subset(path, np.ones(len(rows), dtype=bool), copy)
    assert copy.read_bytes() == content
    if len(rows) > 1:
        form.write_subset(path, np.arange(len(rows)) > 0, copy)
        try:
            same = list(form.text_rows(copy)) == [header, *rows[1:]]
        except FinineError:
            same = False
        # Where the encoding was a guess, fewer rows may look like another one, or like a mixture:
        # their bytes are as they were all the same.
        assert same or detect_encoding(path).first_not_utf8 is not None
    return READ


def _by_csv_module(content: bytes, path: Path) -> list[list[str]]:
    encoding = detect_encoding(path)
    text = content[encoding.bom :].decode(encoding.codec)
    form = format_of(path)
    assert isinstance(form, Delimited)
    delimiter = form._sniff(path, encoding)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = [fields for fields in lines if fields]
    width = len(rows[0])
    # in a table of several columns a line of spaces is no row
    return [row for row in rows if width == 1 or len(row) > 1 or row[0].strip()]


def _same(cell: str, value: object, kind: pa.DataType) -> bool:
    if pa.types.is_string(kind):
        return cell == (value or "")
    bare = cell.strip()
    if value is None:
        return bare == "" or bare in MISSING_WORDS
    if isinstance(value, bool):
        return bare.lower() == str(value).lower()
    if isinstance(value, int):
        return int(bare) == value
    return isinstance(value, float) and float(bare) == value


def json_lines(content: bytes, folder: Path) -> str:
    """Every value is what the `json` module reads; and lines it reads as rows are not refused."""
    path = folder / "data.jsonl"
    raw = _read(path, content, read_table)
    if raw is None:
        return REFUSED
    encoding = detect_encoding(path)
    text = content[encoding.bom :].decode(encoding.codec)
    lines = [line for line in io.StringIO(text, newline="") if line.strip()]
    rows = [json.loads(line) for line in lines]
    table = raw.table
    assert table.num_rows == len(rows)
    assert set(table.column_names) == {key for row in rows for key in row}
    for name in table.column_names:
        column = table.column(name)
        for row, value in zip(rows, column.to_pylist(), strict=True):
            assert _same_json(row.get(name), value, column.type), (name, row.get(name), value)
    copy = folder / "copy.jsonl"
    format_of(path).write_subset(path, np.ones(len(rows), dtype=bool), copy)
    assert copy.read_bytes() == content
    return READ


def _same_json(given: object, value: object, kind: pa.DataType) -> bool:
    if given is None or (isinstance(given, float) and math.isnan(given)):
        return value is None
    if pa.types.is_string(kind) and not isinstance(given, str):
        if isinstance(given, bool):
            return value == str(given).lower()
        if isinstance(given, int | float):
            return value == repr(given)
        return json.loads(str(value)) == given or "NaN" in str(value)
    if pa.types.is_floating(kind) and isinstance(given, int):
        try:
            return float(given) == value  # beside fractions a whole number is one, too
        except OverflowError:  # beyond 1.8e308
            return value == (math.inf if given > 0 else -math.inf)
    return bool(given == value)


def parquet(content: bytes, folder: Path, original: pa.Table | None = None) -> str:
    """A damaged file is refused or read; "other" when its values are not those it was made of."""
    path = folder / "data.parquet"
    raw = _read(path, content, read_table)
    if raw is None:
        return REFUSED
    table = raw.table
    table.validate(full=True)
    if original is None or not table.equals(original):
        return "read as other values"
    return READ


def manifest(content: bytes, folder: Path) -> str:
    """Any bytes are a manifest that agrees with itself, or refused."""
    path = folder / "manifest.json"
    found = _read(path, content, read_manifest)
    if found is None:
        return REFUSED
    assert len(found.removed_rows) == found.outputs.removed.rows
    assert all(0 <= row < found.input.rows for row in found.removed_rows)
    assert not {"/", "\\", "\0"} & set(found.outputs.cleaned.name + found.input.name)
    return READ


def _read(path: Path, content: bytes, read: Callable[[Path], _Content]) -> _Content | None:
    """What is read of a file of these bytes; None where it is refused, in one line."""
    path.write_bytes(content)
    try:
        return read(path)
    except FinineError as error:
        _one_line(error)
        return None


def _one_line(error: FinineError) -> None:
    """A message is one line of a length that is read, and nothing in it is obeyed by a terminal."""
    text = str(error)
    assert text.strip()
    assert len(text) < 20_000
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in text), repr(text)
