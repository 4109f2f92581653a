"""Excel workbooks (.xlsx): which rows does the first sheet hold, and how are some written again?

Takes a workbook and gives the first sheet's rows with columns of int64, float64, bool or string.
A subset is a workbook with that sheet alone: cells with their values, types and number formats;
formulas stay formulas. What else a workbook may have (other sheets, colours, charts) is not kept.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from finine_core.errors import FinineError, shown
from finine_core.formats.base import Format, RawTable, check_column_names
from finine_core.formats.subset import Subset
from finine_core.formats.values import number_text
from finine_core.formats.workbook.sheet import (
    ERROR,
    Cells,
    count_marks,
    damage_told,
    filled_rows,
    opened,
    sheet_to_read,
)

KEPT_NOTE = (
    "Of an Excel workbook, an export keeps this sheet's cells with their types and number formats; "
    "other sheets, colours, widths, merged cells, comments and charts are left out."
)
_BLANK = object()  # a cell that has a value, and one that counts as missing: #N/A and the like


@dataclass(frozen=True)
class Excel(Format):
    """Excel workbooks of the present format.

    Examples:
        >>> import tempfile, openpyxl
        >>> book = openpyxl.Workbook()
        >>> for row in [("x", "label"), (1.5, "cat"), (2, "dog")]:
        ...     book.active.append(row)
        >>> path = Path(tempfile.mkdtemp()) / "a.xlsx"
        >>> book.save(path)
        >>> EXCEL.read(path).table.to_pydict()
        {'x': [1.5, 2.0], 'label': ['cat', 'dog']}
    """

    name: str = "Excel"
    suffixes: tuple[str, ...] = (".xlsx",)

    def read(self, path: Path) -> RawTable:
        """Read the first sheet that has cells; its first row names the columns.

        Dates become ISO text, errors such as #N/A and formulas without a stored value are missing.

        Raises:
            FinineError: the file is no workbook or damaged, has no rows, doubled column names, a
                column without a name, or is too large once it is unpacked.
        """
        with opened(path, computed=True) as book:
            sheet, several = sheet_to_read(book, path)
            rows = filled_rows(sheet, path)
            names = _names(next(rows)[1])
            columns: list[list[Any]] = [[] for _ in names]
            lines = []
            for number, row in rows:
                lines.append(number)
                for place, cell in enumerate(row):
                    if place >= len(columns):  # a row that is longer than the header
                        names.append("")
                        columns.append([None] * (len(lines) - 1))
                    columns[place].append(_BLANK if cell.data_type == ERROR else cell.value)
                for column in columns[len(row) :]:
                    column.append(None)
            marks = count_marks(sheet)
        kept = [
            place
            for place, column in enumerate(columns)
            if names[place] or any(value is not None for value in column)
        ]
        names = [names[place] for place in kept]
        check_column_names(names, path)
        if not lines:
            raise FinineError(f"{path.name} has a header but no rows.", "Choose a file with rows.")
        notes = [one for one in (several, *_marks_notes(marks)) if one]
        typed = []
        for name, place in zip(names, kept, strict=True):
            column, told = _typed(name, columns[place])
            typed.append(column)
            notes += told
            columns[place] = []  # the objects are no longer needed
        table = pa.table(typed, names=names)
        return RawTable(table, (*notes, KEPT_NOTE), np.array(lines, dtype=np.int64))

    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """The rows below the header, as a workbook of one sheet.

        A changed cell gets the value and number format of the other row's.
        """
        from finine_core.formats.workbook.writing import write_rows

        with damage_told(source):
            write_rows(source, subset, destination)


def _names(row: Cells) -> list[str]:
    return ["" if cell.value is None else _text(cell.value) for cell in row]


def _marks_notes(marks: dict[str, int]) -> list[str]:
    notes = []
    if marks["formulas"]:
        count = marks["formulas"]
        cells, values = (
            ("1 cell holds a formula", "the value stored in it was")
            if count == 1
            else (f"{count:,} cells hold formulas", "the values stored in them were")
        )
        notes.append(
            f"{cells}; {values} read, and none where the workbook was never computed. An export "
            "keeps formulas, without values until a spreadsheet program opens and saves it."
        )
    if marks["merged"]:
        areas = "1 merged area" if marks["merged"] == 1 else f"{marks['merged']:,} merged areas"
        notes.append(f"The sheet has {areas}: only the first cell of each has a value.")
    return notes


def _typed(name: str, values: list[Any]) -> tuple[pa.Array, list[str]]:
    """A column's values in the one type that holds them all."""
    errors = sum(value is _BLANK for value in values)
    notes = []
    if errors:
        cells = "1 error (such as #N/A)" if errors == 1 else f"{errors:,} errors (such as #N/A)"
        notes.append(f"Column {shown(name)}: {cells} read as missing.")
        values = [None if value is _BLANK else value for value in values]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        kind = pa.bool_() if kinds else pa.string()
        return pa.array(values, kind), notes
    if kinds <= {int, float}:
        try:
            return pa.array(values, pa.int64() if kinds == {int} else pa.float64()), notes
        except (pa.ArrowInvalid, OverflowError):
            notes.append(
                f"Column {shown(name)} has integers of more than 64 bits; it was read as text."
            )
    elif str in kinds and kinds & {int, float, bool}:
        row = next(row for row, value in enumerate(values) if isinstance(value, str))
        notes.append(
            f"Column {shown(name)} mixes texts with numbers; it was read as text (the first text "
            f"is {shown(values[row])} in row {row})."
        )
    texts = [None if value is None or value == "" else _text(value) for value in values]
    return pa.array(texts, pa.string()), notes


def _text(value: object) -> str:
    """A cell's value as a person writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return str(value)


EXCEL = Excel()
