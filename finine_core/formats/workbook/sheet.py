"""What lies in the cells of an Excel workbook, before it is a table.

Takes a .xlsx file, refuses one that would not fit into memory once unpacked, and gives the rows of
the first sheet that has any cells. Formulas are never computed: the value that the spreadsheet
program stored is read.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from finine_core.errors import FinineError
from finine_core.formats.base import check_width
from finine_core.formats.sources.input_file import beyond_limit, gigabytes, largest_bytes

MAX_ROWS = 1_048_576  # as many as Excel's sheets have; a cell further down is a damaged file's
# A cell is a Python object with its value until its column is made: what that takes, about.
OBJECT_BYTES = 150
CHUNK = 1 << 20
FORMULA, ERROR, TEXT = "f", "e", "s"  # how openpyxl calls the types of a cell
_MARKS = {"formulas": re.compile(rb"<f[ />]"), "merged": re.compile(rb"<mergeCell ")}
_LONGEST_MARK = 16  # letters kept of each chunk, so that no mark is cut in two

Cells = tuple[Any, ...]  # openpyxl's cells of one row, which have no common type


@contextmanager
def opened(path: Path, *, computed: bool) -> Iterator[Any]:
    """The workbook, read row by row.

    Args:
        computed: whether a formula's cell gives its stored value, and not the formula.

    Raises:
        FinineError: the file is no workbook, damaged, or too large when unpacked.
    """
    import openpyxl  # who reads no workbook does not wait for it

    with damage_told(path):
        _check_unpacked(path)
        book = openpyxl.load_workbook(path, read_only=True, data_only=computed, keep_links=False)
        try:
            yield book
        finally:
            book.close()


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Whatever is raised of a damaged workbook, as one line: openpyxl trusts what it reads."""
    from openpyxl.utils.exceptions import InvalidFileException

    damage = (
        zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, KeyError, IndexError,
        ValueError, TypeError, AttributeError, OSError, EOFError, RuntimeError, OverflowError,
    )  # fmt: skip
    try:
        yield
    except FileNotFoundError:
        raise
    except damage as error:
        cause = (str(error).splitlines() or [""])[0].rstrip(".:") or type(error).__name__
        raise FinineError(
            f"{path.name} cannot be read as an Excel workbook ({cause}).",
            "Check that the file is complete; open and save it again, or save the sheet as CSV.",
        ) from None


def sheet_to_read(book: Any, path: Path) -> tuple[Any, str | None]:
    """The first sheet with any cells, and a note when it is not the only one.

    Raises:
        FinineError: there is none.
    """
    filled = [sheet for sheet in book.worksheets if any(_has_cells(row) for row in rows_of(sheet))]
    if not filled:
        raise FinineError(f"{path.name} has no sheet with cells.", "Choose a file with rows.")
    if len(filled) == 1:
        return filled[0], None
    return filled[0], (
        f"The sheet '{filled[0].title}' was read, the first of {len(filled)} that have cells; to "
        "use another, move it to the front."
    )


def rows_of(sheet: Any) -> Iterator[Cells]:
    """All rows of a sheet with their cells, the empty rows between them too.

    Raises:
        ValueError: a cell lies below the last row that Excel has.
    """
    sheet.reset_dimensions()  # what a sheet says of its size is often wrong
    for number, row in enumerate(sheet.iter_rows()):
        if number >= MAX_ROWS:
            raise ValueError(f"a cell lies below row {MAX_ROWS:,}")
        yield row


def filled_rows(sheet: Any, path: Path) -> Iterator[tuple[int, Cells]]:
    """The rows that have a value, each with its number in the sheet, from 1.

    Raises:
        FinineError: they would not fit into memory.
    """
    largest, cells = largest_bytes(), 0
    for number, row in enumerate(rows_of(sheet), start=1):
        if not _has_cells(row):
            continue
        check_width(len(row), path)
        cells += len(row)
        if cells * OBJECT_BYTES > largest:
            raise FinineError(
                f"{path.name} has {cells:,} cells or more, which need "
                f"{gigabytes(cells * OBJECT_BYTES)} to read: beyond the limit of "
                f"{gigabytes(largest)}.",
                beyond_limit(largest),
            )
        yield number, row


def count_marks(sheet: Any) -> dict[str, int]:
    """How many formulas and merged areas a sheet has, counted in its XML."""
    found = dict.fromkeys(_MARKS, 0)
    with sheet.parent._archive.open(sheet._worksheet_path) as stream:
        before = b""
        while chunk := stream.read(CHUNK):
            text = before + chunk
            for name, pattern in _MARKS.items():
                # those that end in the part that was looked at before are counted already
                found[name] += sum(one.end() > len(before) for one in pattern.finditer(text))
            before = text[-_LONGEST_MARK:]
    return found


def _has_cells(row: Cells) -> bool:
    return any(cell.value is not None for cell in row)


def _check_unpacked(path: Path) -> None:
    """Refuse a workbook whose parts unpack to more than the limit; nothing is unpacked for it."""
    if path.stat().st_size == 0:
        raise FinineError(f"{path.name} is empty.", "Choose a file with rows.")
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
    largest = largest_bytes()
    if size > largest:
        raise FinineError(
            f"{path.name} has {gigabytes(size)} of data when unpacked, beyond the limit of "
            f"{gigabytes(largest)}.",
            beyond_limit(largest),
        )
