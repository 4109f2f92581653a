"""What is said between the process that asks a condition and the one that answers it.

A question is a line of JSON, then the tables it needs as Arrow streams; an answer is a line of
JSON, then the row numbers as 64-bit integers. Nothing in them is code but the SQL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import IO

SCORES, DATASET = "asked_scores", "asked_dataset"  # what a question's SQL calls the run's two files
# The process that answers may have so much memory in all (`docs/reliability.md`).
MEMORY_LIMIT = "1 GB"
# What the system allows it of its own making; the libraries' code, mapped from files, comes on top.
OWN_BYTES = 880 * 2**20
ANSWER_SECONDS = 20.0  # then it is ended; a search in 1 million rows takes two or three


@dataclass(frozen=True)
class Question:
    """Which rows meet a condition?

    Attributes:
        scores, dataset: the run's files.
        stamp: of both files; tables that were read from others are read again.
        kept: whether both are small enough to be kept in memory.
        row_column: what the row number is called in the data set, as SQL.
        sql: gives the column `row_number`, from the tables SCORES and DATASET.
        tables: others that it asks, as bytes of Arrow streams.
        in_parts: whether it is answered for a part of the rows after the other.
    """

    scores: str
    dataset: str
    stamp: tuple[int, ...]
    kept: bool
    row_column: str
    sql: str
    tables: Mapping[str, bytes] = field(default_factory=dict)
    in_parts: bool = False

    def send(self, stream: IO[bytes]) -> None:
        """Write it."""
        sizes = {name: len(content) for name, content in self.tables.items()}
        head = asdict(self) | {"tables": sizes}
        stream.write(json.dumps(head).encode() + b"\n")
        for content in self.tables.values():
            stream.write(content)
        stream.flush()

    @classmethod
    def receive(cls, stream: IO[bytes]) -> Question | None:
        """Read one; None where the stream ends.

        Examples:
            >>> import io
            >>> asked = Question("s", "d", (1, 2), True, "row_number", "SELECT 1", {"marks": b"xy"})
            >>> asked.send(pipe := io.BytesIO())
            >>> Question.receive(io.BytesIO(pipe.getvalue())) == asked
            True
            >>> Question.receive(io.BytesIO()) is None
            True
        """
        line = stream.readline()
        if not line.endswith(b"\n"):
            return None
        head = json.loads(line)
        tables = {name: stream.read(size) for name, size in head.pop("tables").items()}
        return cls(**head | {"stamp": tuple(head["stamp"])}, tables=tables)
