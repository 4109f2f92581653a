"""How does a sound database take the place of a damaged one, whatever happens meanwhile?

Two files must change together: the database, and what SQLite keeps beside it, which would spoil
any other database. So the new one is made in a folder of its own, and that folder then takes the
name `READY`: from then on the new database counts, and whoever opens the home next carries out what
is left. Before, the damaged one is as it was.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from finine_core.files import sync

DATABASE_NAME = "finine.db"
READY = ".repaired"
WAL, SHARED = "-wal", "-shm"  # beside a database: its newest writes, and an index of them


def replace_database(home: Path, prepared: Path) -> None:
    """Let the database in `prepared` take the place of the one of `home`.

    Args:
        prepared: a folder on the same disk; what else is in it is moved beside the database.
    """
    for one in prepared.iterdir():
        sync(one)
    sync(prepared)
    prepared.rename(home / READY)
    sync(home)
    finish_replacing(home)


def finish_replacing(home: Path) -> bool:
    """Carry a replacement to its end that was begun; gives whether there was one."""
    ready = home / READY
    try:
        handle = os.open(ready, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if not ready.exists():
            return False  # another process was at it
        path, new = home / DATABASE_NAME, ready / DATABASE_NAME
        if new.exists():
            for ending in (WAL, SHARED):
                path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
            for one in ready.iterdir():
                if one != new:
                    one.replace(home / one.name)
            new.replace(path)
            sync(home)
        ready.rmdir()
    finally:
        os.close(handle)
    return True
