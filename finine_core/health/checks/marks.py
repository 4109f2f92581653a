"""Has every mark all of its rows?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from finine_core.database import DATABASE_NAME
from finine_core.health.base import HomeCheck, HomeFinding

NAME = "marks"
_SHORT = """SELECT e.event_id, e.run_id, e.rows, COUNT(r.row_number)
FROM events e LEFT JOIN event_rows r ON r.event_id = e.event_id
WHERE e.kind = 'mark' GROUP BY e.event_id HAVING e.rows <> COUNT(r.row_number)"""


def _look(home: Path, repair: bool) -> list[HomeFinding]:  # noqa: ARG001  rows cannot be guessed
    path = home / DATABASE_NAME
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            short = opened.execute(_SHORT).fetchall()
    except sqlite3.DatabaseError:
        return []  # told by the check of the database
    return [
        HomeFinding(
            NAME,
            path,
            f"Mark {event} of run {run} was on {rows:,} rows; {there:,} of them are there.",
            "Undo it, or mark the missing rows again; the log of decisions says what it was.",
        )
        for event, run, rows, there in short
    ]


CHECK = HomeCheck(NAME, "whether every mark has all its rows", _look)
