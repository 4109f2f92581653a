"""Bad inputs: Arrow files and Excel workbooks that are damaged, hostile, or only odd."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa

from benchmarks.reliability.bad_inputs.case import Case, accepted, refused

ZEROS = 1_000_000_000
TABLE = pa.table({"x": [i + 0.5 for i in range(20)], "label": [*"ab"] * 10})
LINES: list[list[object]] = [[i + 0.5, "ab"[i % 2]] for i in range(20)]


def arrow(content: pa.Table, change: Callable[[bytes], bytes] = bytes) -> Callable[[Path], Path]:
    """A maker of an Arrow file whose bytes are then changed."""

    def make(folder: Path) -> Path:
        out = pa.BufferOutputStream()
        with pa.ipc.new_file(out, content.schema) as writer:
            writer.write_table(content)
        path = folder / "data.feather"
        path.write_bytes(change(out.getvalue().to_pybytes()))
        return path

    return make


def zeros(folder: Path) -> Path:
    """10⁹ zeros: some kB on disk, 8 GB in memory."""
    chunk = 50_000_000
    batch = pa.record_batch({"x": np.zeros(chunk, np.int64)})
    path = folder / "data.feather"
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(path, batch.schema, options=options) as writer:
        for _ in range(ZEROS // chunk):
            writer.write_batch(batch)
    return path


def wild_offsets(content: bytes) -> bytes:
    """Places of texts that lie outside of the file."""
    place = content.index(b"".join(i.to_bytes(4, "little") for i in range(1, 8)))
    return content[:place] + b"\xff\xff\xff\x7f" + content[place + 4 :]


def book(
    lines: list[list[object]], change: Callable[[openpyxl.Workbook], object] = id
) -> Callable[[Path], Path]:
    """A maker of a workbook with these lines below the header x, label."""

    def make(folder: Path) -> Path:
        made = openpyxl.Workbook()
        for line in [["x", "label"], *lines]:
            made.active.append(line)
        change(made)
        made.save(folder / "data.xlsx")
        return folder / "data.xlsx"

    return make


def merged(made: openpyxl.Workbook) -> None:
    """Two cells of a feature in one."""
    made.active.merge_cells("A4:A5")


def second_sheet(made: openpyxl.Workbook) -> None:
    """Another sheet with cells."""
    made.create_sheet("more").append(["y"])


def cut(content: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """The same file without its second half."""

    def make(folder: Path) -> Path:
        path = content(folder)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    return make


def replaced(part: str, text: bytes | Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """A workbook one part of which holds something else."""

    def make(folder: Path) -> Path:
        path = book(LINES)(folder)
        packed = io.BytesIO(path.read_bytes())
        with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w", 8) as new:
            for name in old.namelist():
                content = old.read(name)
                if name == part:
                    content = text(content) if callable(text) else text
                new.writestr(name, content)
        return path

    return make


def bomb(folder: Path) -> Path:
    """A sheet of 3 GB of spaces, 3 MB on disk."""
    path = book(LINES)(folder)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet2.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(3 * 1024):
            part.write(b" " * 1024**2)
    return path


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "%s">
<!ENTITY c "%s"><!ENTITY d "%s">]><worksheet><sheetData><row r="1"><c r="A1" t="str"><v>&d;</v></c>
</row></sheetData></worksheet>""" % (b"&a;" * 1000, b"&b;" * 1000, b"&c;" * 1000)

CASES: list[Case] = [
    refused("Feather, cut off", cut(arrow(TABLE)), "Arrow", "complete"),
    refused("Feather, empty", arrow(TABLE, lambda _: b""), "is empty"),
    refused("Feather of the first version", arrow(TABLE, lambda _: b"FEA1" * 9), "earlier version"),
    refused("Feather without rows", arrow(TABLE.slice(0, 0)), "no rows"),
    refused("Feather with places outside of it", arrow(TABLE, wild_offsets), "Arrow"),
    refused(
        "Feather with a column name twice",
        arrow(pa.table([[1.5], [2.5]], names=["x", "x"])),
        "'x' is used 2 times",
    ),
    refused("a Feather bomb: 10⁹ zeros", zeros, "7.5 GB", "limit", alone=True),
    refused("Excel, cut off", cut(book(LINES)), "Excel workbook"),
    refused("Excel without cells", book([], lambda made: made.active.delete_rows(1)), "no sheet"),
    refused("Excel with a header only", book([]), "no rows"),
    refused("Excel without a sheet inside", replaced(SHEET, b"no XML"), "Excel workbook"),
    refused("Excel with entities that multiply", replaced(SHEET, LAUGHS), "Excel workbook"),
    refused(
        "Excel with a cell in row 2 000 000 000",
        replaced(SHEET, lambda xml: xml.replace(b'<row r="9"', b'<row r="2000000000"')),
        "below row",
    ),
    refused("Excel with a column without a name", book([[1, "a", 3], *LINES]), "has no name"),
    refused("an Excel bomb", bomb, "3.0 GB", "limit", alone=True),
    accepted("Excel with formulas", book([["=1+1", "a"], *LINES]), "1 cell holds a formula"),
    accepted("Excel with errors", book([["#N/A", "a"], *LINES]), "1 error (such as #N/A)"),
    accepted("Excel with merged cells", book(LINES, merged), "1 merged area"),
    refused(
        "Excel with a date among numbers",
        book([[date(2026, 1, 2), "a"], *LINES]),
        "No column is left",
    ),
    accepted("Excel with two sheets", book(LINES, second_sheet), "first of 2"),
]
