"""Where may a condition that a person wrote run? In a database that can read the given files only.

Gives an in-memory DuckDB that has no way to other files, the network, extensions or its own
settings, and spills nothing to disk; and a limit on the time that a query takes there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from finine_core.curation.expressions import literal
from finine_core.meanwhile import meanwhile

MEMORY_LIMIT = "1GB"  # room for a sort of 100k rows with text, and no threat to a laptop with 8 GB
# Files that take no more are read once and kept: a page of 25 rows with their texts then takes a
# tenth of the time. An app keeps a few such tables, so that they stay small beside the model.
KEPT_BYTES = 256 * 2**20
CELL_BYTES = 16  # what DuckDB keeps of a text besides its letters; no less of a number
THREADS = 2  # the app serves other pages and often a training run beside the query
QUERY_SECONDS = 20.0  # comparisons of 1 million rows take two or three
AGAIN_SECONDS = 0.05  # between two interrupts


@contextmanager
def interrupted_after(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Stop what the cursor runs in the body when it takes longer: duckdb.InterruptException."""

    def watch(over: threading.Event) -> None:
        wait = seconds
        while not over.wait(wait):
            cursor.interrupt()  # again and again: one that comes while a query is planned is lost
            wait = AGAIN_SECONDS

    with meanwhile(watch):
        yield


def path_literal(path: Path) -> str:
    """A path for read_parquet, in which DuckDB would otherwise expand wildcards."""
    return literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))


def parquet_source(path: Path) -> str:
    """A Parquet file as SQL, to stand after FROM."""
    return f"read_parquet({path_literal(path)}, hive_partitioning = false)"


def fits(path: Path) -> bool:
    """Whether a Parquet file is small enough to be kept in memory."""
    import pyarrow.parquet as pq  # the process that answers conditions starts without

    facts = pq.read_metadata(path)
    stored = sum(facts.row_group(k).total_byte_size for k in range(facts.num_row_groups))
    return stored + CELL_BYTES * facts.num_rows * facts.num_columns <= KEPT_BYTES


def locked_database(
    readable: list[Path],
    kept: Mapping[str, Path] | None = None,
    memory_limit: str = MEMORY_LIMIT,
    indexed: bool = True,
) -> duckdb.DuckDBPyConnection:
    """An in-memory database that can read the given files, and whose settings cannot change.

    Args:
        readable: files that queries may read.
        kept: tables to hold in memory: name → Parquet file; see `fits`.
        memory_limit: of what DuckDB counts; a single batch of rows is not.
        indexed: whether the column `row_number` of tables in memory gets an index, so that the
            lines of a page are found without a look at all rows.
    """
    database = duckdb.connect(":memory:")
    paths = ", ".join(f"{literal(str(path))}, {path_literal(path)}" for path in readable)
    for setting in (
        f"memory_limit = '{memory_limit}'",
        f"threads = {THREADS}",
        "temp_directory = ''",  # nothing spills to disk: a query too large is refused instead
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "python_enable_replacements = false",  # else a name in SQL finds our Python variables
    ):
        database.execute(f"SET {setting}")
    for name, path in (kept or {}).items():
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM {parquet_source(path)}")
        columns = database.execute(f"DESCRIBE {name}").fetchall()
        # of a file without the column it is said later what is wrong
        if indexed and any(one[0] == "row_number" for one in columns):
            database.execute(f"CREATE INDEX {name}_rows ON {name} (row_number)")
    for setting in (
        f"allowed_paths = [{paths}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        database.execute(f"SET {setting}")
    return database
