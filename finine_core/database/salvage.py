"""What can still be read of a damaged database? It is copied line by line into a sound one.

The damaged file stays beside the new one, under another name, and a repair that is killed is
carried to its end by whoever opens the home next (`replacing.py`). A line that cannot be read costs
itself only: every event is asked for by its number, and its rows from both ends.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from finine_core.database.connection import DATABASE_NAME, open_database, transaction
from finine_core.database.replacing import WAL, replace_database
from finine_core.errors import FinineError

SALVAGE_PREFIX = ".salvage-"  # of a folder in which a repair is at work
# A number beyond this is a torn one: nobody makes so many events, and each is asked for.
_MOST_EVENTS = 10_000_000


@dataclass
class Salvaged:
    """What was saved.

    Attributes:
        old: where the damaged file is now.
        kept: lines by table.
        events_lost: events that could not be read.
        events_short: events of which some rows could not be read.
    """

    old: Path
    kept: dict[str, int] = field(default_factory=dict)
    events_lost: int = 0
    events_short: list[int] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What was saved and what was not, in a sentence."""
        said = f"{self.kept.get('events', 0):,} events and {self.kept.get('runs', 0):,} runs saved"
        if self.events_lost:
            said += f", {self.events_lost:,} events lost"
        if self.events_short:
            said += f", {len(self.events_short):,} events saved with some of their rows missing"
        return f"{said}; the damaged file is {self.old}."


def salvage(home: Path) -> Salvaged:
    """Put a sound database in the place of the damaged one of a home.

    Raises:
        FinineError: the file is gone, or the home cannot be written.
    """
    path = home / DATABASE_NAME
    name = f"{DATABASE_NAME}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    try:
        with tempfile.TemporaryDirectory(dir=home, prefix=SALVAGE_PREFIX) as folder:
            prepared = Path(folder) / "prepared"
            prepared.mkdir()
            for ending in ("", WAL):
                if (part := Path(f"{path}{ending}")).exists():
                    shutil.copy2(part, prepared / f"{name}{ending}")
            found = _copied(prepared / name, prepared)
            found.old = home / name
            replace_database(home, prepared)
    except OSError as error:
        raise FinineError(
            f"The database {path} cannot be salvaged ({error.strerror}).",
            "Check that it is there, the free space, and that you may write to its folder.",
        ) from error
    return found


def _copied(old: Path, new_home: Path) -> Salvaged:
    found = Salvaged(old)
    with open_database(new_home) as new, transaction(new):
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(old)) as damaged:
            for table in ("runs", "groups", "group_rows"):
                lines = _both_ways(damaged, table)
                if table == "group_rows":  # those of a group that was lost belong to nobody
                    known = {line[0] for line in new.execute("SELECT group_id FROM groups")}
                    lines = [line for line in lines if line["group_id"] in known]
                found.kept[table] = _insert(new, table, lines)
            _copy_events(damaged, new, found)
        new.execute("PRAGMA user_version")  # the file is written as a whole when this ends
    return found


def _copy_events(damaged: sqlite3.Connection, new: sqlite3.Connection, found: Salvaged) -> None:
    kept = rows_kept = 0
    last = _last_event(damaged)
    for number in range(1, last + 1):
        lines = _both_ways(damaged, "events", "event_id = ?", (number,))
        try:
            if not _insert(new, "events", lines):
                raise sqlite3.DatabaseError
        except sqlite3.DatabaseError:  # unreadable, or about a mark that is
            found.events_lost += 1
            continue
        rows = _both_ways(damaged, "event_rows", "event_id = ?", (number,))
        rows_kept += _insert(new, "event_rows", rows)
        if lines[0]["kind"] == "mark" and len(rows) != lines[0]["rows"]:
            found.events_short.append(number)
        kept += 1
    found.kept |= {"events": kept, "event_rows": rows_kept}


def _last_event(damaged: sqlite3.Connection) -> int:
    last = 0
    for question in (
        "SELECT seq FROM sqlite_sequence WHERE name IN ('events', 'new_events')",
        "SELECT MAX(event_id) FROM events",
        "SELECT MAX(event_id) FROM event_rows",
    ):
        with suppress(sqlite3.DatabaseError, TypeError, ValueError):
            last = max(last, int(damaged.execute(question).fetchone()[0]))
    return min(last, _MOST_EVENTS)


Line = dict[str, object]


def _both_ways(
    damaged: sqlite3.Connection, table: str, where: str = "1", values: tuple[int, ...] = ()
) -> list[Line]:
    """The lines of a table that can be read, from its beginning and from its end."""
    found: dict[tuple[object, ...], Line] = {}
    for order in ("ASC", "DESC"):
        whole = False
        with suppress(sqlite3.DatabaseError):
            for line in _lines(
                damaged, f"SELECT * FROM {table} WHERE {where} ORDER BY 1 {order}", values
            ):
                found[tuple(line.values())] = line
            whole = True
        if whole:
            break
    return list(found.values())


def _lines(damaged: sqlite3.Connection, question: str, values: tuple[int, ...]) -> Iterator[Line]:
    cursor = damaged.execute(question, values)
    names = [column[0] for column in cursor.description]
    for line in cursor:
        yield dict(zip(names, line, strict=True))


def _insert(new: sqlite3.Connection, table: str, lines: list[Line]) -> int:
    """Insert lines by the columns that the table has now; gives how many."""
    columns = {line[1] for line in new.execute(f"PRAGMA table_info({table})")}
    for line in lines:
        names = [name for name in line if name in columns]
        new.execute(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            [line[name] for name in names],
        )
    return len(lines)
