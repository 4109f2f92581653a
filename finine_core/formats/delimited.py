"""CSV and TSV: which rows does a delimited text file hold, and which bytes is each of them?

One parser serves both questions: the standard library's `csv` reader is fed physical lines one at
a time, so the bytes consumed between two records are exactly the second record's bytes. A subset
is the original file minus the byte ranges of the removed rows; everything kept is untouched.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from finine_core.errors import FinineError
from finine_core.formats.base import (
    CHUNK_ROWS,
    Format,
    RawTable,
    check_cells,
    check_column_names,
    check_width,
)
from finine_core.formats.lines.column_types import typed_column
from finine_core.formats.lines.delimited_cells import cell_span
from finine_core.formats.lines.encoding import TextEncoding, detect_encoding
from finine_core.formats.lines.rewriting import Span, edits_of, write_edited
from finine_core.formats.lines.text_lines import Lines, open_lines, read_span
from finine_core.formats.subset import Subset
from finine_core.formats.values import listed_columns

# Characters in one field. Long documents fit; a quote that is never closed is noticed after this
# much instead of after the whole file.
FIELD_LIMIT = 1 << 24
# Bytes converted to Arrow at a time, beside CHUNK_ROWS: Arrow strings hold 2 GiB per chunk.
CHUNK_BYTES = 1 << 26
# Lines and records the delimiter is judged on: enough to see past a few odd rows, read in ms.
SNIFF_LINES, SNIFF_RECORDS = 1000, 200

DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


class Record(NamedTuple):
    """One record of the file: its fields, its bytes [start, end), the line it begins on."""

    fields: list[str]
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Delimited(Format):
    """A family of delimited text files, with the delimiters that may occur in it.

    Empty fields are missing values. Blank lines are not rows, and stay where they are on export.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_bytes(b'text;label\\r\\n"one; two";1\\r\\nthree;0\\r\\n')
        >>> CSV.read(path).table.to_pydict()
        {'text': ['one; two', 'three'], 'label': [1, 0]}
        >>> CSV.write_subset(path, np.array([True, False]), path)
        >>> path.read_bytes()
        b'text;label\\r\\n"one; two";1\\r\\n'
    """

    name: str
    suffixes: tuple[str, ...]
    delimiters: str

    def read(self, path: Path) -> RawTable:
        """Read all rows with typed columns.

        Raises:
            FinineError: the file is empty or has only a header, a row has another number of
                fields than the header, a quote is never closed, a column name is empty or
                doubled, or the file holds NUL bytes.
        """
        encoding = detect_encoding(path)
        delimiter = self._sniff(path, encoding)
        chunks: list[list[pa.Array]] = []
        rows: list[list[str]] = []
        starts = array("q")  # the line each row begins on
        count, chunk_start, offending_row = 0, 0, None
        offending = encoding.first_not_utf8
        with open_lines(path, encoding) as lines:
            records = _records(path, lines, delimiter)
            names = next(records).fields
            check_width(len(names), path)
            for record in records:
                rows.append(record.fields)
                if offending is not None and record.start <= offending < record.end:
                    offending_row = count
                count += 1
                starts.append(record.line)
                if len(rows) == CHUNK_ROWS or record.end - chunk_start > CHUNK_BYTES:
                    check_cells(count * len(names), path)
                    chunks.append(_columns(rows))
                    rows, chunk_start = [], record.end
        if rows:
            chunks.append(_columns(rows))
        if not chunks:
            raise FinineError(
                f"{path.name} has a header ({listed_columns(names)}) but no rows.",
                "The first line must name the columns; the rows follow it.",
            )
        notes = []
        if offending is not None:
            notes.append(
                encoding.note("header" if offending_row is None else f"row {offending_row}")
            )
        if len(self.delimiters) > 1 and delimiter != self.delimiters[0]:
            notes.append(f"The columns are separated by a {DELIMITER_NAMES[delimiter]}.")
        columns = []
        for position, name in enumerate(names):
            column = pa.chunked_array([chunk[position] for chunk in chunks], pa.string())
            typed, note = typed_column(name, column)
            columns.append(typed)
            notes += [note] if note else []
        return RawTable(pa.table(columns, names=names), tuple(notes), np.asarray(starts))

    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """The original bytes without those of the rows that are left out.

        A changed cell gets the bytes of the other row's cell, quotes and spaces included.
        """
        encoding = detect_encoding(source)
        delimiter = self._sniff(source, encoding)
        with open_lines(source, encoding) as lines:
            records = _records(source, lines, delimiter)
            names = next(records).fields

            def cell(row: Span) -> Span:
                place = subset.copied.place_in(names, source) if subset.copied else 0
                return cell_span(read_span(source, *row), row[0], place, delimiter, encoding.codec)

            rows = ((record.start, record.end) for record in records)
            edits = edits_of(source, rows, subset, cell)
        write_edited(source, edits, destination)

    def text_rows(self, path: Path) -> Iterator[list[str]]:
        """The column names, then every row, with its cells as they are written in the file."""
        encoding = detect_encoding(path)
        delimiter = self._sniff(path, encoding)
        with open_lines(path, encoding) as lines:
            yield from (record.fields for record in _records(path, lines, delimiter))

    def _sniff(self, path: Path, encoding: TextEncoding) -> str:
        """The delimiter under which most of the first records have as many fields as the header."""
        if len(self.delimiters) == 1:
            return self.delimiters
        _allow_long_fields()
        with open_lines(path, encoding) as lines:
            head = list(islice(lines, SNIFF_LINES))
        best, best_score = self.delimiters[0], (0.0, 1)
        for delimiter in self.delimiters:
            widths = [len(r) for r in _lenient(head, delimiter) if r and "".join(r).strip()]
            if widths and widths[0] > 1:
                score = (widths.count(widths[0]) / len(widths), widths[0])
                if score > best_score:
                    best, best_score = delimiter, score
        return best


def _lenient(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    """The first records under a delimiter that may be the wrong one, as far as they parse."""
    try:
        yield from islice(csv.reader(lines, delimiter=delimiter), SNIFF_RECORDS)
    except csv.Error:
        return


def _records(path: Path, lines: Lines, delimiter: str) -> Iterator[Record]:
    """Give the header and then every row, each with its bytes; blank lines are skipped."""
    _allow_long_fields()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    row = -1  # -1 is the header
    while True:
        start, line = lines.offset, lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise _malformed(path, row, line, lines.number, str(error)) from None
        # Besides the empty line, a line of spaces in a file of several columns is no row.
        if not fields or (
            width != 1 and lines.number == line and len(fields) == 1 and lines.last.isspace()
        ):
            continue
        if row < 0:
            check_column_names(fields, path)
            width = len(fields)
        elif len(fields) != width:
            raise FinineError(
                f"{path.name}: row {row} (line {line} of the file) has {len(fields)} "
                f"{'field' if len(fields) == 1 else 'fields'}, the header has {width}.",
                f"A field that contains the delimiter ({DELIMITER_NAMES[delimiter]}) or a line "
                "break must stand in double quotes; correct that line and load the file again.",
            )
        yield Record(fields, start, lines.offset, line)
        row += 1
    if row < 0:
        raise FinineError(
            f"{path.name} is empty.", "The first line must name the columns; the rows follow it."
        )
    if lines.offset != path.stat().st_size:
        raise FinineError(
            f"{path.name} has {path.stat().st_size} bytes, but its lines add up to {lines.offset}.",
            "The file was changed while it was read; load it again.",
        )


def _malformed(path: Path, row: int, first: int, last: int, cause: str) -> FinineError:
    place = "the header" if row < 0 else f"row {row}"
    if "unexpected end of data" in cause or "field larger than field limit" in cause:
        return FinineError(
            f"{path.name}: {place} (line {first} of the file) has a double quote that is never "
            f"closed (looked up to line {last}).",
            'Close the quote, or write a literal one inside a quoted field as "".',
        )
    return FinineError(
        f"{path.name}: {place} (line {first} of the file) cannot be read: {cause}.",
        'Put a field that contains double quotes into quotes and double the inner ones: "".',
    )


def _allow_long_fields() -> None:
    # The limit is global to the process, so it is only ever raised, never put back.
    if csv.field_size_limit() < FIELD_LIMIT:
        csv.field_size_limit(FIELD_LIMIT)


def _columns(rows: list[list[str]]) -> list[pa.Array]:
    return [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]


CSV = Delimited("CSV", (".csv", ".txt"), ",;\t|")
TSV = Delimited("TSV", (".tsv",), "\t")
