"""Bad inputs: files of another kind than their name says, and kinds finine does not read.

None of them is unpacked, loaded or run; the pickle would leave a file behind if it were.
"""

from __future__ import annotations

import gzip
import io
import pickle
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from benchmarks.reliability.bad_inputs.case import Case, refused, rows, written

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def zipped(*names: str) -> bytes:
    """A zip archive with these members, which may lead out of the folder they are unpacked in."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, rows())
    return stream.getvalue()


def bomb() -> bytes:
    """A zip archive of a few kB that unpacks to 10 MB of zeros."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.csv", b"0" * 10_000_000)
    return stream.getvalue()


class _Trap:
    """Unpickled, it would write a file where it lies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str, str], object], tuple[str, str]]:
        return open, (str(self.folder / "the pickle was loaded"), "w")


def pickled(name: str) -> Callable[[Path], Path]:
    """A pickle under this name that leaves a trace when it is loaded."""
    return lambda folder: written(pickle.dumps(_Trap(folder)), name)(folder)


def sqlite(folder: Path) -> Path:
    """A SQLite database named .csv."""
    path = folder / "data.csv"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (x, label)")
    database.close()
    return path


def parquet_as(name: str) -> Callable[[Path], Path]:
    """A Parquet file under another name."""

    def make(folder: Path) -> Path:
        pq.write_table(pa.table({"x": [1, 2], "label": ["a", "b"]}), folder / name)
        return folder / name

    return make


def feather_as(name: str) -> Callable[[Path], Path]:
    """An Arrow file under another name."""

    def make(folder: Path) -> Path:
        pyarrow.feather.write_feather(pa.table({"x": [1], "label": ["a"]}), folder / name)
        return folder / name

    return make


def kind(words: str, content: bytes, name: str, *said: str) -> Case:
    """A file of another kind is refused."""
    return refused(words, written(content, name), *said)


BOOK = zipped("[Content_Types].xml", "xl/workbook.xml")
CASES = [
    kind("an Excel workbook named .csv", BOOK, "data.csv", "Excel", "ends in .xlsx"),
    kind("an old Excel workbook named .csv", XLS, "data.csv", "Excel", "as CSV"),
    kind("an old Excel workbook named .xlsx", XLS, "data.xlsx", "old Excel", "Save it as .xlsx"),
    kind("CSV named .xlsx", rows().encode(), "data.xlsx", "Excel workbook", "zip"),
    kind("a zip archive named .xlsx", zipped("a.csv"), "data.xlsx", "Excel workbook"),
    refused("Feather named .csv", feather_as("data.csv"), "Arrow", ".feather"),
    kind("CSV named .feather", rows().encode(), "data.feather", "Arrow"),
    kind("an old Excel workbook", XLS, "data.xls", ".xls", "as CSV"),
    kind("an OpenDocument sheet", zipped("mimetype"), "data.ods", ".ods", "as CSV"),
    kind("a zip archive named .csv", zipped("a.csv"), "data.csv", "zip archive", "Unpack"),
    kind("a zip archive", zipped("a.csv"), "data.zip", ".zip", "Unpack"),
    kind(
        "a zip archive with paths that lead out",
        zipped("../../x.csv", "/etc/x"),
        "data.zip",
        "../../x.csv",
        "leads out",
    ),
    kind("a zip bomb named .jsonl", bomb(), "data.jsonl", "zip archive"),
    kind("a gzip file named .csv", gzip.compress(rows().encode()), "data.csv", "gzip", "Unpack"),
    kind("a real .csv.gz", gzip.compress(rows().encode()), "data.csv.gz", ".gz", "Unpack"),
    kind("a gzip file named .jsonl", gzip.compress(b"{}"), "data.jsonl", "gzip"),
    kind("a gzip file named .parquet", gzip.compress(b"{}"), "data.parquet", "gzip"),
    kind("a zstd file named .csv", b"\x28\xb5\x2f\xfd" + b"\0" * 50, "data.csv", "Zstandard"),
    kind("a bzip2 file named .csv", b"BZh91AY&SY" + b"\0" * 50, "data.csv", "bzip2"),
    kind("an xz file named .csv", b"\xfd7zXZ\0" + b"\0" * 50, "data.csv", "xz"),
    kind("a tar archive", b"a.csv" + b"\0" * 507, "data.tar", ".tar", "Unpack"),
    kind("a PNG picture named .csv", PNG, "data.csv", "PNG picture"),
    kind("a JPEG picture named .csv", b"\xff\xd8\xff\xe0" + PNG, "data.csv", "JPEG picture"),
    kind("a PDF named .csv", PDF, "data.csv", "PDF"),
    kind("a picture", PNG, "data.png", ".png", "not supported"),
    refused("a SQLite database named .csv", sqlite, "SQLite"),
    kind("a program named .csv", b"\x7fELF" + b"\0" * 100, "data.csv", "program"),
    kind("an HDF5 file named .csv", b"\x89HDF\r\n\x1a\n" + b"\0" * 99, "data.csv", "HDF5"),
    kind("a numpy array named .csv", b"\x93NUMPY\x01\0v\0{}", "data.csv", "NumPy"),
    refused("a pickle", pickled("data.pkl"), ".pkl", "not supported"),
    refused("a pickle named .csv", pickled("data.csv"), "pickle"),
    refused("a pickle named .parquet", pickled("data.parquet"), "pickle"),
    refused("a pickle named .jsonl", pickled("data.jsonl"), "pickle"),
    refused("Parquet named .csv", parquet_as("data.csv"), "Parquet", ".parquet"),
    refused("Parquet named .jsonl", parquet_as("data.jsonl"), "Parquet", ".parquet"),
    refused("CSV named .parquet", written(rows(), "data.parquet"), "Parquet"),
    refused("CSV named .jsonl", written(rows(), "data.jsonl"), "line 1", "not JSON"),
    refused("Feather named .parquet", feather_as("data.parquet"), "Arrow", ".feather"),
    refused("a .json file", written("[]", "data.json"), ".json", "one object a line"),
    refused("no ending", written(rows(), "data"), "without an ending"),
    refused("an unknown ending", written(rows(), "data.dat"), "'.dat'", "Supported"),
]
