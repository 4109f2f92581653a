"""JSON Lines: which rows does a file with one JSON object per line hold?

Takes such a file and gives its rows as a table whose columns are the keys of all rows together,
in order of first appearance; a key a row lacks is missing there, and nested values become JSON
text. A subset is the original file minus the lines of the removed rows.
"""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.errors import FinineError, shown
from finine_core.formats.base import (
    CHUNK_ROWS,
    Format,
    RawTable,
    check_cells,
    check_column_names,
    check_width,
    nan_note,
)
from finine_core.formats.lines.encoding import detect_encoding
from finine_core.formats.lines.json_line import row_of, value_span
from finine_core.formats.lines.rewriting import Span, edits_of, write_edited
from finine_core.formats.lines.text_lines import Lines, open_lines
from finine_core.formats.subset import Subset

# Rows of one kind share their keys. With more keys than a table has columns, and less than one cell
# in a hundred filled, keys are ids by mistake; such a table grows with the square of its rows.
MANY_KEYS, SMALLEST_FILL = 1_000, 0.01


@dataclass
class _Column:
    """What was seen of one key so far: its values as text, per chunk, and their JSON types."""

    chunks: list[pa.Array | None]
    kinds: set[str]
    nan: int = 0


@dataclass(frozen=True)
class JsonLines(Format):
    """Files with one JSON object per line.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.jsonl"
        >>> _ = path.write_text('{"text": "one", "label": 1}\\n\\n{"label": 0, "tags": ["x"]}\\n')
        >>> JSON_LINES.read(path).table.to_pydict()
        {'text': ['one', None], 'label': [1, 0], 'tags': [None, '["x"]']}
    """

    name: str = "JSON Lines"
    suffixes: tuple[str, ...] = (".jsonl", ".ndjson")

    def read(self, path: Path) -> RawTable:
        """Read all rows with typed columns; a column of mixed types becomes text, with a note.

        Raises:
            FinineError: a line is not a JSON object (the line is named), or no line is.
        """
        encoding = detect_encoding(path)
        columns: dict[str, _Column] = {}
        lengths: list[int] = []  # rows per chunk
        rows: list[dict[str, object]] = []
        starts = array("q")  # the line of each row
        keys: set[str] = set()
        values = 0
        where = ""
        with open_lines(path, encoding) as lines:
            start = lines.offset
            for line in lines:
                if line.strip():
                    row = row_of(line, path, lines.number)
                    rows.append(row)
                    starts.append(lines.number)
                    values += len(row)
                    if not keys.issuperset(row):
                        keys.update(row)
                        _check_keys(len(keys), values, starts, path)
                offending = encoding.first_not_utf8
                if offending is not None and start <= offending < lines.offset:
                    where = f"line {lines.number} of the file"
                start = lines.offset
                if len(rows) == CHUNK_ROWS:
                    check_cells(len(starts) * len(keys), path)
                    _flush(rows, columns, lengths)
                    rows = []
        if rows:
            _flush(rows, columns, lengths)
        if not lengths:
            raise FinineError(f"{path.name} is empty.", "Each line must be one JSON object.")
        if not columns:
            raise FinineError(
                f"{path.name}: no row has any key.", "Each line must be an object with its columns."
            )
        check_column_names(list(columns), path)
        notes = [encoding.note(where)] if where else []
        arrays = []
        for name, column in columns.items():
            text = pa.chunked_array(_padded(column.chunks, lengths), pa.string())
            typed, note = _typed(name, text, column)
            arrays.append(typed)
            notes += [note] if note else []
        return RawTable(pa.table(arrays, names=list(columns)), tuple(notes), np.asarray(starts))

    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """The original bytes without the lines of the rows that are left out.

        A changed value gets the characters of the other row's value, and keeps its key, its place
        and the spaces around it.
        """
        encoding = detect_encoding(source)

        def value(row: Span) -> Span:
            column = subset.copied.column if subset.copied else ""
            return value_span(source, row, column, encoding.codec)

        with open_lines(source, encoding) as lines:
            edits = edits_of(source, _spans(lines), subset, value)
        write_edited(source, edits, destination)


def _spans(lines: Lines) -> Iterator[Span]:
    """The bytes of each row: of each line that is not blank."""
    start = lines.offset
    for line in lines:
        if line.strip():
            yield start, lines.offset
        start = lines.offset


def _check_keys(keys: int, values: int, starts: array[int], path: Path) -> None:
    """Refuse rows that share hardly any key: such a table is wide, and empty nearly everywhere."""
    check_width(keys, path)
    if keys > MANY_KEYS and values < SMALLEST_FILL * keys * len(starts):
        raise FinineError(
            f"{path.name}: the first {len(starts):,} rows have {keys:,} different keys (line "
            f"{starts[-1]} brings the last one), and a row has {values / len(starts):.1f} of them.",
            "Keys are column names: put ids and dates into values.",
        )


def _flush(rows: list[dict[str, object]], columns: dict[str, _Column], lengths: list[int]) -> None:
    """Turn a chunk of rows into one text array per key; keys seen earlier get nulls."""
    for row in rows:
        for key in row:
            if key not in columns:
                # None stands for a chunk before the key first appeared; see _padded.
                columns[key] = _Column([None] * len(lengths), set())
    for key, column in columns.items():
        texts = [_as_text(row.get(key), column) for row in rows]
        column.chunks.append(pa.array(texts, pa.string()))
    lengths.append(len(rows))


def _as_text(value: object, column: _Column) -> str | None:
    """The value as text that its type's Arrow cast reads back exactly; remember its type."""
    if value is None:
        return None
    if isinstance(value, str):
        column.kinds.add("text")
        return value
    if isinstance(value, bool):
        column.kinds.add("bool")
        return "true" if value else "false"
    if isinstance(value, int):
        column.kinds.add("int")
        return str(value)
    if isinstance(value, float):
        if math.isnan(value):
            column.nan += 1
            return None
        column.kinds.add("float")
        return repr(value)
    column.kinds.add("nested")
    return json.dumps(value, ensure_ascii=False)


def _padded(chunks: list[pa.Array | None], lengths: list[int]) -> list[pa.Array]:
    return [
        pa.nulls(length, pa.string()) if chunk is None else chunk
        for chunk, length in zip(chunks, lengths, strict=True)
    ]


def _typed(name: str, text: pa.ChunkedArray, column: _Column) -> tuple[pa.ChunkedArray, str | None]:
    note = None
    if column.nan:
        note = nan_note(name, column.nan)
    if column.kinds == {"bool"}:
        return pc.equal(text, "true"), note
    if column.kinds == {"int"}:
        try:
            return text.cast(pa.int64()), note
        except pa.ArrowInvalid:
            return (
                text,
                f"Column {shown(name)} has integers of more than 64 bits; it was read as text.",
            )
    if column.kinds in ({"float"}, {"int", "float"}):
        return text.cast(pa.float64()), note
    if len(column.kinds) > 1:
        mixed = " and ".join(sorted(column.kinds))
        note = f"Column {shown(name)} mixes {mixed} values; it was read as text."
    return text, note


JSON_LINES = JsonLines()
