"""The function `in_group`, as DuckDB knows it: a macro over a table of group names and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

IN_GROUP = "in_group"
# Names that no column of the data has in a query (`run_tables.py` renames one that would): what
# stands in the brackets of `in_group` is looked up among these first. MEMBERS is a table.
OURS = MEMBERS, MEMBER, GROUP_NAME, WANTED = (
    "finine_members", "finine_member", "finine_group_name", "finine_wanted_group",
)  # fmt: skip
_SQL = f"""CREATE OR REPLACE TEMP MACRO {IN_GROUP}({WANTED}) AS
    CASE WHEN {WANTED} IN (SELECT {GROUP_NAME} FROM {MEMBERS})
    THEN row_number IN (SELECT {MEMBER} FROM {MEMBERS} WHERE {GROUP_NAME} = {WANTED})
    ELSE error('There is no saved group ' || {WANTED} || ' in use') END"""


def make_known(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make `in_group` known to a cursor that has the table MEMBERS."""
    cursor.execute(_SQL)
