"""What does a list say of each run? One line per run, without reading every folder every time.

A line is made from run.json and state.json and kept for as long as neither file changes; only runs
that are not over are looked at more closely. Names come from the database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from finine_core.database import DATABASE_NAME, RunEntry, run_entries
from finine_core.dataset import named_labels
from finine_core.errors import FinineError
from finine_core.measures import ACCURACY, Measure, measured
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs import observe
from finine_core.runs.state import State, Status
from finine_core.runs.unfinished import finish_what_was_begun

KEPT_LINES = 5_000  # more runs than any home will have; a line is below a kilobyte


@dataclass(frozen=True)
class RunLine:
    """One run in a list; `status` is None, and `problem` says why, where it cannot be read.

    Attributes:
        data: path of the input file.
        rows: of the input file; None before it was read.
        measure, quality: how good the model is on the held-out rows; None while there is none.
        expected_seconds, seconds: what it was to take and what it took, for the next estimate.
    """

    run_id: str
    name: str
    created_at: str
    trashed_at: str | None = None
    status: Status | None = None
    data: str = ""
    label: str = ""
    rows: int | None = None
    measure: Measure = ACCURACY
    quality: float | None = None
    expected_seconds: float | None = None
    seconds: float | None = None
    problem: str = ""

    @property
    def state(self) -> State | None:
        """Its state, where that can be told."""
        return None if self.status is None else self.status.state

    def matches(self, search: str) -> bool:
        """Whether every word of `search` is in its name, id, file, label or state.

        Examples:
            >>> line = RunLine("r1", "First try", "", data="/d/tweets.csv", label="mood")
            >>> line.matches("tweets FIRST"), line.matches("second")
            (True, False)
        """
        state = "cannot be read" if self.state is None else self.state.value
        parts = (self.name, self.run_id, Path(self.data).name, self.label, state)
        told = " ".join(parts).casefold()
        return all(word in told for word in search.casefold().split())


def run_lines(home: Path, *, trashed: bool = False) -> list[RunLine]:
    """A line for each run of a home, newest first, or for each one in its trash."""
    if not (home / DATABASE_NAME).exists():
        return []
    finish_what_was_begun(home)
    found = [_line(home, entry) for entry in run_entries(home, trashed=trashed)]
    return [line for line in found if line is not None]


def _line(home: Path, entry: RunEntry) -> RunLine | None:
    folder = RunFolder(home.resolve() / "runs" / entry.run_id)
    bare = RunLine(entry.run_id, entry.name, entry.created_at, entry.trashed_at)
    try:
        times = tuple(
            (folder.path / name).stat().st_mtime_ns for name in ("run.json", "state.json")
        )
    except FileNotFoundError as error:
        if not (folder.path / "run.json").exists():
            return None
        return replace(bare, problem=f"{error.filename} is missing.")
    kept = _kept_line(folder, times)
    line = replace(
        kept,
        name=entry.name,
        created_at=entry.created_at,
        trashed_at=entry.trashed_at,
    )
    if line.state is None or line.state.over:
        return line
    try:  # only now must the lock be tried and the progress be read
        return replace(line, status=observe(folder))
    except FinineError as error:
        return replace(bare, problem=str(error))


@lru_cache(maxsize=KEPT_LINES)
def _kept_line(folder: RunFolder, times: tuple[int, ...]) -> RunLine:  # noqa: ARG001
    """What the files of a run say; `times` are when they were changed last."""
    bare = RunLine(folder.run_id, "", "")
    try:
        record = folder.read()
        state, message = folder.read_state()
        config, results = record["config"], record["results"] or {}
        measure, quality = measured(results, "validation_")
        return replace(
            bare,
            status=Status(state, message),
            data=config["data"],
            label=", ".join(named_labels(config["label"])),
            rows=(record.get("dataset") or {}).get("rows"),
            measure=measure,
            quality=quality,
            expected_seconds=results.get("seconds_expected"),
            seconds=results.get("seconds_total"),
        )
    except (FinineError, ValueError, LookupError, TypeError, AttributeError) as error:
        return replace(bare, problem=f"Its record cannot be read ({error}).")
