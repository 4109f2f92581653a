"""The folder of one run: which file is where, and how state is written and read.

A worker holds an exclusive lock on the folder as long as it lives; the kernel gives the lock up
when the process dies, however it dies. So "is somebody at it?" is a question about the lock, and
a reused process id can never be mistaken for a worker.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finine_core.errors import FinineError
from finine_core.files import read_json, write_atomically, write_json
from finine_core.runs.process import Moment, Process
from finine_core.runs.record import check_record
from finine_core.runs.state import State

_BROKEN = "Put the file back from a copy, or throw the run away; the other runs are not concerned."
RUN_SCHEMA = 1
# A worker tries so long for its lock: an onlooker's glance (`is_held`) holds it for an instant, a
# worker that ends gives it up at once, and one that works keeps it for longer.
LOCK_SECONDS = 2.0
# Set aside while a worker is at it, so that the last word of a run can be written on a full disk.
RESERVE_BYTES = 1 << 15


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class RunFolder:
    """Paths and records of one run."""

    path: Path

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def home(self) -> Path:
        return self.path.parent.parent

    @property
    def dataset(self) -> Path:
        return self.path / "dataset.parquet"

    @property
    def encoded(self) -> Path:
        return self.path / "encoded.safetensors"

    @property
    def thumbnails(self) -> Path:
        return self.path / "thumbnails.parquet"

    @property
    def scores(self) -> Path:
        return self.path / "scores.parquet"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.parquet"

    @property
    def embedding(self) -> Path:
        return self.path / "embedding.safetensors"

    @property
    def projection(self) -> Path:
        return self.path / "projection.parquet"

    @property
    def signals(self) -> Path:
        return self.path / "signals"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def cancel_flag(self) -> Path:
        return self.path / "cancel"

    def read(self) -> dict[str, Any]:
        """run.json.

        Raises:
            FinineError: it is missing, damaged, or written by a newer finine.
        """
        path = self.path / "run.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise FinineError(f"{path} cannot be read ({error}).", _BROKEN) from error
        schema = content.get("schema") if isinstance(content, dict) else None
        if isinstance(schema, int) and schema > RUN_SCHEMA:
            raise FinineError(
                f"{path} has schema {schema}; this finine knows up to {RUN_SCHEMA}.",
                "Use the newer finine that made the run.",
            )
        try:
            return check_record(content)
        except FinineError as error:
            raise FinineError(f"{path} is damaged: {error.problem}", _BROKEN) from None

    def update(self, **fields: object) -> None:
        """Change fields of run.json, atomically."""
        write_json(self.path / "run.json", {**self.read(), **fields})

    def read_state(self) -> tuple[State, str]:
        """The stored state and its message; not corrected by whether a worker lives."""
        try:
            content = json.loads((self.path / "state.json").read_text(encoding="utf-8"))
            return State(content["state"]), str(content["message"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise FinineError(
                f"{self.path / 'state.json'} cannot be read ({error}).", _BROKEN
            ) from error

    @property
    def came_up(self) -> bool:
        """Whether a worker has been at it since it was last started."""
        return (self.path / "pid").exists()

    def starter(self) -> Process | None:
        """The process that wrote the stored state; of a queued run, the one that started it."""
        return Process.read(read_json(self.path / "state.json"))

    def state_age(self) -> float:
        """Seconds since the stored state was written, whatever was done to the clock meanwhile."""
        path = self.path / "state.json"
        moment = Moment.read(read_json(path))
        if moment is None:  # written by an earlier finine
            return time.time() - path.stat().st_mtime
        return moment.age

    def write_state(self, state: State, message: str = "") -> None:
        """Store a new state, atomically; on a full disk, in the room that was set aside.

        Raises:
            FinineError: the disk is full, and nothing was set aside.
        """
        by, moment = Process.of(os.getpid()), Moment.now()
        content = {"state": state.value, "message": message, "at": now(), **by.stored}
        content |= moment.stored
        try:
            write_json(self.path / "state.json", content)
        except FinineError:
            if not self._reserve.exists():
                raise
            self.free_reserve()
            write_json(self.path / "state.json", content)

    @property
    def _reserve(self) -> Path:
        return self.path / "reserve"

    def set_reserve_aside(self) -> None:
        """Take a little room on the disk, for the last word."""
        with write_atomically(self._reserve, durable=False) as temporary:
            temporary.write_bytes(bytes(RESERVE_BYTES))

    def free_reserve(self) -> None:
        """Give that room back."""
        self._reserve.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the folder's lock while the body runs; gives False when another holds it."""
        with (self.path / "lock").open("a") as stream:
            deadline = time.monotonic() + LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        yield False
                        return
                time.sleep(LOCK_SECONDS / 100)
            yield True  # closing the file gives the lock up

    def is_held(self) -> bool:
        """Whether a live worker holds the folder."""
        lock = self.path / "lock"
        if not lock.exists():
            return False
        with lock.open("r") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False
