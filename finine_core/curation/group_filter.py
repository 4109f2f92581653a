"""How does a condition ask whether a row is in a saved group?

Gives `in_group('name')` to a DuckDB connection: a macro over the members of the groups in use, read
from the home's database only for conditions that ask, and again only when a group came, went or
was renamed. A name there is not is an error and no empty list.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from finine_core.curation.conditions.groups import (
    GROUP_NAME,
    IN_GROUP,
    MEMBER,
    MEMBERS,
    make_known,
)
from finine_core.curation.expressions import literal
from finine_core.curation.saved_groups import SavedGroups

if TYPE_CHECKING:
    import pyarrow as pa


class GroupFilter:
    """The function `in_group` for the saved groups of one run."""

    def __init__(self, home: Path, run_id: str) -> None:
        self._groups = SavedGroups(home, run_id)
        self._lock = threading.Lock()
        self._read: tuple[tuple[tuple[int, str], ...], pa.Table] | None = None  # version, members

    def register(self, cursor: duckdb.DuckDBPyConnection, where: str | None) -> None:
        """Make `in_group` known to a cursor, if the condition asks for it."""
        if asks_for_groups(where):
            cursor.register(MEMBERS, self.members())
            make_known(cursor)

    def members(self) -> pa.Table:
        """The members of the groups in use, as the macro looks them up."""
        with self._lock:
            version = self._groups.version()
            if self._read is None or self._read[0] != version:
                found = self._groups.members()
                self._read = version, found.rename_columns([GROUP_NAME, MEMBER])
            return self._read[1]


def in_group(name: str) -> str:
    """The condition that a row is in the saved group of that name.

    Examples:
        >>> in_group("it's odd")
        "in_group('it''s odd')"
    """
    return f"{IN_GROUP}({literal(name)})"


def asks_for_groups(where: str | None) -> bool:
    """Whether the answer to a condition depends on the saved groups.

    Examples:
        >>> asks_for_groups("mu > 1 AND In_Group('odd')"), asks_for_groups(None)
        (True, False)
    """
    return where is not None and IN_GROUP in where.casefold()
