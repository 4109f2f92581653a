"""Some rows of an Excel sheet, in a workbook of their own.

Takes the workbook, which rows stay, and which cells take over another row's; writes the same bytes
whenever it is asked the same. Texts that begin like a formula stay texts, and formulas stay
formulas, their references moved along with their row as a spreadsheet program does.
"""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter

from finine_core.files import write_atomically
from finine_core.formats.subset import CopiedCells, Subset
from finine_core.formats.workbook.sheet import FORMULA, filled_rows, opened, sheet_to_read

# The earliest time that zip knows: a workbook that says when it was written is never the same.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_WRITTEN_AT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
_FIXED_TIME = rb"\g<1>1980-01-01T00:00:00Z"


def write_rows(source: Path, subset: Subset, destination: Path) -> None:
    """Write the header and the rows that are kept.

    Raises:
        FinineError: the sheet has another number of rows, or not the column to change.
    """
    keep, copied = subset.keep, subset.copied
    changed: Mapping[tuple[int, int], Any] = {}
    if copied is not None:
        subset.check_copies(source)
        changed = _changed_cells(source, copied)
    with opened(source, computed=False) as book:
        sheet, _ = sheet_to_read(book, source)
        written = Workbook(write_only=True)
        written.epoch = book.epoch  # whether dates count from 1900 or 1904
        page = written.create_sheet(sheet.title)
        rows = filled_rows(sheet, source)
        _, header = next(rows)
        page.append([_again(cell, page, 1) for cell in header])
        count, line = 0, 1
        for _, row in rows:
            if count < len(keep) and keep[count]:
                line += 1
                page.append(
                    [
                        _again(changed.get((count, place), cell), page, line)
                        for place, cell in enumerate(row)
                    ]
                )
            count += 1
        content = BytesIO()
        written.save(content)
    subset.check_fits(count, source)
    _pack(content, destination)


def _changed_cells(source: Path, copied: CopiedCells) -> Mapping[tuple[int, int], Any]:
    """The cells to write instead, by row and column; of a formula, the value it had."""
    wanted = set(copied.from_row.values())
    with opened(source, computed=True) as book:
        sheet, _ = sheet_to_read(book, source)
        rows = filled_rows(sheet, source)
        _, header = next(rows)
        names = ["" if cell.value is None else str(cell.value) for cell in header]
        place = copied.place_in(names, source)
        cells = {row: cells[place] for row, (_, cells) in enumerate(rows) if row in wanted}
    return {(row, place): cells[origin] for row, origin in copied.from_row.items()}


def _again(cell: Any, page: Any, line: int) -> Any:
    """A cell as it was, at the same place in another row; None for an empty one."""
    if cell.value is None:
        return None
    value = cell.value
    if cell.data_type == FORMULA:
        value = _moved(value, cell, line)
    again = WriteOnlyCell(page, value)
    again.data_type = cell.data_type  # else a text that begins with = would become a formula
    again.number_format = cell.number_format
    return again


def _moved(formula: Any, cell: Any, line: int) -> Any:
    letter = get_column_letter(cell.column)
    origin, place = f"{letter}{cell.row}", f"{letter}{line}"
    if isinstance(formula, str):
        return Translator(formula, origin).translate_formula(place)
    moved = copy.copy(formula)  # of several cells: where they are is moved, too
    moved.ref = Translator(f"={formula.ref}", origin).translate_formula(place)[1:]
    if isinstance(getattr(formula, "text", None), str):
        moved.text = Translator(formula.text, origin).translate_formula(place)
    return moved


def _pack(content: BytesIO, destination: Path) -> None:
    """The workbook's parts, packed so that equal ones give equal bytes."""
    with (
        zipfile.ZipFile(content) as parts,
        write_atomically(destination) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for part in parts.infolist():
            entry = zipfile.ZipInfo(part.filename, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            text = parts.read(part)
            if part.filename == "docProps/core.xml":
                text = _WRITTEN_AT.sub(_FIXED_TIME, text)
            archive.writestr(entry, text)
