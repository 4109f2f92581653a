"""What tables does the database of a home have, and how does an older one come to have them?

`MIGRATIONS` is the whole story of the schema. Events are append-only: triggers refuse to change or
remove one, so a decision can be undone but never silently lost.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache

# MIGRATIONS[v] holds the statements that bring a file of schema version v to version v + 1. Only
# append to it: files in the field have run the earlier ones.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE runs (
            run_id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            created_at TEXT NOT NULL
        )""",
        """CREATE TABLE events (
            event_id INTEGER PRIMARY KEY AUTOINCREMENT,
            run_id TEXT NOT NULL,
            at TEXT NOT NULL,
            reviewer TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('mark', 'undo', 'redo')),
            decision TEXT NULL CHECK (decision IN ('delete', 'keep', 'review', 'clear')),
            reason TEXT NOT NULL,
            selection TEXT NOT NULL,
            of_event INTEGER NULL REFERENCES events (event_id),
            rows INTEGER NOT NULL,
            CHECK ((kind = 'mark') = (decision IS NOT NULL)),
            CHECK ((kind = 'mark') = (of_event IS NULL))
        )""",
        """CREATE TABLE event_rows (
            event_id INTEGER NOT NULL REFERENCES events (event_id),
            row_number INTEGER NOT NULL CHECK (row_number >= 0),
            PRIMARY KEY (event_id, row_number)
        ) WITHOUT ROWID""",
        "CREATE INDEX events_of_run ON events (run_id, kind)",
        """CREATE TRIGGER events_no_update BEFORE UPDATE ON events
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
        """CREATE TRIGGER events_no_delete BEFORE DELETE ON events
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
        """CREATE TRIGGER event_rows_no_update BEFORE UPDATE ON event_rows
            BEGIN SELECT RAISE(ABORT, 'event_rows are append-only'); END""",
        """CREATE TRIGGER event_rows_no_delete BEFORE DELETE ON event_rows
            BEGIN SELECT RAISE(ABORT, 'event_rows are append-only'); END""",
        # INSERT OR REPLACE removes the old line without firing a delete trigger.
        """CREATE TRIGGER events_no_replace BEFORE INSERT ON events
            WHEN EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
        """CREATE TRIGGER event_rows_no_replace BEFORE INSERT ON event_rows
            WHEN EXISTS (SELECT 1 FROM event_rows
                         WHERE event_id = NEW.event_id AND row_number = NEW.row_number)
            BEGIN SELECT RAISE(ABORT, 'event_rows are append-only'); END""",
    ),
    (
        # A label that is corrected is a decision of its own, with the label beside it. SQLite
        # cannot change a CHECK, so the table is made anew; foreign keys are off meanwhile.
        "DROP TRIGGER events_no_update",
        "DROP TRIGGER events_no_delete",
        "DROP TRIGGER events_no_replace",
        "DROP INDEX events_of_run",
        """CREATE TABLE new_events (
            event_id INTEGER PRIMARY KEY AUTOINCREMENT,
            run_id TEXT NOT NULL,
            at TEXT NOT NULL,
            reviewer TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('mark', 'undo', 'redo')),
            decision TEXT NULL
                CHECK (decision IN ('delete', 'keep', 'review', 'relabel', 'clear')),
            label TEXT NULL,
            reason TEXT NOT NULL,
            selection TEXT NOT NULL,
            of_event INTEGER NULL REFERENCES events (event_id),
            rows INTEGER NOT NULL,
            CHECK ((kind = 'mark') = (decision IS NOT NULL)),
            CHECK ((kind = 'mark') = (of_event IS NULL)),
            CHECK ((decision IS 'relabel') = (label IS NOT NULL))
        )""",
        """INSERT INTO new_events
            (event_id, run_id, at, reviewer, kind, decision, reason, selection, of_event, rows)
            SELECT event_id, run_id, at, reviewer, kind, decision, reason, selection, of_event, rows
            FROM events""",
        "DROP TABLE events",
        "ALTER TABLE new_events RENAME TO events",
        "CREATE INDEX events_of_run ON events (run_id, kind)",
        """CREATE TRIGGER events_no_update BEFORE UPDATE ON events
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
        """CREATE TRIGGER events_no_delete BEFORE DELETE ON events
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
        """CREATE TRIGGER events_no_replace BEFORE INSERT ON events
            WHEN EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
        # A run in the trash is out of the lists; its folder stays until the trash is emptied.
        "ALTER TABLE runs ADD COLUMN trashed_at TEXT NULL",
        # Rows that somebody saved under a name, to look at again.
        """CREATE TABLE groups (
            group_id INTEGER PRIMARY KEY AUTOINCREMENT,
            run_id TEXT NOT NULL,
            name TEXT NOT NULL,
            selection TEXT NOT NULL,
            reviewer TEXT NOT NULL,
            created_at TEXT NOT NULL,
            trashed_at TEXT NULL,
            rows INTEGER NOT NULL
        )""",
        """CREATE TABLE group_rows (
            group_id INTEGER NOT NULL REFERENCES groups (group_id),
            row_number INTEGER NOT NULL CHECK (row_number >= 0),
            PRIMARY KEY (group_id, row_number)
        ) WITHOUT ROWID""",
        "CREATE INDEX groups_of_run ON groups (run_id)",
    ),
)
SCHEMA_VERSION = len(MIGRATIONS)


def misfit(connection: sqlite3.Connection) -> str | None:
    """How the tables contradict the version that the file says it has; None when they do not.

    A version beyond the known ones is no contradiction: a newer finine wrote it.

    Examples:
        >>> with closing(sqlite3.connect(":memory:")) as empty:
        ...     misfit(empty), empty.execute("PRAGMA user_version = -5") and misfit(empty)
        (None, 'its schema version is -5, and there is none below 0')
    """
    if not connection.in_transaction:
        connection.execute("BEGIN")  # another process may be migrating the file
        try:
            return misfit(connection)
        finally:
            connection.execute("ROLLBACK")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version < 0:
        return f"its schema version is {version}, and there is none below 0"
    if version > SCHEMA_VERSION:
        return None
    found, expected = _columns(connection), _columns_of(version)
    for table, columns in expected.items():
        if missing := columns - found.get(table, set()):
            return f"it says schema version {version}, but {table} has no {min(missing)}"
    for table in sorted(_columns_of(SCHEMA_VERSION).keys() - expected.keys()):
        if table in found:
            return f"it says schema version {version}, but has {table} of a later one"
    return None


@cache
def _columns_of(version: int) -> dict[str, set[str]]:
    with closing(sqlite3.connect(":memory:")) as made:
        for statements in MIGRATIONS[:version]:
            for statement in statements:
                made.execute(statement)
        return _columns(made)


def _columns(connection: sqlite3.Connection) -> dict[str, set[str]]:
    lines = connection.execute(
        "SELECT tables.name, columns.name FROM sqlite_master AS tables"
        " JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
        " AND tables.name NOT LIKE 'sqlite_%'"
    )
    found: dict[str, set[str]] = {}
    for table, column in lines:
        found.setdefault(table, set()).add(column)
    return found
