"""Which columns has the joined table of a run, and how is it said in SQL?

`RunTables` opens the run's two files on a locked connection, names their columns so that each is
told from the others, and joins scores, decisions and input.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from finine_core.curation.conditions.asking import ANSWERERS
from finine_core.curation.conditions.groups import OURS
from finine_core.curation.conditions.plain import is_scalar
from finine_core.curation.conditions.question import DATASET, SCORES
from finine_core.curation.decisions import DecisionLog
from finine_core.curation.derived import derived_columns
from finine_core.curation.expressions import first_line, literal, quoted
from finine_core.curation.group_filter import GroupFilter
from finine_core.curation.locked_database import fits, locked_database, parquet_source
from finine_core.errors import FinineError
from finine_core.runs.checksums import damaged, read_result, result_facts, sound
from finine_core.runs.columns import SCORE_COLUMNS

ROW_NUMBER = "row_number"
DECISION = "decision"
NEW_LABEL = "new_label"  # what the label is corrected to
LONG = 2**40  # bytes of a text that may have any length
MARKS = "marks"  # the decisions in force, as a table


class RunTables:
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
        self._files = scores, dataset
        self._scores_sql, self._dataset_sql = parquet_source(scores), parquet_source(dataset)
        kept = self._kept(scores, dataset) if in_memory else {}
        try:
            self._database = locked_database([scores, dataset], kept)
        except duckdb.OutOfMemoryException:  # texts that repeat are much smaller in the file
            kept = {}
            self._database = locked_database([scores, dataset])
        except duckdb.Error as error:  # of a run from before checksums were kept
            path = dataset if _is_readable(scores) else scores
            raise damaged(path, path.parent, first_line(error)) from error
        self._in_memory = bool(kept)
        if kept:
            self._scores_sql, self._dataset_sql = kept
        if in_memory:
            ANSWERERS.start()  # many questions will be asked: nobody waits for its start
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
        self._data_sources: dict[str, str] = {}  # name here, in lower case -> what to read, as SQL
        self._data_key = ""  # the input's row number, as SQL
        self._in_scores, self._lengths = names, dict[str, int]()
        self._name_data_columns(dataset)
        self._data_words = [quoted(name)[1:-1].casefold() for name, _ in self._data_columns]
        self._scalars = {name.casefold() for name, kind in self.columns() if is_scalar(kind)}

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

    def data_columns(self) -> list[str]:
        """The names that the input's columns have here, in the input's order."""
        return [name for name, _ in self._data_columns]

    def _joined(
        self,
        target: str,
        rows: Sequence[int] | None,
        data: bool,
        marks: bool = True,
        elsewhere: bool = False,
    ) -> str:
        """The rows of one target as SQL.

        Args:
            data: whether the input is joined, which costs more than the rest.
            marks: whether the decisions are.
            elsewhere: whether it is for the process that answers conditions.
        """
        scores, dataset = (SCORES, DATASET) if elsewhere else (self._scores_sql, self._dataset_sql)
        listed = None if rows is None else ", ".join(map(str, rows)) or "NULL"
        of_scores = "" if listed is None else f" AND scores.{ROW_NUMBER} IN ({listed})"
        columns = "".join(f", {sql} AS {name}" for name, (_, sql) in self._derived.items())
        joins = ""
        if marks:
            columns += (
                f", coalesce(marks.{DECISION}, '') AS {DECISION},"
                f" coalesce(marks.label, '') AS {NEW_LABEL}"
            )
            joins += f" LEFT JOIN {MARKS} AS marks ON marks.{ROW_NUMBER} = scores.{ROW_NUMBER}"
        if data:
            of_data = "" if listed is None else f" WHERE {self._data_key} IN ({listed})"
            columns += "".join(f", data.{quoted(name)}" for name, _ in self._data_columns)
            joins += (
                f" LEFT JOIN (SELECT {', '.join(self._data_sql)} FROM {dataset}{of_data}) AS data"
                f" ON data.{_JOIN_KEY} = scores.{ROW_NUMBER}"
            )
        return (
            f"SELECT scores.*{columns} FROM {scores} AS scores{joins}"
            f" WHERE scores.target = {literal(target)}{of_scores}"
        )

    def _asks_for_data(self, sql: str) -> bool:
        """Whether a column of the input may be meant: also by a word that only looks like one."""
        text = sql.casefold()
        return "*" in text or "columns" in text or any(one in text for one in self._data_words)

    def _marks(self) -> pa.Table:
        """The decisions in force, read again only when the log has grown."""
        with self._lock:
            version = self._log.version()
            if version != self._decisions_version:
                self._decisions = self._log.current().select([ROW_NUMBER, DECISION, "label"])
                self._decisions_version = version
            return self._decisions

    def _longest(self, column: str) -> int:
        """How many bytes the longest text of a column has, as text; LONG where it can change.

        Args:
            column: its name here, in lower case.
        """
        if column not in self._lengths:
            if column in self._data_sources:
                source, table = self._data_sources[column], self._dataset_sql
            elif column in {name.casefold() for name in self._in_scores}:
                source, table = quoted(column), self._scores_sql
            else:
                return LONG
            sql = f"SELECT max(strlen(CAST({source} AS VARCHAR))) FROM {table}"
            line = self._database.cursor().execute(sql).fetchone()
            self._lengths[column] = int(line[0] or 0) if line else 0
        return self._lengths[column]

    def _usable(self) -> str:
        return "Columns: " + ", ".join(name for name, _ in self.columns()) + "."

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
        _, names = result_facts(dataset)
        if ROW_NUMBER not in names:
            raise FinineError(f"{dataset} has no column {ROW_NUMBER}.", "Run it again.")
        taken = {name.casefold() for name, _ in self._score_columns} | {_JOIN_KEY, *OURS}
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
            self._data_sources[alias.casefold()] = quoted(source)


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
