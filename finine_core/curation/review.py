"""Which rows of a run should a person look at, in what order, and what was decided on them?

`ReviewTable` joins a run's scores, its input and the decisions in force, and filters, sorts and
pages them with DuckDB over the Parquet files, so that only one page is ever in memory. Conditions
that people write run on a locked connection which can read these two files and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from finine_core.curation.expressions import quoted
from finine_core.curation.joined import Condition, JoinedRows
from finine_core.curation.run_tables import DECISION, NEW_LABEL, ROW_NUMBER, SCORE_COLUMNS
from finine_core.errors import FinineError


class ReviewTable(JoinedRows):
    """The ranked rows of one run, with the decision on each.

    A column of the input keeps its name, unless a score column (or `decision`, `new_label`) has
    it: then it is called `data_<name>`. As in SQL, upper and lower case make no difference.

    Args:
        run_folder: holds `scores.parquet` and `dataset.parquet`.
        home, run_id: whose decisions to show.
        scores: another file of the same shape, for example another estimator's scores.
        in_memory: whether to read both files once and keep them, where they are small enough
            (`locked_database.KEPT_BYTES`): for a table that many questions are asked of.

    Raises:
        FinineError: a file is missing or is no Parquet file with the expected columns.

    Examples:
        >>> import tempfile, pyarrow.parquet as pq
        >>> from pathlib import Path
        >>> folder = Path(tempfile.mkdtemp())
        >>> values = [[0, 1], ["a", "b"], ["self"] * 2, [1.5, 3.0], [1.0, 2.0], [2.0, 4.0], [2, 1],
        ...     [0.1, 0.9], ["cat", "dog"], ["cat", "cat"]]
        >>> pq.write_table(pa.table(values, names=list(SCORE_COLUMNS)), folder / "scores.parquet")
        >>> data = pa.table({"text": ["meow", "miaow"], "row_number": [0, 1]})
        >>> pq.write_table(data, folder / "dataset.parquet")
        >>> review = ReviewTable(folder, folder, "run-1")
        >>> review.query(target="self", where="mu > 1").column("row_id").to_pylist()
        ['b', 'a']
        >>> review.lines([0, 1, 7], target="self", with_data=True).column("text").to_pylist()
        ['meow', 'miaow']
        >>> review.count(target="self", where="text = 'meow'")
        1
        >>> review.row_numbers(target="self", top=1).tolist()
        [1]
        >>> review.classes(target="self").to_pylist()[0]
        {'label': 'cat', 'rows': 1, 'marked': 0}
    """

    def query(
        self,
        *,
        target: str,
        where: str | None = None,
        order_by: str = "rank",
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
        with_data: bool = False,
    ) -> pa.Table:
        """One page: scores, `decision` and `new_label` ('' when none), then the input's columns.

        Args:
            target: what the influence is on: `self` or `validation`.
            where: a SQL condition over `columns()`; None for all rows.
            order_by: any of `columns()`; missing values come last, ties in rank order.
            limit, offset: which lines of the sorted table.
            with_data: whether the input's columns are wanted.

        Raises:
            FinineError: the condition or a column name is wrong; the message says how.
        """
        if offset < 0 or (limit is not None and limit < 0):
            raise FinineError(
                f"The page begins at {offset} and has {limit} rows.", "Use numbers from 0 up."
            )
        wanted = self._score_columns + (self._data_columns if with_data else [])
        columns = ", ".join(quoted(name) for name, _ in wanted)
        order = self._order(order_by, descending)
        condition = self._asked(target, where)
        sql = f"SELECT {columns} {self._from(target, condition, asked=columns + order)}{order}"
        if limit is not None:
            sql += f" LIMIT {int(limit)}"
        return self._run(sql + f" OFFSET {int(offset)}", condition)

    def lines(
        self, rows: Sequence[int] | npt.NDArray[np.integer], *, target: str, with_data: bool = False
    ) -> pa.Table:
        """The lines of these row numbers, in their order; those that are no such rows left out.

        `row_numbers` gives the rows of a list; the lines of a part of these are a page of it.
        """
        asked = [int(row) for row in rows]
        wanted = self._score_columns + (self._data_columns if with_data else [])
        columns = ", ".join(quoted(name) for name, _ in wanted)
        found = self._run(f"SELECT {columns} {self._from(target, None, asked, columns)}")
        place = {row: k for k, row in enumerate(asked)}
        order = np.argsort([place[row] for row in found.column(ROW_NUMBER).to_pylist()])
        return found.take(order)

    def count(self, *, target: str, where: str | None = None) -> int:
        """How many rows meet the condition."""
        condition = self._asked(target, where)
        if condition and condition.found:
            return sum(map(len, condition.found.values()))
        found = self._run(f"SELECT count(*) AS rows {self._from(target, condition)}", condition)
        return int(found.column("rows")[0].as_py())

    def row_numbers(
        self,
        *,
        target: str,
        where: str | None = None,
        order_by: str = "rank",
        descending: bool = False,
        top: int | None = None,
    ) -> npt.NDArray[np.int64]:
        """The row numbers that meet the condition, in order; the first `top` of them."""
        order = self._order(order_by, descending)
        condition = self._asked(target, where)
        sql = f"SELECT {ROW_NUMBER} {self._from(target, condition, asked=order)}{order}"
        if top is not None:
            if top < 0:
                raise FinineError(f"The top {top} rows do not exist.", "Use a number from 0 up.")
            sql += f" LIMIT {int(top)}"
        return self._run(sql, condition).column(ROW_NUMBER).to_numpy()

    def shares(
        self, conditions: Mapping[str, str], *, target: str, where: str | None = None
    ) -> dict[str, dict[str, float | None]]:
        """The share of each label's rows that meet each condition, in one pass.

        Args:
            conditions: any names → SQL conditions, made of columns and values by us: they are not
                looked at as those that people write.
            where: which rows are counted; those for which a condition is NULL are left out of it.

        Returns:
            label → name → share, None where none can be told; labels without rows are left out.
        """
        share = "avg(CAST(({}) AS INTEGER))"
        ours = {name: Condition(sql, sql) for name, sql in conditions.items()}
        found = self._each(share, ours, target, where, by="label")
        return {
            line["label"]: {name: line[f"c{k}"] for k, name in enumerate(conditions)}
            for line in found
        }

    def tally(
        self, conditions: Mapping[str, str], *, target: str, where: str | None = None
    ) -> dict[str, int]:
        """How many rows meet each condition, in one pass over the rows that meet `where`."""
        asked = {}
        for k, (name, one) in enumerate(conditions.items()):
            asked[name] = self._asked(target, one, f"met_{k}") or Condition("true", "true")
        (line,) = self._each("count(*) FILTER ({})", asked, target, where) or [{}]
        return {name: int(line[f"c{k}"]) for k, name in enumerate(conditions)}

    def _each(
        self,
        form: str,
        conditions: Mapping[str, Condition],
        target: str,
        where: str | None,
        by: str | None = None,
    ) -> list[dict[str, Any]]:
        """A line of `form` of every condition (columns c0, c1, …); one for each value of `by`."""
        if not conditions:
            return []
        within = self._asked(target, where)
        columns = [
            form.replace("{}", one.sql) + f" AS c{k}" for k, one in enumerate(conditions.values())
        ]
        grouped = f" GROUP BY {by}" if by else ""
        columns += [by] if by else []
        told = ", ".join(columns)
        sql = f"SELECT {told} {self._from(target, within, asked=told)}{grouped}"
        return self._run(sql, within, *conditions.values()).to_pylist()

    def classes(self, *, target: str, where: str | None = None) -> pa.Table:
        """Per label, largest class first: `label`, `rows`, and `marked` (for deletion)."""
        condition = self._asked(target, where)
        sql = (
            f"SELECT label, count(*) AS rows, count(*) FILTER ({DECISION} = 'delete') AS marked"
            f" {self._from(target, condition)} GROUP BY label ORDER BY rows DESC, label"
        )
        return self._run(sql, condition)


__all__ = ["DECISION", "NEW_LABEL", "ROW_NUMBER", "SCORE_COLUMNS", "ReviewTable"]
