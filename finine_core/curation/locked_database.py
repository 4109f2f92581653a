"""Where may a condition that a person wrote run? In a database that can read the given files only.

Gives an in-memory DuckDB that has no way to other files, the network, extensions or its own
settings, and spills nothing to disk.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from finine_core.curation.expressions import literal

MEMORY_LIMIT = "1GB"  # room for a sort of 100k rows with text, and no threat to a laptop with 8 GB
THREADS = 2  # the app serves other pages and often a training run beside the query


def path_literal(path: Path) -> str:
    """A path for read_parquet, in which DuckDB would otherwise expand wildcards."""
    return literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))


def locked_database(readable: list[Path]) -> duckdb.DuckDBPyConnection:
    """An in-memory database that can read the given files, and whose settings cannot change."""
    database = duckdb.connect(":memory:")
    paths = ", ".join(f"{literal(str(path))}, {path_literal(path)}" for path in readable)
    for setting in (
        f"memory_limit = '{MEMORY_LIMIT}'",
        f"threads = {THREADS}",
        "temp_directory = ''",  # nothing spills to disk: a query too large is refused instead
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "python_enable_replacements = false",  # else a name in SQL finds our Python variables
        f"allowed_paths = [{paths}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        database.execute(f"SET {setting}")
    return database
