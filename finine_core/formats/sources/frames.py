"""A table in memory (pandas, polars, Arrow) as a file that a run can be made on.

Takes anything with the Arrow PyCapsule interface (`__arrow_c_stream__`), so that no data frame
library is imported here, and writes it as Parquet under the hash of its content: the same table is
stored once, and the run, its export and a resumed run all read that file.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.errors import FinineError
from finine_core.files import make_private, sha256_of, write_atomically
from finine_core.formats.columnar.view_types import table_without_views

HASH_DIGITS = 12  # of the content's SHA-256 in the file's name; as for uploads
# What pandas calls an index without a name when it becomes a column; the row number is enough.
_NAMELESS_INDEX = re.compile(r"__index_level_\d+__")


@runtime_checkable
class ArrowTable(Protocol):
    """Anything that hands its rows out by the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


def is_frame(data: object) -> bool:
    """Whether it is a table in memory.

    Examples:
        >>> is_frame(pa.table({"x": [1]})), is_frame("rows.csv")
        (True, False)
    """
    return isinstance(data, ArrowTable)


def keep_frame(data: ArrowTable, folder: Path) -> Path:
    """Write a table into a folder, unless it is there; gives the Parquet file.

    A pandas index that has a name becomes a column; one without is left out. A column whose name is
    no text is named by its text: 0 becomes '0'.

    Args:
        data: the table.
        folder: made when missing.

    Raises:
        FinineError: Arrow cannot hold a column of it, or the folder cannot be written.

    Examples:
        >>> path = keep_frame(pa.table({"x": [1, 2]}), Path(tempfile.mkdtemp()))
        >>> path.suffix, pq.read_table(path).to_pydict()
        ('.parquet', {'x': [1, 2]})
    """
    table = _as_arrow(data)
    try:
        make_private(folder)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as making:
            written = Path(making) / "table.parquet"
            pq.write_table(table, written)
            path = folder / f"table-{sha256_of(written)[:HASH_DIGITS]}.parquet"
            if not path.exists():
                with write_atomically(path) as temporary:
                    written.replace(temporary)
    except OSError as error:
        raise FinineError(
            f"The table cannot be kept in {folder} ({error.strerror or error}).",
            "Choose another home.",
        ) from error
    except pa.ArrowException as error:
        raise _no_table(error) from None
    return path


def _as_arrow(data: ArrowTable) -> pa.Table:
    try:
        with warnings.catch_warnings():  # names that are no text, such as 0, become text: '0'
            warnings.simplefilter("ignore")
            table = pa.table(data)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise _no_table(error) from None
    nameless = [name for name in table.column_names if _NAMELESS_INDEX.fullmatch(name)]
    if nameless:  # and what pandas says of it in the metadata
        table = table.drop_columns(nameless).replace_schema_metadata(None)
    return table_without_views(table)


def _no_table(error: Exception) -> FinineError:
    cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return FinineError(
        f"The table cannot be written as Parquet ({cause}).",
        "Give each column one type of values, or name a file.",
    )
