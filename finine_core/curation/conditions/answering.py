"""The process that answers conditions: `python -m finine_core.curation.conditions.answering`.

Reads questions from stdin and answers each on stdout with the numbers of the rows that meet the
condition. The system refuses it more memory than `OWN_BYTES`, and any writing of files; who asks
ends it when its time is over. When stdin closes it ends at once, in the middle of an answer too.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from collections import OrderedDict
from pathlib import Path
from queue import Empty, Queue
from typing import IO

import duckdb
import numpy as np
from numpy.typing import NDArray

from finine_core.curation.conditions.groups import MEMBERS, make_known
from finine_core.curation.conditions.question import (
    ANSWER_SECONDS,
    DATASET,
    OWN_BYTES,
    SCORES,
    Question,
)
from finine_core.curation.expressions import first_line, quoted
from finine_core.curation.locked_database import locked_database, parquet_source

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

DUCKDB_LIMIT = "600MB"  # what DuckDB counts; the system's limit is for what it does not
OPEN_DATABASES = 2  # with tables of up to `locked_database.KEPT_BYTES`
IDLE_SECONDS = 600.0  # then the process ends, and its memory is free
# A part of the rows has so many bytes of text at most, and so many rows: a sixteenth, or a few.
PART_BYTES, PART_SHARE, FEWEST_ROWS = 200_000, 16, 16
_TOO_LARGE = (duckdb.OutOfMemoryException, MemoryError)


def main() -> None:
    """Answer until stdin closes."""
    answers = _claim_stdout()
    questions: Queue[Question] = Queue()
    threading.Thread(target=_listen, args=(questions,), daemon=True).start()
    _limit()
    answerer = Answerer()
    answers.write(b"ready\n")
    answers.flush()
    while True:
        try:
            question = questions.get(timeout=IDLE_SECONDS)
        except Empty:
            os._exit(0)
        _end_if_nobody_does(ANSWER_SECONDS + 10)
        _answer(answerer, question, answers)
        _end_if_nobody_does(0)


class Answerer:
    """Finds the rows; keeps the tables of the runs that were asked about last."""

    def __init__(self) -> None:
        self._databases: OrderedDict[tuple[object, ...], duckdb.DuckDBPyConnection] = OrderedDict()

    def rows(self, question: Question) -> NDArray[np.int64]:
        """The numbers of the rows that meet the condition.

        Raises:
            duckdb.Error: the condition does not work, or needs too much memory.
        """
        if not question.in_parts:
            return self._part(question, None)
        rows, longest = self._extent(question)
        size = max(FEWEST_ROWS, min(rows // PART_SHARE, PART_BYTES // max(longest, 1)))
        parts = [self._part(question, (first, first + size)) for first in range(0, rows, size)]
        return np.concatenate([np.empty(0, dtype=np.int64), *parts])

    def _part(self, question: Question, part: tuple[int, int] | None) -> NDArray[np.int64]:
        """The rows that meet the condition; of those from the first number to before the second."""
        database = self._opened(question)
        with database.cursor() as cursor:
            if part:
                for name, number in ((SCORES, "row_number"), (DATASET, question.row_column)):
                    cursor.execute(
                        f"CREATE OR REPLACE TEMP VIEW {name} AS FROM memory.main.{name}"
                        f" WHERE {number} >= {part[0]} AND {number} < {part[1]}"
                    )
            for name, content in question.tables.items():
                cursor.register(name, _table(content))
            if MEMBERS in question.tables:
                make_known(cursor)
            found = cursor.execute(question.sql).fetchnumpy()["row_number"]
        return np.ascontiguousarray(found, dtype=np.int64)

    def _extent(self, question: Question) -> tuple[int, int]:
        """One more than the largest row number, and the bytes of the longest text of the input."""
        with self._opened(question).cursor() as cursor:
            rows = cursor.execute(f"SELECT max(row_number) + 1 FROM {SCORES}").fetchone()
            described = cursor.execute(f"DESCRIBE {DATASET}").fetchall()
            texts = [quoted(line[0]) for line in described if line[1] == "VARCHAR"]
            lengths = ", ".join(f"max(strlen({one}))" for one in texts) or "0"
            longest = cursor.execute(f"SELECT {lengths} FROM {DATASET}").fetchone()
        return int((rows and rows[0]) or 0), max((one or 0 for one in longest or ()), default=0)

    def _opened(self, question: Question) -> duckdb.DuckDBPyConnection:
        """The database that has the run's files as its tables SCORES and DATASET."""
        files = {SCORES: Path(question.scores), DATASET: Path(question.dataset)}
        key = (question.scores, question.dataset, question.stamp, question.kept)
        if key not in self._databases:
            while len(self._databases) >= OPEN_DATABASES:
                self._databases.popitem(last=False)[1].close()
            kept = files if question.kept else {}
            made = locked_database(list(files.values()), kept, DUCKDB_LIMIT, indexed=False)
            if not kept:
                for name, path in files.items():
                    made.execute(f"CREATE VIEW {name} AS FROM {parquet_source(path)}")
            self._databases[key] = made
        self._databases.move_to_end(key)
        return self._databases[key]


def _answer(answerer: Answerer, question: Question, answers: IO[bytes]) -> None:
    """Write the answer; end the process after one that may have left it in disorder."""
    rows, over = np.empty(0, dtype=np.int64), False
    try:
        rows = answerer.rows(question)
        head: dict[str, object] = {"rows": len(rows)}
    except _TOO_LARGE:
        head, over = {"problem": "memory"}, True
    except duckdb.Error as error:
        head = {"problem": first_line(error)}
        over = isinstance(error, duckdb.FatalException | duckdb.InternalException)
    answers.write(json.dumps(head).encode() + b"\n" + rows.tobytes())
    answers.flush()
    if over:
        os._exit(0)


def _table(content: bytes) -> object:
    import pyarrow as pa  # most questions bring no table, and a start is half as long without

    return pa.ipc.open_stream(content).read_all()


def _limit() -> None:
    """Let the system refuse more memory, and every file that would be written."""
    if resource is None:
        return
    for kind, most in (
        (resource.RLIMIT_DATA, OWN_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (limit, limit))
        except (OSError, ValueError):
            if sys.platform == "linux":  # other systems may lack a limit; SECURITY.md says so
                raise


def _end_if_nobody_does(seconds: float) -> None:
    """End by the system's clock, in case the process that asked is stopped; 0 for not at all."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _claim_stdout() -> IO[bytes]:
    """Keep stdout for answers; whatever else is printed goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _listen(questions: Queue[Question]) -> None:
    stream = io.BufferedReader(io.FileIO(0, closefd=False))
    while (question := Question.receive(stream)) is not None:
        questions.put(question)
    os._exit(0)  # nobody is there any more to read an answer


if __name__ == "__main__":
    main()
