"""Is the database there, sound, and of a schema that this finine knows?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from finine_core.database import DATABASE_NAME, SCHEMA_VERSION, faults, open_database, salvage
from finine_core.database.replacing import finish_replacing
from finine_core.errors import FinineError
from finine_core.health.base import RUNS, HomeCheck, HomeFinding

NAME = "database"


def _look(home: Path, repair: bool) -> list[HomeFinding]:
    path = home / DATABASE_NAME
    finished = []
    if finish_replacing(home):  # it was asked for, and until then the database is not whole
        problem = "A repair of the database was killed before its end."
        finished = [HomeFinding(NAME, path, problem, "It was carried to its end.", mended=True)]
    return finished + _looked_at(home, path, repair)


def _looked_at(home: Path, path: Path, repair: bool) -> list[HomeFinding]:
    if not path.exists():
        return _missing(home, path, repair)
    try:
        # to look must not change: no migration, no new file
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            version = int(opened.execute("PRAGMA user_version").fetchone()[0])
            found = faults(opened)
            if not found and opened.execute("PRAGMA foreign_key_check").fetchone() is not None:
                found = ["a line refers to one that is not there"]
    except sqlite3.OperationalError as error:  # locked, or not to be read: damage is another kind
        problem = f"The database cannot be read ({error})."
        return [HomeFinding(NAME, path, problem, "Close what uses it; check who may read it.")]
    except sqlite3.DatabaseError as error:
        version, found = 0, [str(error)]
    if version > SCHEMA_VERSION:
        problem = f"The database has schema version {version}; known here: up to {SCHEMA_VERSION}."
        return [HomeFinding(NAME, path, problem, "Upgrade finine, or choose another home.")]
    if not found:
        return []
    problem = f"The database is damaged: {found[0]}."
    if not repair:
        mend = "Close the app, then --repair saves every mark that can be read into a new file."
        return [HomeFinding(NAME, path, problem, mend)]
    try:
        return [HomeFinding(NAME, path, problem, salvage(home).words, mended=True)]
    except FinineError as error:
        return [HomeFinding(NAME, path, problem, str(error))]


def _missing(home: Path, path: Path, repair: bool) -> list[HomeFinding]:
    if not any((home / RUNS).glob("*/run.json")):
        return []  # a home that was never used
    problem = "There are runs, but no database: their names and marks are not here."
    if not repair:
        mend = "Put finine.db back from a copy; or --repair makes an empty one that lists the runs."
        return [HomeFinding(NAME, path, problem, mend)]
    with open_database(home):
        return [HomeFinding(NAME, path, problem, "An empty one was made.", mended=True)]


CHECK = HomeCheck(NAME, "whether the database is sound", _look)
