"""What did people decide about which rows, and what holds now?

`DecisionLog` takes marks on rows of one run and gives the decision in force for each row. Every
bulk action is one event in an append-only log; undo and redo are events too, so the log tells the
whole story, and several people or processes may write to it at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finine_core.curation.decision_queries import COUNTS, CURRENT, EVENTS, NEXT_REDO, NEXT_UNDO
from finine_core.database import open_database, transaction, utc_now
from finine_core.errors import FinineError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

RELABEL = "relabel"  # keep the row and correct its label; the new label stands beside it
DECISIONS = ("delete", "keep", "review", RELABEL)  # what a row can be
CLEAR = "clear"  # the mark that takes a row's decision away
# Beside the row number, of each row with a decision in force; each is text.
_IN_FORCE = ("decision", "label", "reason", "reviewer", "at")


@dataclass(frozen=True)
class Event:
    """One entry of the log.

    `label` is the corrected label of a `relabel`; `rows` counts the rows it touched; `of_event` is
    the mark that an undo or redo is about; `active` says that a mark is in force (an undo or redo
    itself is never `active`).
    """

    event_id: int
    at: str
    reviewer: str
    kind: str
    decision: str | None
    label: str | None
    reason: str
    selection: str
    rows: int
    of_event: int | None
    active: bool


class DecisionLog:
    """The decisions on the rows of one run.

    Examples:
        >>> import tempfile
        >>> log = DecisionLog(Path(tempfile.mkdtemp()), "run-1")
        >>> log.mark([3, 5], "delete", reason="wrong label", reviewer="ann").rows
        2
        >>> log.counts()
        {'delete': 2, 'keep': 0, 'review': 0, 'relabel': 0}
        >>> log.undo().decision, log.current().num_rows
        ('delete', 0)
    """

    def __init__(self, home: Path, run_id: str) -> None:
        self.home = home
        self.run_id = run_id

    def mark(
        self,
        row_numbers: Sequence[int] | npt.NDArray[np.integer],
        decision: str,
        *,
        label: str | None = None,
        reason: str = "",
        reviewer: str = "",
        selection: str = "",
    ) -> Event:
        """Decide on many rows in one event, which one undo takes back.

        Args:
            row_numbers: 0-based rows of the input file; a repeated one counts once.
            decision: `delete`, `keep`, `review`, `relabel`, or `clear` to take the decision away.
            label: what the label should be; with `relabel`, and only with it.
            selection: how the rows were chosen, in words, for the report.

        Raises:
            FinineError: no rows, a row number that cannot be one, an unknown decision, or a label
                without `relabel` or the other way round.

        Examples:
            >>> import tempfile
            >>> log = DecisionLog(Path(tempfile.mkdtemp()), "run-1")
            >>> event = log.mark([7, 7, 8], "review", selection="mu > 2")
            >>> event.rows, event.active
            (2, True)
        """
        check_decision(decision, label)
        rows = checked_rows(row_numbers)
        with open_database(self.home) as connection, transaction(connection):
            event_id = self._append(
                connection, "mark", reviewer, rows.size, decision, label, reason, selection
            )
            connection.executemany(
                "INSERT INTO event_rows (event_id, row_number) VALUES (?, ?)",
                ((event_id, row) for row in rows.tolist()),
            )
            return self._event(connection, event_id)

    def undo(self, reviewer: str = "") -> Event | None:
        """Take back the newest mark in force, whoever made it; None when there is none.

        Examples:
            >>> import tempfile
            >>> log = DecisionLog(Path(tempfile.mkdtemp()), "run-1")
            >>> log.undo() is None
            True
        """
        return self._flip("undo", NEXT_UNDO, reviewer)

    def redo(self, reviewer: str = "") -> Event | None:
        """Put the last undone mark back; None when nothing was undone since the last mark.

        Examples:
            >>> import tempfile
            >>> log = DecisionLog(Path(tempfile.mkdtemp()), "run-1")
            >>> _ = log.mark([1], "keep"), log.undo()
            >>> log.redo().active, log.redo() is None
            (True, True)
        """
        return self._flip("redo", NEXT_REDO, reviewer)

    def next_undo(self) -> Event | None:
        """The mark that `undo` would take back; None when there is none."""
        with open_database(self.home) as connection:
            (mark_id,) = connection.execute(NEXT_UNDO, {"run": self.run_id}).fetchone()
            return None if mark_id is None else self._event(connection, mark_id)

    def events(self, after: int = 0) -> list[Event]:
        """The events of this run that came after a `version`, oldest first; without it, all."""
        asked = {"run": self.run_id, "event": None, "after": after}
        with open_database(self.home) as connection:
            lines = connection.execute(EVENTS, asked).fetchall()
        return [_event_of(line) for line in lines]

    def version(self) -> int:
        """The id of the newest event, 0 when there is none.

        The log is append-only, so an equal version means equal decisions: a key for caches. Ask
        for it before what it is to stand for: read after, it hides what came in between.
        """
        with open_database(self.home) as connection:
            line = connection.execute(
                "SELECT COALESCE(MAX(event_id), 0) FROM events WHERE run_id = ?", (self.run_id,)
            ).fetchone()
        return int(line[0])

    def current(self) -> pa.Table:
        """The decision in force for each marked row, in row order.

        Columns: row_number, and as text decision, label, reason, reviewer, at.

        A row's newest mark that was not undone holds; rows it cleared are absent.

        Examples:
            >>> import tempfile
            >>> log = DecisionLog(Path(tempfile.mkdtemp()), "run-1")
            >>> _ = log.mark([1, 2], "delete"), log.mark([2], "clear")
            >>> log.current().column("row_number").to_pylist()
            [1]
        """
        import numpy as np
        import pyarrow as pa

        with open_database(self.home) as connection:
            connection.execute("BEGIN")  # both reads see the same moment
            lines = connection.execute(CURRENT, {"run": self.run_id}).fetchall()
            marks = connection.execute(
                "SELECT event_id, decision, label, reason, reviewer, at FROM events"
                " WHERE run_id = ? AND kind = 'mark' ORDER BY event_id",
                (self.run_id,),
            ).fetchall()
            connection.execute("COMMIT")
        # The text belongs to the event, so it is looked up per event and not carried per row.
        pairs = np.array(lines, dtype=np.int64).reshape(-1, 2)  # (marked rows, 2)
        place = np.searchsorted(np.array([mark[0] for mark in marks], np.int64), pairs[:, 1])
        columns = {"row_number": pa.array(pairs[:, 0])}
        for field, name in enumerate(_IN_FORCE, start=1):
            columns[name] = pa.array([mark[field] for mark in marks], pa.string()).take(place)
        return pa.table(columns)

    def counts(self) -> dict[str, int]:
        """How many rows have each decision; every decision is listed, also at 0."""
        with open_database(self.home) as connection:
            found = dict(connection.execute(COUNTS, {"run": self.run_id}).fetchall())
        return {decision: found.get(decision, 0) for decision in DECISIONS}

    def rows_of(self, event_id: int) -> npt.NDArray[np.int64]:
        """The rows a mark touched, ascending; for an undo or redo, those of its mark.

        Raises:
            FinineError: this run has no such event.

        Examples:
            >>> import tempfile
            >>> log = DecisionLog(Path(tempfile.mkdtemp()), "run-1")
            >>> log.rows_of(log.mark([9, 4], "keep").event_id).tolist()
            [4, 9]
        """
        import numpy as np

        with open_database(self.home) as connection:
            event = self._event(connection, event_id)
            rows = connection.execute(
                "SELECT row_number FROM event_rows WHERE event_id = ? ORDER BY row_number",
                (event.of_event or event.event_id,),
            ).fetchall()
        return np.array([row for (row,) in rows], dtype=np.int64)

    def _flip(self, kind: str, which: str, reviewer: str) -> Event | None:
        with open_database(self.home) as connection, transaction(connection):
            (mark_id,) = connection.execute(which, {"run": self.run_id}).fetchone()
            if mark_id is None:
                return None
            rows = self._event(connection, mark_id).rows
            self._append(connection, kind, reviewer, rows, of_event=mark_id)
            return self._event(connection, mark_id)

    def _append(
        self,
        connection: sqlite3.Connection,
        kind: str,
        reviewer: str,
        rows: int,
        decision: str | None = None,
        label: str | None = None,
        reason: str = "",
        selection: str = "",
        of_event: int | None = None,
    ) -> int:
        cursor = connection.execute(
            "INSERT INTO events"
            " (run_id, at, reviewer, kind, decision, label, reason, selection, of_event, rows)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.run_id, utc_now(), reviewer, kind, decision, label, reason, selection,
                of_event, rows,
            ),
        )  # fmt: skip
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _event(self, connection: sqlite3.Connection, event_id: int) -> Event:
        asked = {"run": self.run_id, "event": event_id, "after": 0}
        line = connection.execute(EVENTS, asked).fetchone()
        if line is None:
            raise FinineError(f"Run {self.run_id!r} has no event {event_id}.")
        return _event_of(line)


def _event_of(line: tuple[Any, ...]) -> Event:
    """An event from a line of `EVENTS`."""
    event_id, at, reviewer, kind, decision, label, reason, selection, rows, of, active = line
    return Event(
        event_id, at, reviewer, kind, decision, label, reason, selection, rows, of, bool(active)
    )


def check_decision(decision: str, label: str | None) -> None:
    """Refuse an unknown decision, and a label without `relabel` or the other way round."""
    if decision not in (*DECISIONS, CLEAR):
        raise FinineError(
            f"{decision!r} is not a decision.", f"Use one of {', '.join((*DECISIONS, CLEAR))}."
        )
    if (decision == RELABEL) != (label is not None):
        given = "without a label" if label is None else f"with the label {label!r}"
        raise FinineError(
            f"Decision {decision!r} {given}.",
            f"A corrected label goes with {RELABEL!r}, and only with it.",
        )


def checked_rows(rows: Sequence[int] | npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Ascending, distinct row numbers, shape (rows,).

    Raises:
        FinineError: there are none, or one cannot be a row number.
    """
    import numpy as np

    numbers = np.asarray(rows)
    if numbers.size == 0:
        raise FinineError("No rows are selected.", "Select at least one row.")
    # a boolean mask would otherwise be read as the row numbers 0 and 1
    if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer):
        raise FinineError(
            f"Row numbers are a list of whole numbers, not {numbers.dtype} of shape "
            f"{numbers.shape}.",
            "Turn a mask into row numbers with numpy.flatnonzero.",
        )
    if numbers.min() < 0:
        raise FinineError(
            f"{numbers.min()} is not a row number.", "Rows are counted from 0 in the input file."
        )
    return np.unique(numbers.astype(np.int64))
