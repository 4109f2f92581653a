"""Which runs does a home have, what are they called, and which of them are in the trash?

The name of a run lives here and nowhere else: a worker writes to its run's folder while a person
renames the run, and neither must overwrite the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from finine_core.database.connection import open_database, utc_now
from finine_core.errors import FinineError


@dataclass(frozen=True)
class RunEntry:
    """A run as the database knows it; `trashed_at` is None for one that is not in the trash."""

    run_id: str
    name: str
    created_at: str
    trashed_at: str | None = None


def register_run(home: Path, run_id: str, name: str, created_at: datetime | str) -> None:
    """Note a run in the database; a run that is known already only takes the new name.

    Args:
        created_at: a time with its zone, or the same as ISO text; stored in UTC.

    Raises:
        FinineError: `created_at` is no ISO time or has no zone.

    Examples:
        >>> import tempfile
        >>> home = Path(tempfile.mkdtemp())
        >>> register_run(home, "r1", "tweets", "2026-01-01T10:00:00+00:00")
        >>> list_run_ids(home)
        ['r1']
    """
    stamp = _utc_text(created_at)
    with open_database(home) as connection:
        connection.execute(
            "INSERT INTO runs (run_id, name, created_at) VALUES (?, ?, ?)"
            " ON CONFLICT (run_id) DO UPDATE SET name = excluded.name",
            (run_id, name, stamp),
        )


def list_run_ids(home: Path) -> list[str]:
    """The ids of the runs that are not in the trash, newest first.

    Examples:
        >>> import tempfile
        >>> home = Path(tempfile.mkdtemp())
        >>> register_run(home, "old", "a", "2026-01-01T10:00:00+00:00")
        >>> register_run(home, "new", "b", "2026-01-01T11:30:00+01:00")
        >>> list_run_ids(home)
        ['new', 'old']
    """
    return [one.run_id for one in run_entries(home)]


def run_entries(home: Path, *, trashed: bool = False) -> list[RunEntry]:
    """The runs of a home, newest first, or those in its trash, last thrown away first.

    Examples:
        >>> import tempfile
        >>> home = Path(tempfile.mkdtemp())
        >>> register_run(home, "r1", "tweets", "2026-01-01T10:00:00+00:00")
        >>> set_trashed(home, "r1", True)
        >>> run_entries(home), [one.name for one in run_entries(home, trashed=True)]
        ([], ['tweets'])
    """
    chosen, order = ("NOT NULL", "trashed_at") if trashed else ("NULL", "created_at")
    with open_database(home) as connection:
        lines = connection.execute(
            "SELECT run_id, name, created_at, trashed_at FROM runs"
            f" WHERE trashed_at IS {chosen} ORDER BY {order} DESC, run_id DESC"
        ).fetchall()
    return [RunEntry(*line) for line in lines]


def run_entry(home: Path, run_id: str) -> RunEntry | None:
    """One run, in the trash or not; None when the database does not know it."""
    with open_database(home) as connection:
        line = connection.execute(
            "SELECT run_id, name, created_at, trashed_at FROM runs WHERE run_id = ?", (run_id,)
        ).fetchone()
    return None if line is None else RunEntry(*line)


def rename_run(home: Path, run_id: str, name: str) -> None:
    """Give a run another name.

    Examples:
        >>> import tempfile
        >>> home = Path(tempfile.mkdtemp())
        >>> register_run(home, "r1", "tweets", "2026-01-01T10:00:00+00:00")
        >>> rename_run(home, "r1", "first try")
        >>> run_entry(home, "r1").name
        'first try'
    """
    with open_database(home) as connection:
        connection.execute("UPDATE runs SET name = ? WHERE run_id = ?", (name, run_id))


def set_trashed(home: Path, run_id: str, trashed: bool) -> None:
    """Put a run into the trash, or take it out; what is there already stays as it is."""
    with open_database(home) as connection:
        connection.execute(
            "UPDATE runs SET trashed_at = CASE WHEN ? THEN COALESCE(trashed_at, ?) END"
            " WHERE run_id = ?",
            (trashed, utc_now(), run_id),
        )


def forget_run(home: Path, run_id: str) -> None:
    """Take a run off the list for good; its decisions stay in the log of events."""
    with open_database(home) as connection:
        connection.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))


def _utc_text(moment: datetime | str) -> str:
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise FinineError(
                f"created_at is {moment!r}, which is not an ISO time.",
                "Write it like 2026-01-31T12:00:00+00:00.",
            ) from error
    if moment.tzinfo is None:
        raise FinineError(
            f"created_at is {moment.isoformat()!r}, which names no time zone.",
            "Add one, for example +00:00 for UTC.",
        )
    # one fixed form, so that text order is time order
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
