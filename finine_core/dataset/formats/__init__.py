"""File formats: which one is this file, and what does it hold?

A registry with one module per format. Adding a format is one new file that satisfies `Format`
plus one entry in `FORMATS`.
"""

from __future__ import annotations

from pathlib import Path

from finine_core.dataset.formats.base import CopiedCells, Format, RawTable
from finine_core.dataset.formats.delimited import CSV, TSV
from finine_core.dataset.formats.jsonlines import JSON_LINES
from finine_core.dataset.formats.parquet import PARQUET
from finine_core.errors import FinineError

FORMATS: tuple[Format, ...] = (CSV, TSV, JSON_LINES, PARQUET)

__all__ = ["FORMATS", "CopiedCells", "Format", "RawTable", "format_of", "read_table"]


def format_of(path: Path) -> Format:
    """The format a file name belongs to, by its ending.

    Raises:
        FinineError: the ending is unknown; the known ones are named.

    Examples:
        >>> format_of(Path("data/reviews.TSV")).name
        'TSV'
        >>> format_of(Path("reviews.xlsx"))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: reviews.xlsx: files ending in '.xlsx' are not supported. \
Supported are .csv, .txt, .tsv, .jsonl, .ndjson, .parquet, .pq.
    """
    path = Path(path)
    for known in FORMATS:
        if path.suffix.lower() in known.suffixes:
            return known
    endings = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    what = f"files ending in {path.suffix!r}" if path.suffix else "files without an ending"
    raise FinineError(f"{path.name}: {what} are not supported.", f"Supported are {endings}.")


def read_table(path: Path) -> RawTable:
    """Read a file in whichever format its name says.

    Raises:
        FinineError: there is no such file, it is a folder, its format is unknown, or its content
            is not what the format asks for.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,label\\n1.5,cat\\n2,dog\\n")
        >>> read_table(path).table.to_pydict()
        {'x': [1.5, 2.0], 'label': ['cat', 'dog']}
    """
    path = Path(path)
    if not path.exists():
        raise FinineError(f"There is no file {path}.", "Check the path.")
    if path.is_dir():
        raise FinineError(f"{path} is a folder, not a file.", "Name a file inside it.")
    known = format_of(path)
    try:
        return known.read(path)
    except OSError as error:
        raise FinineError(
            f"{path} cannot be read ({error.strerror or error}).", "Check its permissions."
        ) from error
