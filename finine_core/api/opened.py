"""A run that is open: who it is, how it goes, and what it recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finine_core.runs import RunFolder, Status, cancel, observe, resume, wait
from finine_core.runs.results import Results


@dataclass(frozen=True)
class Opened:
    """What every part of `Run` stands on."""

    folder: RunFolder

    @property
    def run_id(self) -> str:
        """Its name in commands and folders."""
        return self.folder.run_id

    @property
    def home(self) -> Path:
        """The folder that holds the database and all runs."""
        return self.folder.home

    def status(self) -> Status:
        """Its state and progress, now."""
        return observe(self.folder)

    def record(self) -> dict[str, Any]:
        """run.json: config, resolved settings, dataset facts, versions, results."""
        return self.folder.read()

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets it recorded.

        Raises:
            FinineError: it has not come so far.
        """
        return self._results.targets()

    # --- its life ---

    def wait(self, on_progress: Callable[[Status], None] | None = None) -> Status:
        """Block until it is over."""
        return wait(self.folder, on_progress)

    def cancel(self) -> Status:
        """Stop it."""
        return cancel(self.folder)

    def resume(self) -> None:
        """Let it go on from its last checkpoint."""
        resume(self.folder)

    @property
    def _results(self) -> Results:
        return Results(self.folder)
