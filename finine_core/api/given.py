"""What a person gave as data: the path of a file, or a table in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finine_core.errors import FinineError
from finine_core.formats.sources.frames import ArrowTable, is_frame, keep_frame
from finine_core.paths import named_path

DATA_FOLDER = "data"  # of a home: the tables that were given as objects

Data = str | Path | ArrowTable


def kept_data(data: Data, home: Path) -> Path:
    """The file to make a run on; a table in memory is kept in the home.

    Raises:
        FinineError: it is neither a path nor a table, or the home cannot be written.

    Examples:
        >>> kept_data("rows.csv", Path("home"))
        PosixPath('rows.csv')
        >>> kept_data([1, 2], Path("home"))  # type: ignore[arg-type]
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: A list cannot be read as data. Give the path of a file, or \
a pandas, polars or Arrow table.
    """
    if isinstance(data, (str, Path)):
        return named_path(data)
    if is_frame(data):
        return keep_frame(data, home / DATA_FOLDER)
    raise FinineError(
        f"A {type(data).__name__} cannot be read as data.",
        "Give the path of a file, or a pandas, polars or Arrow table.",
    )


@contextmanager
def given_data(data: Data) -> Iterator[Path]:
    """The same for a look at the data only: nothing stays in any home."""
    with tempfile.TemporaryDirectory(prefix="finine-") as folder:
        yield kept_data(data, Path(folder))
