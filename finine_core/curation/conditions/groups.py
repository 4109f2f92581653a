"""The function `in_group`, as DuckDB knows it: a macro over a table of group names and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

IN_GROUP = "in_group"
MEMBERS = "members"  # the table: `group_name`, `member`
_SQL = f"""CREATE OR REPLACE TEMP MACRO {IN_GROUP}(wanted) AS
    CASE WHEN wanted IN (SELECT group_name FROM {MEMBERS})
    THEN row_number IN (SELECT member FROM {MEMBERS} WHERE group_name = wanted)
    ELSE error('There is no saved group ' || wanted || ' in use') END"""


def make_known(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make `in_group` known to a cursor that has the table MEMBERS."""
    cursor.execute(_SQL)
