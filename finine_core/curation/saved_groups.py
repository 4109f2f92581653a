"""Which rows did somebody save under a name, to look at them again?

A saved group is a list of rows of one run with a name and the words they were chosen by. It decides
nothing: deciding is the log's. Groups are not removed, they go to the trash and can come back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finine_core.curation.decisions import checked_rows
from finine_core.database import open_database, transaction, utc_now
from finine_core.errors import FinineError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

LONGEST_NAME = 200  # letters; a name, not a story

_COLUMNS = "group_id, name, selection, reviewer, created_at, rows, trashed_at IS NOT NULL"


@dataclass(frozen=True)
class SavedGroup:
    """A group's facts; `selection` says in words how its rows were chosen."""

    group_id: int
    name: str
    selection: str
    reviewer: str
    created_at: str
    rows: int
    trashed: bool


class SavedGroups:
    """The groups that were saved of one run.

    Examples:
        >>> import tempfile
        >>> groups = SavedGroups(Path(tempfile.mkdtemp()), "run-1")
        >>> one = groups.save([7, 3, 3], "odd ones", selection="lasso on the map")
        >>> one.rows, groups.rows_of(one.group_id).tolist()
        (2, [3, 7])
        >>> groups.rename(one.group_id, "odd"); groups.trash(one.group_id)
        >>> groups.all(), [one.name for one in groups.all(trashed=True)]
        ([], ['odd'])
    """

    def __init__(self, home: Path, run_id: str) -> None:
        self.home = home
        self.run_id = run_id

    def save(
        self,
        row_numbers: Sequence[int] | npt.NDArray[np.integer],
        name: str,
        *,
        selection: str = "",
        reviewer: str = "",
    ) -> SavedGroup:
        """Save rows under a name.

        Raises:
            FinineError: no rows, or a name that is empty, too long or taken.
        """
        rows, name = checked_rows(row_numbers), _checked_name(name)
        with open_database(self.home) as connection, transaction(connection):
            self._refuse_taken(connection, name)
            cursor = connection.execute(
                "INSERT INTO groups (run_id, name, selection, reviewer, created_at, rows)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (self.run_id, name, selection, reviewer, utc_now(), rows.size),
            )
            group_id = cursor.lastrowid
            assert group_id is not None
            connection.executemany(
                "INSERT INTO group_rows (group_id, row_number) VALUES (?, ?)",
                ((group_id, row) for row in rows.tolist()),
            )
        return self.get(group_id)

    def all(self, *, trashed: bool = False) -> list[SavedGroup]:
        """The groups that are in use, or those in the trash; newest first."""
        with open_database(self.home) as connection:
            lines = connection.execute(
                f"SELECT {_COLUMNS} FROM groups WHERE run_id = ?"
                " AND (trashed_at IS NOT NULL) = ? ORDER BY group_id DESC",
                (self.run_id, trashed),
            ).fetchall()
        return [_group_of(line) for line in lines]

    def get(self, group_id: int) -> SavedGroup:
        """One group, also from the trash.

        Raises:
            FinineError: this run has no such group.
        """
        with open_database(self.home) as connection:
            line = connection.execute(
                f"SELECT {_COLUMNS} FROM groups WHERE run_id = ? AND group_id = ?",
                (self.run_id, group_id),
            ).fetchone()
        if line is None:
            raise FinineError(
                f"Run {self.run_id} has no saved group {group_id}.",
                "List the groups it has with: finine groups",
            )
        return _group_of(line)

    def named(self, name: str, *, trashed: bool = False) -> SavedGroup:
        """The group in use that is called so; the newest such one in the trash with `trashed`.

        Raises:
            FinineError: there is none.
        """
        known = {one.name: one for one in reversed(self.all(trashed=trashed))}
        if name not in known:
            where = " in the trash" if trashed else ""
            raise FinineError(
                f"Run {self.run_id} has no saved group {name!r}{where}.",
                f"It has: {', '.join(known)}." if known else "It has none yet.",
            )
        return known[name]

    def rows_of(self, group_id: int) -> npt.NDArray[np.int64]:
        """The row numbers of a group, ascending.

        Raises:
            FinineError: this run has no such group.
        """
        import numpy as np

        self.get(group_id)
        with open_database(self.home) as connection:
            rows = connection.execute(
                "SELECT row_number FROM group_rows WHERE group_id = ? ORDER BY row_number",
                (group_id,),
            ).fetchall()
        return np.array([row for (row,) in rows], dtype=np.int64)

    def version(self) -> tuple[tuple[int, str], ...]:
        """The groups in use by number and name; equal versions mean equal members under each name.

        A group's rows never change, so this is a key for caches.
        """
        return tuple((one.group_id, one.name) for one in self.all())

    def members(self) -> pa.Table:
        """The rows of all groups in use: `group_name`, `member`."""
        import pyarrow as pa

        with open_database(self.home) as connection:
            found = connection.execute(
                "SELECT name, row_number FROM groups JOIN group_rows USING (group_id)"
                " WHERE run_id = ? AND trashed_at IS NULL",
                (self.run_id,),
            ).fetchall()
        names, rows = zip(*found, strict=True) if found else ((), ())
        return pa.table(
            {"group_name": pa.array(names, pa.string()), "member": pa.array(rows, pa.int64())}
        )

    def rename(self, group_id: int, name: str) -> None:
        """Give a group another name."""
        name = _checked_name(name)
        if self.get(group_id).name == name:
            return
        with open_database(self.home) as connection, transaction(connection):
            self._refuse_taken(connection, name)
            connection.execute("UPDATE groups SET name = ? WHERE group_id = ?", (name, group_id))

    def trash(self, group_id: int) -> None:
        """Take a group out of the list; `restore` brings it back."""
        self._set_trashed(group_id, utc_now())

    def restore(self, group_id: int) -> None:
        """Bring a group back from the trash.

        Raises:
            FinineError: its name was taken by another meanwhile.
        """
        self._set_trashed(group_id, None)

    def _set_trashed(self, group_id: int, at: str | None) -> None:
        group = self.get(group_id)
        with open_database(self.home) as connection, transaction(connection):
            if at is None and group.trashed:
                self._refuse_taken(connection, group.name)
            connection.execute(
                "UPDATE groups SET trashed_at = ? WHERE group_id = ?", (at, group_id)
            )

    def _refuse_taken(self, connection: sqlite3.Connection, name: str) -> None:
        taken = connection.execute(
            "SELECT 1 FROM groups WHERE run_id = ? AND name = ? AND trashed_at IS NULL",
            (self.run_id, name),
        ).fetchone()
        if taken:
            raise FinineError(
                f"There is a group {name!r} already.", "Choose another name, or rename that one."
            )


def _group_of(line: tuple[Any, ...]) -> SavedGroup:
    group_id, name, selection, reviewer, created_at, rows, trashed = line
    return SavedGroup(group_id, name, selection, reviewer, created_at, rows, bool(trashed))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise FinineError(
            f"{name[:40]!r} is not a name for a group.", f"Use 1 to {LONGEST_NAME} letters."
        )
    return name
