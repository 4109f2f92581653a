"""A run that is open: who it is, how it goes, and what it recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finine_core.errors import FinineError
from finine_core.runs import keeping
from finine_core.runs.folder import RunFolder
from finine_core.runs.folds import folds_in
from finine_core.runs.jobs import cancel, observe, resume, wait
from finine_core.runs.state import Status
from finine_core.told import told_everywhere

if TYPE_CHECKING:
    from finine_core.runs.results import Results


@told_everywhere
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
        """run.json: config, resolved settings, dataset facts, versions, results; and its name."""
        return {**self.folder.read(), "name": self.name}

    @property
    def name(self) -> str:
        """What people call it."""
        return keeping.name_of(self.folder)

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets it recorded.

        Raises:
            FinineError: it has not come so far.
        """
        return self._results.targets()

    @property
    def folds(self) -> int:
        """How many trainings it is, each without another fold of the rows; 1 without folds."""
        return folds_in(self.folder.read())

    @property
    def scored(self) -> int:
        """How many rows have a μ: those that some training learned from."""
        return len(self._results.scored_rows())

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

    def rename(self, name: str) -> None:
        """Call it something else, everywhere.

        Raises:
            FinineError: the name is empty, too long, or has more than one line.
        """
        keeping.rename(self.folder, name)

    def trash(self) -> None:
        """Take it off the lists; nothing is lost, and `restore` brings it back.

        Raises:
            FinineError: it waits or is going on.
        """
        keeping.trash(self.folder)

    def restore(self) -> None:
        """Bring it back from the trash."""
        keeping.restore(self.folder)

    def delete(self) -> None:
        """Remove it for good: model, scores and signals; its marks stay in the log of decisions.

        Raises:
            FinineError: it is not in the trash, or a verification of it is going on.
        """
        from finine_core.verification import running_verifications

        if running_verifications(self.folder):
            raise FinineError(
                f"A verification of run {self.run_id} is going on.",
                "Wait until it is done, or stop it.",
            )
        keeping.delete(self.folder)

    @property
    def _results(self) -> Results:
        from finine_core.runs.results import Results

        return Results(self.folder)
