"""Scores, input and decisions of a run as one table that conditions can be asked of.

`JoinedRows` knows the columns and their names, checks conditions that people write, and runs
queries on a locked connection which can read the run's two files and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.curation.decisions import DecisionLog
from finine_core.curation.derived import derived_columns
from finine_core.curation.expressions import (
    EXPRESSION_HELP,
    checked_condition,
    first_line,
    literal,
    quoted,
    shown,
)
from finine_core.curation.group_filter import GroupFilter
from finine_core.curation.locked_database import (
    MEMORY_LIMIT,
    QUERY_SECONDS,
    fits,
    interrupted_after,
    locked_database,
    parquet_source,
)
from finine_core.errors import FinineError
from finine_core.runs.checksums import damaged, read_result, sound
from finine_core.runs.columns import SCORE_COLUMNS

ROW_NUMBER = "row_number"
DECISION = "decision"
NEW_LABEL = "new_label"  # what the label is corrected to


class JoinedRows:
    """What `ReviewTable` asks its questions of; its arguments and errors are described there."""

    def __init__(
        self,
        run_folder: Path,
        home: Path,
        run_id: str,
        *,
        scores: Path | None = None,
        in_memory: bool = False,
    ) -> None:
        self._log = DecisionLog(home, run_id)
        self._groups = GroupFilter(home, run_id)
        self._lock = threading.Lock()  # pages of the app run in threads and may share this table
        self._decisions_version = -1
        self._decisions = self._log.current().slice(0, 0)
        scores = sound(_existing(scores or run_folder / "scores.parquet"))
        dataset = sound(_existing(run_folder / "dataset.parquet"))
        self._scores_sql, self._dataset_sql = parquet_source(scores), parquet_source(dataset)
        kept = self._kept(scores, dataset) if in_memory else {}
        try:
            self._database = locked_database([scores, dataset], kept)
        except duckdb.Error as error:  # of a run from before checksums were kept
            path = dataset if _is_readable(scores) else scores
            raise damaged(path, path.parent, first_line(error)) from error
        if kept:
            self._scores_sql, self._dataset_sql = kept
        score_columns = self._describe(self._scores_sql, scores)
        names = tuple(name for name, _ in score_columns)
        if names[: len(SCORE_COLUMNS)] != SCORE_COLUMNS:
            raise FinineError(
                f"{scores} begins with the columns {', '.join(names[: len(SCORE_COLUMNS)])}.",
                f"Expected {', '.join(SCORE_COLUMNS)}; compute the scores of this run again.",
            )
        self._derived = derived_columns(names, self._rows_a_target())
        derived = [(name, kind) for name, (kind, _) in self._derived.items()]
        self._score_columns = [
            *score_columns,
            *derived,
            (DECISION, "VARCHAR"),
            (NEW_LABEL, "VARCHAR"),
        ]
        self._data_columns: list[tuple[str, str]] = []  # (name here, type)
        self._data_sql: list[str] = []  # the same columns, as a SELECT list
        self._aliases: dict[str, str] = {}  # input column -> its name here
        self._data_key = ""  # the input's row number, as SQL
        self._name_data_columns(dataset)
        self._data_words = [quoted(name)[1:-1].casefold() for name, _ in self._data_columns]

    def columns(self) -> list[tuple[str, str]]:
        """Every column a condition may use, as (name, DuckDB type): scores, decision, input.

        Besides, `in_group('name')` holds for the rows of a saved group.
        """
        return [*self._score_columns, *self._data_columns]

    def name_of(self, column: str) -> str:
        """What an input column is called here.

        Raises:
            FinineError: the input has no such column.
        """
        if column not in self._aliases:
            raise FinineError(f"There is no column {column!r} in the input.", self._usable())
        return self._aliases[column]

    def condition(self, column: str, value: str | None) -> str:
        """The condition that an input column has a value, given as text; None for a missing one.

        Raises:
            FinineError: there is no such column.
        """
        name = self._aliases.get(column, column)
        kinds = dict(self.columns())
        if name not in kinds:
            raise FinineError(f"There is no column {column!r}.", self._usable())
        if value is None:
            return f"{quoted(name)} IS NULL"
        if kinds[name] == "BOOLEAN":
            return f"{quoted(name)} = {value.lower()}"
        if kinds[name] == "VARCHAR":
            return f"{quoted(name)} = {literal(value)}"
        return f"CAST({quoted(name)} AS VARCHAR) = {literal(value)}"

    def _from(
        self, target: str, where: str | None, rows: Sequence[int] | None = None, asked: str = ""
    ) -> str:
        """FROM and WHERE: the joined rows of one target that meet the condition.

        The input is joined only where a column of it is asked for: that costs more than the rest.

        Args:
            rows: only these: both sides are cut down before they are joined.
            asked: what else stands in the query: columns and order.
        """
        listed = None if rows is None else ", ".join(map(str, rows)) or "NULL"
        of_scores = "" if listed is None else f" AND scores.{ROW_NUMBER} IN ({listed})"
        data, joined_data = "", ""
        if self._asks_for_data(f"{where or ''} {asked}"):
            of_data = "" if listed is None else f" WHERE {self._data_key} IN ({listed})"
            data = "".join(f", data.{part}" for part in (quoted(n) for n, _ in self._data_columns))
            joined_data = (
                f" LEFT JOIN (SELECT {', '.join(self._data_sql)}"
                f" FROM {self._dataset_sql}{of_data}) AS data"
                f" ON data.{_JOIN_KEY} = scores.{ROW_NUMBER}"
            )
        derived = "".join(f", {sql} AS {name}" for name, (_, sql) in self._derived.items())
        joined = (
            f"SELECT scores.*{derived}, coalesce(marks.{DECISION}, '') AS {DECISION},"
            f" coalesce(marks.label, '') AS {NEW_LABEL}{data}"
            f" FROM {self._scores_sql} AS scores"
            f" LEFT JOIN marks ON marks.{ROW_NUMBER} = scores.{ROW_NUMBER}{joined_data}"
            f" WHERE scores.target = {literal(target)}{of_scores}"
        )
        if where is None or not where.strip():
            return f"FROM ({joined}) AS review"
        condition = checked_condition(where, self._database.cursor())
        return f"FROM ({joined}) AS review WHERE {condition}"

    def _asks_for_data(self, sql: str) -> bool:
        """Whether a column of the input may be meant: also by a word that only looks like one."""
        text = sql.casefold()
        return "*" in text or "columns" in text or any(one in text for one in self._data_words)

    @staticmethod
    def _kept(scores: Path, dataset: Path) -> dict[str, Path]:
        """The tables to hold in memory: both files, where they are small enough."""
        try:
            small = fits(scores) and fits(dataset)
        except (OSError, pa.ArrowException):
            return {}  # what is wrong with them is said where their columns are read
        return {_SCORES: scores, _DATASET: dataset} if small else {}

    def _rows_a_target(self) -> int:
        sql = f"SELECT count(*) // greatest(count(DISTINCT target), 1) FROM {self._scores_sql}"
        line = self._database.execute(sql).fetchone()
        return int(line[0]) if line else 0

    def _order(self, order_by: str, descending: bool) -> str:
        known = {name.casefold(): name for name, _ in self.columns()}
        if order_by.casefold() not in known:
            raise FinineError(f"There is no column {order_by!r} to sort by.", self._usable())
        direction = "DESC" if descending else "ASC"
        column = quoted(known[order_by.casefold()])
        return f" ORDER BY {column} {direction} NULLS LAST, rank, {ROW_NUMBER}"

    def _run(self, sql: str, where: str | None) -> pa.Table:
        cursor = self._database.cursor()
        try:
            cursor.register("marks", self._marks())
            self._groups.register(cursor, where)
            if where is None:
                return cursor.sql(sql).to_arrow_table()
            with interrupted_after(cursor, QUERY_SECONDS):
                return cursor.sql(sql).to_arrow_table()
        except duckdb.InterruptException as error:
            raise FinineError(
                f"The filter {shown(where or '')} takes longer than {QUERY_SECONDS:g} seconds.",
                "Ask for less: fewer functions, shorter patterns, or one part of it at a time.",
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise FinineError(
                f"The filter {shown(where or '')} needs more than {MEMORY_LIMIT} of memory.",
                "Ask for less: fewer functions, or one part of it at a time.",
            ) from error
        except duckdb.Error as error:
            if where is None:
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

    def _marks(self) -> pa.Table:
        """The decisions in force, read again only when the log has grown."""
        with self._lock:
            version = self._log.version()
            if version != self._decisions_version:
                self._decisions = self._log.current().select([ROW_NUMBER, DECISION, "label"])
                self._decisions_version = version
            return self._decisions

    def _usable(self) -> str:
        return "Columns: " + ", ".join(name for name, _ in self.columns()) + "."

    def _describe(self, source: str, path: Path) -> list[tuple[str, str]]:
        try:
            lines = self._database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        except duckdb.Error as error:
            raise FinineError(
                f"{path} cannot be read as Parquet: {first_line(error)}.", "Run it again."
            ) from error
        return [(line[0], line[1]) for line in lines]

    def _name_data_columns(self, dataset: Path) -> None:
        """Choose the name of each input column, and how to read it from the file."""
        in_duckdb = self._describe(self._dataset_sql, dataset)
        # DuckDB renames columns that differ only in case, so names are paired up by position.
        names = pq.read_schema(dataset).names
        if ROW_NUMBER not in names:
            raise FinineError(f"{dataset} has no column {ROW_NUMBER}.", "Run it again.")
        taken = {name.casefold() for name, _ in self._score_columns} | {_JOIN_KEY}
        for name, (source, kind) in zip(names, in_duckdb, strict=True):
            if name == ROW_NUMBER:
                self._data_key = quoted(source)
                self._data_sql.append(f"{self._data_key} AS {_JOIN_KEY}")
                continue
            alias = name
            while alias.casefold() in taken:
                alias = f"data_{alias}"
            taken.add(alias.casefold())
            self._aliases[name] = alias
            self._data_columns.append((alias, kind))
            self._data_sql.append(f"{quoted(source)} AS {quoted(alias)}")

    def data_columns(self) -> list[str]:
        """The names that the input's columns have here, in the input's order."""
        return [name for name, _ in self._data_columns]


_SCORES, _DATASET = "finine_scores", "finine_dataset"  # tables in memory
_JOIN_KEY = "finine_row_number"  # the input's row number inside a query; never shown


def _is_readable(path: Path) -> bool:
    try:
        read_result(path)
    except FinineError:
        return False
    return True


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FinineError(f"{path} does not exist.", "Wait until the run is finished.")
    return path.resolve()
