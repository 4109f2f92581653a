"""Scores, input and decisions of a run as one table that conditions can be asked of.

`JoinedRows` knows the columns and their names, checks conditions that people write, and runs
queries on a locked connection which can read the run's two files and nothing else. A condition
whose memory is not known beforehand is answered by a process with hard limits
(`conditions/`): here it is the condition to be among the rows that were found.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from finine_core.curation.conditions.asking import ANSWERERS
from finine_core.curation.conditions.groups import MEMBERS
from finine_core.curation.conditions.plain import MOST_BYTES, bytes_of_copies
from finine_core.curation.conditions.question import ANSWER_SECONDS, Question
from finine_core.curation.expressions import (
    EXPRESSION_HELP,
    checked_condition,
    first_line,
    quoted,
    shown,
)
from finine_core.curation.group_filter import asks_for_groups
from finine_core.curation.locked_database import (
    MEMORY_LIMIT,
    QUERY_SECONDS,
    THREADS,
    interrupted_after,
)
from finine_core.curation.run_tables import DECISION, MARKS, NEW_LABEL, ROW_NUMBER, RunTables
from finine_core.errors import FinineError


@dataclass(frozen=True)
class Condition:
    """A condition as it is asked here.

    Attributes:
        text: as it was written, for messages.
        sql: what follows WHERE.
        found: tables of row numbers that `sql` asks: name → table.
    """

    text: str
    sql: str
    found: Mapping[str, pa.Table] = field(default_factory=dict)


# The pages of a list, its counts and its classes ask the same condition.
KEPT_ANSWERS = 4  # 8 bytes a row, and the decisions where the condition asks for them
CLOCKS = ("now", "today", "current_", "local")  # words of conditions that change by themselves


class JoinedRows(RunTables):
    """Queries on the joined table; its arguments and errors are described at `ReviewTable`."""

    @cached_property
    def _answers(self) -> deque[tuple[Question, npt.NDArray[np.int64]]]:
        return deque(maxlen=KEPT_ANSWERS)

    def _asked(self, target: str, where: str | None, name: str = "met") -> Condition | None:
        """A condition that a person wrote, checked; None where there is none.

        Args:
            name: of the table of rows that meet it, if it is not answered here.
        """
        if where is None or not where.strip():
            return None
        begun = time.monotonic()
        checked = checked_condition(where, self._database.cursor(), self._scalars)
        if checked.copied is not None and self._copies_are_small(checked.copied):
            return Condition(where, checked.sql)
        rows = self._rows_found(self._question(target, checked.sql), where, begun)
        sql = f"{ROW_NUMBER} IN (SELECT {ROW_NUMBER} FROM {name})"
        return Condition(where, sql, {name: pa.table({ROW_NUMBER: rows})})

    def _rows_found(self, question: Question, where: str, begun: float) -> npt.NDArray[np.int64]:
        """The rows that meet a condition; of one that was just asked the same.

        Args:
            begun: when it began to be parsed, by the monotonic clock.
        """
        changes = any(one in where.casefold() for one in CLOCKS)
        with self._lock:
            for asked, rows in () if changes else self._answers:
                if asked == question:
                    return rows
        advice, spent = self._usable(), time.monotonic() - begun
        rows = ANSWERERS.rows(question, where, advice, ANSWER_SECONDS, spent)
        with self._lock:
            self._answers.appendleft((question, rows))
        return rows

    def _copies_are_small(self, columns: Sequence[str]) -> bool:
        longest = [self._longest(name) for name in columns]
        return bytes_of_copies(longest, THREADS) <= MOST_BYTES

    def _question(self, target: str, sql: str) -> Question:
        """Which rows meet this condition? For the process that answers."""
        tables = {}
        if any(one in sql.casefold() for one in (DECISION, NEW_LABEL)):
            tables[MARKS] = _streamed(self._marks())
        if asks_for_groups(sql):
            tables[MEMBERS] = _streamed(self._groups.members())
        joined = self._joined(target, None, self._asks_for_data(sql), MARKS in tables, True)
        scores, dataset = self._files
        return Question(
            str(scores),
            str(dataset),
            tuple(path.stat().st_mtime_ns for path in self._files if path.exists()),
            self._in_memory,
            self._data_key,
            f"SELECT {ROW_NUMBER} FROM ({joined}) AS review WHERE {sql}",
            tables,
        )

    def _from(
        self,
        target: str,
        condition: Condition | None,
        rows: Sequence[int] | None = None,
        asked: str = "",
    ) -> str:
        """FROM and WHERE: the joined rows of one target that meet the condition.

        Args:
            rows: only these: both sides are cut down before they are joined.
            asked: what else stands in the query: columns and order.
        """
        sql = condition.sql if condition else ""
        joined = self._joined(target, rows, self._asks_for_data(f"{sql} {asked}"))
        return f"FROM ({joined}) AS review" + (f" WHERE {sql}" if sql else "")

    def _order(self, order_by: str, descending: bool) -> str:
        known = {name.casefold(): name for name, _ in self.columns()}
        if order_by.casefold() not in known:
            raise FinineError(f"There is no column {order_by!r} to sort by.", self._usable())
        direction = "DESC" if descending else "ASC"
        column = quoted(known[order_by.casefold()])
        return f" ORDER BY {column} {direction} NULLS LAST, rank, {ROW_NUMBER}"

    def _run(self, sql: str, *conditions: Condition | None) -> pa.Table:
        """What a query gives; `conditions` are those that stand in it."""
        asked = [one for one in conditions if one is not None]
        where = " AND ".join(one.text for one in asked)
        cursor = self._database.cursor()
        try:
            cursor.register(MARKS, self._marks())
            self._groups.register(cursor, " ".join(one.sql for one in asked))
            for one in asked:
                for name, found in one.found.items():
                    cursor.register(name, found)
            if not asked:
                return cursor.sql(sql).to_arrow_table()
            with interrupted_after(cursor, QUERY_SECONDS):
                return cursor.sql(sql).to_arrow_table()
        except duckdb.InterruptException as error:
            raise FinineError(
                f"The filter {shown(where)} takes longer than {QUERY_SECONDS:g} seconds.",
                "Ask for less: one part of it at a time.",
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise FinineError(
                f"The filter {shown(where)} needs more than {MEMORY_LIMIT} of memory.",
                "Ask for less: one part of it at a time.",
            ) from error
        except duckdb.Error as error:
            if not asked:
                raise FinineError(
                    f"The scores of this run cannot be read: {first_line(error)}.",
                    "Compute them again.",
                ) from error
            raise FinineError(
                f"The filter {shown(where)} does not work: {first_line(error)}.",
                f"{EXPRESSION_HELP} {self._usable()}",
            ) from error
        finally:
            cursor.close()


def _streamed(table: pa.Table) -> bytes:
    """A table as bytes of an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())
