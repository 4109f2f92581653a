"""Is this file of another kind than its name says?

Takes the first bytes of a file and refuses well-known kinds that are no table finine reads: an
Excel workbook named .csv, a gzip file, a pickle. They are recognised by their signatures and never
unpacked, loaded or run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from finine_core.errors import FinineError

HEAD = 4096  # bytes looked at; an Excel workbook names its parts in the first few hundred
UNPACK = "Unpack it first, and name the file inside it."
SAVE_XLSX = "Save it as .xlsx, without a password, or as CSV (UTF-8), and use that file."
ONE_A_LINE = "Write one object a line (JSON Lines), for example with: jq -c '.[]' IN > OUT.jsonl"
EXPORT = "Write the table as CSV or Parquet with the program that made it."
# What to do with files of endings that finine does not read.
MENDS = {
    **dict.fromkeys((".xlsm", ".xls", ".ods", ".numbers"), SAVE_XLSX),
    **dict.fromkeys(
        (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar", ".lz4"), UNPACK
    ),
    **dict.fromkeys((".json",), ONE_A_LINE),
    **dict.fromkeys(
        (".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pt", ".h5", ".db",
         ".sqlite", ".rds", ".dta", ".sav", ".mat"),
        EXPORT,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of file: how its first bytes look, what it is, what to do, whose signature it is."""

    pattern: re.Pattern[bytes]
    words: str
    mend: str
    formats: tuple[str, ...] = ()


def _kind(pattern: bytes, words: str, mend: str, *formats: str) -> Kind:
    return Kind(re.compile(pattern, re.DOTALL), words, mend, formats)


PARQUET = _kind(rb"PAR1", "a Parquet file", "Rename it so that it ends in .parquet.", "Parquet")
# Signatures of printable letters could begin a text, too: those ask for a NUL byte or more.
KINDS = (
    _kind(rb"PK\x03\x04.*(\[Content_Types\]\.xml|xl/)", "an Excel workbook",
          "Rename it so that it ends in .xlsx.", "Excel"),
    _kind(rb"PK\x03\x04.{22}.{4}mimetypeapplication/vnd\.oasis", "an OpenDocument file", SAVE_XLSX),
    _kind(rb"PK(\x03\x04|\x05\x06)", "a zip archive", UNPACK, "Excel"),
    _kind(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook, or one with a password",
          SAVE_XLSX),
    _kind(rb"\x1f\x8b", "a gzip file", UNPACK),
    _kind(rb"\x28\xb5\x2f\xfd", "a Zstandard file", UNPACK),
    _kind(rb"BZh[1-9]1AY&SY", "a bzip2 file", UNPACK),
    _kind(rb"\xfd7zXZ\0", "an xz file", UNPACK),
    _kind(rb"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    _kind(rb"Rar!\x1a\x07", "a RAR archive", UNPACK),
    _kind(rb".{257}ustar", "a tar archive", UNPACK),
    _kind(rb"\x89PNG\r\n\x1a\n", "a PNG picture", "Give a table."),
    _kind(rb"\xff\xd8\xff", "a JPEG picture", "Give a table."),
    _kind(rb"%PDF-\d", "a PDF", "Give a table: copy it out of the PDF into a CSV file."),
    _kind(rb"SQLite format 3\0", "a SQLite database", EXPORT),
    _kind(rb"ARROW1\0\0", "an Arrow (Feather) file", "Rename it so that it ends in .feather.",
          "Arrow"),
    _kind(rb"\x89HDF\r\n\x1a\n", "an HDF5 file", EXPORT),
    _kind(rb"\x93NUMPY", "a NumPy array", EXPORT),
    _kind(rb"\x80[\x02-\x05]", "a Python pickle, which could run code and is never loaded", EXPORT),
    _kind(rb"\x7fELF", "a program", "Give a table."),
    _kind(rb"MZ.{,60}\0", "a program", "Give a table."),
    _kind(rb"\s*<(?i:!doctype html|html)", "a web page", "Download the file itself."),
    _kind(rb"\s*<\?xml\s", "an XML document", EXPORT),
    _kind(
        rb"version https://git-lfs\.github\.com",
        "a Git LFS pointer, not the file itself",
        "Fetch the file with: git lfs pull",
    ),
)  # fmt: skip


def refuse_other_kinds(path: Path, named: str) -> None:
    """Refuse a file whose first bytes are of a kind that its name does not say.

    Args:
        path: the file.
        named: the name of the format that its ending says.

    Raises:
        FinineError: what it is, and what to do.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_bytes(bytes.fromhex("1f8b0800"))
        >>> refuse_other_kinds(path, "CSV")
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: a.csv is a gzip file, whatever its name says. Unpack it \
first, and name the file inside it.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        stream.seek(max(0, path.stat().st_size - 4))
        is_parquet = head.startswith(b"PAR1") and stream.read(4) in (b"PAR1", b"PARE")
    for kind in (PARQUET, *KINDS) if is_parquet else KINDS:
        if named not in kind.formats and kind.pattern.match(head):
            raise FinineError(f"{path.name} is {kind.words}, whatever its name says.", kind.mend)
