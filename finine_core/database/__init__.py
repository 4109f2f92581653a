"""The one SQLite file of a home: its schema, connections to it, and the list of runs."""

from finine_core.database.connection import (
    DATABASE_NAME,
    faults,
    open_database,
    transaction,
    utc_now,
)
from finine_core.database.runs import (
    RunEntry,
    forget_run,
    list_run_ids,
    register_run,
    rename_run,
    run_entries,
    run_entry,
    set_trashed,
)
from finine_core.database.salvage import Salvaged, salvage
from finine_core.database.schema import MIGRATIONS, SCHEMA_VERSION

__all__ = [
    "DATABASE_NAME",
    "MIGRATIONS",
    "SCHEMA_VERSION",
    "RunEntry",
    "Salvaged",
    "faults",
    "forget_run",
    "list_run_ids",
    "open_database",
    "register_run",
    "rename_run",
    "run_entries",
    "run_entry",
    "salvage",
    "set_trashed",
    "transaction",
    "utc_now",
]
