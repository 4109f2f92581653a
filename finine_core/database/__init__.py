"""The one SQLite file of a home: its schema, and connections to it."""

from finine_core.database.connection import (
    DATABASE_NAME,
    list_run_ids,
    open_database,
    register_run,
    transaction,
    utc_now,
)
from finine_core.database.schema import MIGRATIONS, SCHEMA_VERSION

__all__ = [
    "DATABASE_NAME",
    "MIGRATIONS",
    "SCHEMA_VERSION",
    "list_run_ids",
    "open_database",
    "register_run",
    "transaction",
    "utc_now",
]
