"""The one SQLite file of a home, opened: which runs there are, and every decision ever made.

`open_database` gives a connection to `<home>/finine.db` whose schema is current; the file is
created when it is missing and migrated forward when it is old (`schema.py`).
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from finine_core.database.replacing import DATABASE_NAME, finish_replacing
from finine_core.database.schema import MIGRATIONS, SCHEMA_VERSION, misfit
from finine_core.errors import FinineError
from finine_core.files import make_private

BUSY_SECONDS = 30.0  # how long a writer waits for another; a bulk mark of 100k rows takes under 1
ROOM_BYTES = 1 << 20  # with less free, a failed write means a full disk
RETRY_SECONDS = 0.02  # pause between tries to switch to WAL, which SQLite does not wait for itself

DAMAGE_MEND = (
    "Close finine and run: finine doctor --repair. It saves every mark that can still be read into"
    " a new file and keeps the damaged one beside it."
)

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_NO_ACCESS = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


@contextmanager
def open_database(home: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to the database of `home`, created or migrated as needed, then close it.

    The connection is in autocommit mode: group writes with `transaction`.

    Raises:
        FinineError: the file is no database, was written by a newer finine, cannot be opened, or
            another process held its lock for longer than `BUSY_SECONDS`.

    Examples:
        >>> import tempfile
        >>> with open_database(Path(tempfile.mkdtemp())) as connection:
        ...     connection.execute("PRAGMA journal_mode").fetchone()[0]
        'wal'
    """
    path = home / DATABASE_NAME
    try:
        make_private(home)
        finish_replacing(home)
        # isolation_level=None: Python opens no transactions of its own behind our back
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise FinineError(
            f"The database {path} cannot be opened: {error}.",
            "Check that the folder exists and that you may write to it.",
        ) from error
    try:
        try:
            _use_write_ahead_log(connection)
        except sqlite3.OperationalError as error:
            to_read = None if _code(error) in _LOCKED else _only_to_read(path)
            if to_read is None:
                raise
            connection.close()
            connection = to_read
        connection.execute("PRAGMA foreign_keys = ON")
        _require_sound(connection, path)
        _migrate(connection, path)
        yield connection
    except sqlite3.DatabaseError as error:
        explained = _explain(error, path)
        if explained is None:  # a bug of ours, such as a constraint that was not met
            raise
        raise explained from error
    finally:
        connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make the writes of the body one transaction: all of them happen or none.

    The write lock is taken at once (BEGIN IMMEDIATE), so what the body reads is still true when
    it writes.

    Examples:
        >>> import tempfile
        >>> with open_database(Path(tempfile.mkdtemp())) as connection, transaction(connection):
        ...     _ = connection.execute("INSERT INTO runs VALUES ('a', 'first', '2026-01-01', NULL)")
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def utc_now() -> str:
    """This moment in UTC as ISO text with microseconds, the form of every time in the database.

    Examples:
        >>> utc_now()[10], utc_now()[-6:]
        ('T', '+00:00')
    """
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; the higher bits only refine it."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _explain(error: sqlite3.DatabaseError, path: Path) -> FinineError | None:
    """The message for a failure that lies in the file or its disk, None for any other."""
    code = _code(error)
    if code in _LOCKED:
        return FinineError(
            f"The database {path} was locked by another process for {BUSY_SECONDS:.0f} s.",
            "Close the program that holds it, then try again; nothing was written.",
        )
    if code in _DAMAGED:
        return FinineError(
            f"The database {path} is damaged or is not a finine database: {error}.",
            DAMAGE_MEND,
        )
    if code in _NO_ACCESS and shutil.disk_usage(path.parent).free < ROOM_BYTES:
        return FinineError(
            f"The disk that holds {path.parent} is full.",
            "Free some space, then try again; nothing was written, and no mark is lost.",
        )
    if code in _NO_ACCESS:
        return FinineError(
            f"The database {path} cannot be used: {error}.",
            "Check the free space and that you may write to its folder.",
        )
    return None


def faults(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with an open database: to SQLite, or in its tables for its version.

    Examples:
        >>> import tempfile
        >>> with open_database(Path(tempfile.mkdtemp())) as connection:
        ...     faults(connection)
        []
    """
    found = [str(line[0]) for line in connection.execute("PRAGMA quick_check")]
    found = [one for one in found if one != "ok"]
    return found or [one for one in (misfit(connection),) if one]


def _require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Look once per process whether the file is sound: it takes longer than most questions."""
    kind = (str(path), path.stat().st_ino)
    if kind in _sound:
        return
    if found := faults(connection):
        raise FinineError(f"The database {path} is damaged: {found[0]}.", DAMAGE_MEND)
    _sound.add(kind)


_sound: set[tuple[str, int]] = set()  # files that were found sound: path and inode


def _only_to_read(path: Path) -> sqlite3.Connection | None:
    """A connection for a full disk, or one that may not be written to; a write is refused.

    Even to read, SQLite wants a file beside the database. It can do without while nobody writes,
    and where the newest writes are in the database itself; None where a log was left over.
    """
    log = path.with_name(f"{path.name}-wal")
    if not path.exists() or (log.exists() and log.stat().st_size):
        return None
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?immutable=1", uri=True, isolation_level=None
    )
    connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to WAL, where readers never wait for a writer; the mode stays with the file."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            # a file system without shared memory keeps its old journal: slower, not wrong
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # two processes that open a new file at once: SQLite fails here without waiting
            if _code(error) not in _LOCKED or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_SECONDS)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if _schema_version(connection, path) == SCHEMA_VERSION:
        return
    # A table that others refer to can only be made anew without foreign keys, and SQLite lets them
    # be switched off outside a transaction only; what they promise is checked before the end.
    connection.execute("PRAGMA foreign_keys = OFF")
    with transaction(connection):
        # read again under the lock: another process may have migrated meanwhile
        version = _schema_version(connection, path)
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise sqlite3.IntegrityError("a line refers to one that is not there")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("PRAGMA foreign_keys = ON")


def _schema_version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise FinineError(
            f"The database {path} has schema version {version}; "
            f"this finine knows versions up to {SCHEMA_VERSION}.",
            "Upgrade finine, or choose another home.",
        )
    return version
