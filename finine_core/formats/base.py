"""What every file format has in common.

Gives the class `Format` (read a file; write a subset of its rows, cells of one column corrected),
the `RawTable` a format returns, and the checks each of them needs: column names that can be
addressed, a table that fits into memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.errors import FinineError, shown
from finine_core.formats.sources.input_file import beyond_limit, gigabytes, largest_bytes
from finine_core.formats.subset import CopiedCells, Subset

# Rows converted to Arrow at a time: Python objects cost ~10x their text, so only this many
# live at once, while the per-chunk overhead stays below a percent.
CHUNK_ROWS = 50_000
# A number takes 8 bytes; texts are counted by their length besides, in the file's size.
CELL_BYTES = 8
# Each column is looked at by itself, with some ten calls of Arrow: 20,000 columns (as many as a
# human has genes) take some ten seconds, and more would seem to hang.
MAX_COLUMNS = 20_000


@dataclass(frozen=True)
class RawTable:
    """A file's rows with typed columns, and what a person should know about the reading.

    Attributes:
        table: one line per row of the file, in input order.
        notes: sentences, for example the encoding that was assumed.
        lines: (n,) the line each row begins on, counted from 1; None where there are no lines.
    """

    table: pa.Table
    notes: tuple[str, ...]
    lines: np.ndarray | None = None


class Format(ABC):
    """One file format: how its rows are read, and how some of them are written again.

    Attributes:
        name: what a person knows it by, such as 'CSV'.
        suffixes: the file name endings it is chosen by, in lower case with the dot.
    """

    name: str
    suffixes: tuple[str, ...]

    @abstractmethod
    def read(self, path: Path) -> RawTable:
        """Read all rows; a file that cannot be read as it stands is a `FinineError`."""

    def write_subset(
        self, source: Path, keep: np.ndarray, destination: Path, copied: CopiedCells | None = None
    ) -> None:
        """Write the rows of `source` where `keep` (bool, n) is True to `destination`.

        Of the rows in `copied` one cell is changed, and nothing else.

        Raises:
            FinineError: the file no longer has as many rows as `keep` (n,), or not the column.
        """
        subset = Subset(keep, copied)
        subset.check_mask(source)
        self.write(source, subset, destination)

    @abstractmethod
    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """What `write_subset` does, after the mask was looked at."""

    def text_rows(self, path: Path) -> Iterator[Sequence[str]]:
        """The column names, then every row, each cell as the text a spreadsheet would be given."""
        return text_rows_of(self.read(path).table)


def check_column_names(names: Sequence[str], path: Path) -> None:
    """Refuse column names that are empty or used twice.

    Examples:
        >>> check_column_names(["text", "label"], Path("a.csv"))
        >>> check_column_names(["text", "text"], Path("a.csv"))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: a.csv: the column name 'text' is used 2 times. \
Give every column its own name.
    """
    for position, name in enumerate(names):
        if not name.strip():
            raise FinineError(
                f"{path.name}: column {position + 1} of {len(names)} has no name in the header.",
                "Give it a name or remove the column (pandas writes a nameless column for its "
                "index: use to_csv(index=False)).",
            )
    for name, count in Counter(names).items():
        if count > 1:
            raise FinineError(
                f"{path.name}: the column name {shown(name)} is used {count} times.",
                "Give every column its own name.",
            )


def check_width(columns: int, path: Path) -> None:
    """Refuse a table of more columns than finine can look at in bounded time."""
    if columns > MAX_COLUMNS:
        raise FinineError(
            f"{path.name} has {columns:,} columns; up to {MAX_COLUMNS:,} are read.",
            "Keep the columns that may matter, or store long vectors in a file of their own.",
        )


def check_cells(cells: int, path: Path) -> None:
    """Refuse a table of more cells than fit into the memory that `largest_bytes` allows.

    Raises:
        FinineError: the table is too large, however few bytes its file has.
    """
    largest = largest_bytes()
    if cells * CELL_BYTES > largest:
        raise FinineError(
            f"{path.name} has {cells:,} cells or more, which need "
            f"{gigabytes(cells * CELL_BYTES)}: beyond the limit of {gigabytes(largest)}.",
            beyond_limit(largest),
        )


def nan_note(name: str, count: int) -> str:
    """The sentence about NaN that was read as missing."""
    rows = "1 row" if count == 1 else f"{count:,} rows"
    return f"Column {shown(name)}: NaN in {rows} was read as missing."


def text_rows_of(table: pa.Table) -> Iterator[list[str]]:
    """The names and the rows of a table as text; a missing value is the empty text.

    Examples:
        >>> list(text_rows_of(pa.table({"x": [1.5, None], "y": ["a", "b"]})))
        [['x', 'y'], ['1.5', 'a'], ['', 'b']]
    """
    yield list(table.column_names)
    for batch in table.to_batches(CHUNK_ROWS):
        columns = [
            [_plain_text(value) for value in column.to_pylist()]
            if _is_bytes(column.type)
            else pc.fill_null(column.cast(pa.string()), "").to_pylist()
            for column in batch.columns
        ]
        yield from (list(row) for row in zip(*columns, strict=True))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _plain_text(value: bytes | None) -> str:
    return "" if value is None else value.hex()
