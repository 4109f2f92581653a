"""Which cells would a spreadsheet run as a formula, and how is the data opened there safely?

A spreadsheet takes a cell that begins with = + - @, their full-width forms, a tab or a line break
for a formula (the list is OWASP's; a cell of several lines is judged by its first sign), also when
it came from a text file: it shows something else than the data, and may fetch or send something.
The copy made here has an apostrophe before such cells. It is for looking; the faithful file beside
it is the data.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from finine_core.files import write_atomically
from finine_core.formats import format_of

SPREADSHEET_NAME = "cleaned_for_spreadsheets.csv"
BEGINS_LIKE_A_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
# Signs and digits alone compute nothing, so -3.5, +49 and -1,5 % stay what they are.
NUMBER = r"^[+-]?([0-9]+([.,][0-9]+)*|[.,][0-9]+)([eE][+-]?[0-9]+)? ?%?$"
_BEGINS, _NUMBER = re.compile(BEGINS_LIKE_A_FORMULA), re.compile(NUMBER)


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would read the cell as a formula.

    Examples:
        >>> [is_formula(cell) for cell in ("=1+1", "@me", "＝1+1", "-3.5", "+1e5", "a=b", "")]
        [True, True, True, False, False, False, False]
    """
    return bool(_BEGINS.match(cell)) and not _NUMBER.fullmatch(cell)


def formula_cells(table: pa.Table) -> int:
    """How many cells of a table, its column names among them, begin like a formula.

    Examples:
        >>> formula_cells(pa.table({"note": ["=1+1", "-3.5", None], "-x": [-1, 2, 3]}))
        2
    """
    found = sum(is_formula(name) for name in table.column_names)
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            begins = pc.match_substring_regex(column, BEGINS_LIKE_A_FORMULA)
            number = pc.match_substring_regex(column, NUMBER)
            found += pc.sum(pc.and_not(begins, number)).as_py() or 0
    return found


def write_spreadsheet_copy(source: Path, destination: Path) -> int:
    """Write a copy of a file for spreadsheets: CSV with commas, UTF-8 with a byte order mark.

    Returns:
        How many cells got an apostrophe before them.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.tsv").write_text("x\\ty\\n-3.5\\t=1+1\\n")
        >>> write_spreadsheet_copy(folder / "a.tsv", folder / "b.csv")
        1
        >>> (folder / "b.csv").read_text(encoding="utf-8-sig").split()
        ['x,y', "-3.5,'=1+1"]
    """
    neutralised = 0
    # Excel knows UTF-8 by the mark only; without it, every accent would be read as two letters.
    with (
        write_atomically(destination) as temporary,
        temporary.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        writer = csv.writer(stream)
        for row in format_of(source).text_rows(source):
            formulas = [is_formula(cell) for cell in row]
            neutralised += sum(formulas)
            writer.writerow(
                f"'{cell}" if formula else cell for cell, formula in zip(row, formulas, strict=True)
            )
    return neutralised
