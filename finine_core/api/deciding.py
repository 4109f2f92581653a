"""Deciding on rows: marks, undo and redo, as events of an append-only log."""

from __future__ import annotations

import difflib
import getpass
from typing import TYPE_CHECKING, Unpack

from finine_core.api.looking import Looking, chosen_by
from finine_core.curation.decisions import DecisionLog, Event, check_decision
from finine_core.curation.selection import Selection, SelectionOptions
from finine_core.errors import FinineError
from finine_core.told import told_everywhere

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from finine_core.curation.saved_groups import SavedGroup

LISTED_CLASSES = 20  # in an error message


@told_everywhere
class Deciding(Looking):
    """The deciding part of `Run`."""

    # --- decisions ---

    @property
    def log(self) -> DecisionLog:
        """The append-only log of decisions."""
        return DecisionLog(self.home, self.run_id)

    @chosen_by
    def mark(
        self,
        *,
        decision: str = "delete",
        label: str | None = None,
        reason: str = "",
        reviewer: str = "",
        **selection: Unpack[SelectionOptions],
    ) -> Event:
        """Decide on rows: delete, keep, review, relabel, or clear. One call is one undoable event.

        Args:
            decision: `relabel` keeps the rows and corrects their label to `label`.
            selection: which rows, see `SelectionOptions`.

        Raises:
            FinineError: no row meets the selection, the decision is unknown, or the label is no
                class of the run.
        """
        self.check_decision(decision, label)
        asked = Selection.of(selection)
        chosen = self._rows_of(asked)
        if len(chosen) == 0 and asked.fdr is not None:
            raise FinineError(
                f"No row stands out on target {self._results.target(asked.target)} at a false"
                f" discovery rate of {100 * asked.fdr:g} %; nothing was marked.",
                "Allow a higher rate, or look at the first rows by rank (--top).",
            )
        if len(chosen) == 0:
            raise FinineError("No row meets the selection; nothing was marked.")
        return self.log.mark(
            chosen,
            decision,
            label=label,
            reason=reason,
            reviewer=reviewer or default_reviewer(),
            selection=self._words(asked, chosen),
        )

    @chosen_by
    def correct(
        self, *, reason: str = "", reviewer: str = "", **selection: Unpack[SelectionOptions]
    ) -> list[Event]:
        """Correct the labels of rows to those that are suggested for them: an event a label.

        Args:
            selection: which rows, see `SelectionOptions`; those without a suggestion, and those
                that are decided on already, are left out.

        Raises:
            FinineError: no row of the selection has a suggestion.
        """
        asked = Selection.of(selection)
        chosen = set(self._rows_of(asked).tolist())
        ranking = self._results.ranking(asked.target, asked.by)
        found = self.review().query(target=ranking, where="suggested_label <> '' AND decision = ''")
        found = found.to_pandas()
        found = found[found["row_number"].isin(chosen)]
        if found.empty:
            raise FinineError(
                f"For none of these {len(chosen):,} rows another label is suggested, or all that"
                " have one are decided on.",
                "Look at them one by one, or give the label yourself.",
            )
        return [
            self.log.mark(
                part["row_number"].to_numpy(),
                "relabel",
                label=str(label),
                reason=reason,
                reviewer=reviewer or default_reviewer(),
                selection=self._words(asked, part["row_number"].to_numpy()),
            )
            for label, part in found.groupby("suggested_label", sort=True)
        ]

    def check_decision(self, decision: str, label: str | None = None) -> None:
        """Refuse a decision that `mark` would refuse: unknown, or with a label that is no class.

        Raises:
            FinineError: see above; the classes are named.
        """
        check_decision(decision, label)
        if label is None:
            return
        from finine_core.dataset.tasks import MULTI_LABEL, REGRESSION

        dataset = self._results.record()["dataset"]
        if dataset.get("task") == REGRESSION.name:
            raise FinineError(
                "This run learned a number, and numbers are not corrected: the model's guess is no"
                " measurement.",
                "Mark the row as delete or review, or correct the number in your file.",
            )
        if dataset.get("task") == MULTI_LABEL.name:
            raise FinineError(
                "This run learned several labels of a row, and finine does not correct these yet.",
                "Mark the row as delete or review, or correct its labels in your file.",
            )
        classes = dataset["classes"]
        if label not in classes:
            close = difflib.get_close_matches(label, classes, n=2)
            guess = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
            more = f", … ({len(classes):,} in all)" if len(classes) > LISTED_CLASSES else ""
            listed = ", ".join(map(repr, classes[:LISTED_CLASSES])) + more
            raise FinineError(
                f"{label!r} is not a class of this run, so no label can be corrected to it.",
                f"{guess}Its classes: {listed}.",
            )

    @chosen_by
    def save_group(
        self, name: str, *, reviewer: str = "", **selection: Unpack[SelectionOptions]
    ) -> SavedGroup:
        """Save training rows under a name, to look at, compare or decide on them together later.

        Args:
            selection: which rows, see `SelectionOptions`; they are saved as they are now, whatever
                a condition would find later.

        Raises:
            FinineError: no row meets the selection, or the name is empty, too long or taken.
        """
        asked = Selection.of(selection)
        chosen = self._rows_of(asked)
        if len(chosen) == 0:
            raise FinineError("No row meets the selection; nothing was saved.")
        return self.groups.save(
            chosen,
            name,
            reviewer=reviewer or default_reviewer(),
            selection=self._words(asked, chosen),
        )

    def _words(self, asked: Selection, chosen: NDArray[np.int64]) -> str:
        return asked.words(chosen, self._results.ranking(asked.target, asked.by))

    def undo(self, reviewer: str = "") -> Event | None:
        """Take the last decision back; None when there is none."""
        return self.log.undo(reviewer or default_reviewer())

    def redo(self, reviewer: str = "") -> Event | None:
        """Bring the last undone decision back; None when there is none."""
        return self.log.redo(reviewer or default_reviewer())

    def decisions(self) -> list[Event]:
        """Every event of the log, oldest first."""
        return self.log.events()


def default_reviewer() -> str:
    """The name of the user who is logged in, for the decision log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
