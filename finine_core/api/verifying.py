"""What the marks do to a model: verified by retraining, here or in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from finine_core.api.deciding import Deciding
from finine_core.curation.decisions import RELABEL
from finine_core.told import told_everywhere
from finine_core.verification import DEFAULT_REPEATS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from finine_core.verification import Running, Verification, VerifyProgress, VerifyStatus


@told_everywhere
class Verifying(Deciding):
    """Verifies the rows marked delete and the corrected labels, as they are now."""

    def verify(
        self,
        *,
        repeats: int = DEFAULT_REPEATS,
        seed: int = 0,
        processes: int | None = None,
        on_progress: Callable[[VerifyProgress], None] | None = None,
        model: object = None,
        loss: object = None,
    ) -> Verification:
        """What removing the rows marked delete and correcting labels does, by training again.

        Args:
            repeats: trainings on all rows, on what the marks make of them, and on what the same
                marks make of as many random rows: so many of each.
            seed: of the retrainings; not the run's.
            processes: how many train at once; one per core when None.
            on_progress: called at the start and after each training.
            model, loss: of a run that was made with objects, the same ones again: they are trained
                in this process.

        Raises:
            FinineError: no row is marked so, the run is unfinished, too little is left to
                train on, or a training failed.
        """
        from finine_core.api.own import own_of
        from finine_core.verification import verify

        marked, corrected = self.marks_to_verify()
        return verify(
            self.folder,
            marked,
            corrected=corrected,
            repeats=repeats,
            seed=seed,
            processes=processes,
            on_progress=on_progress,
            own=own_of(model, loss),
        )

    def start_verify(
        self, *, repeats: int = DEFAULT_REPEATS, seed: int = 0, processes: int | None = None
    ) -> None:
        """The same in a process of its own, which outlives this one."""
        from finine_core.verification import start_verification

        marked, corrected = self.marks_to_verify()
        start_verification(
            self.folder,
            marked,
            corrected=corrected,
            repeats=repeats,
            seed=seed,
            processes=processes,
        )

    def verify_status(self, seed: int = 0) -> VerifyStatus:
        """How the verification of these marks stands."""
        from finine_core.verification import observe_verification

        marked, corrected = self.marks_to_verify()
        return observe_verification(self.folder, marked, seed, corrected=corrected)

    def running_verifications(self) -> list[Running]:
        """Those of this run that somebody is at, of whatever marks."""
        from finine_core.verification import running_verifications

        return running_verifications(self.folder)

    def stop_verify(self, key: str) -> None:
        """End one that was started here; finished trainings are kept."""
        from finine_core.verification import stop_verification

        stop_verification(self.folder, key)

    def verification(self) -> Verification | None:
        """The newest stored result for these marks, without training; None when there is none."""
        from finine_core.verification import stored_verification

        marked, corrected = self.marks_to_verify()
        return stored_verification(self.folder, marked, corrected=corrected)

    def verifications(self) -> list[Verification]:
        """Every stored result of this run, newest first, of whatever marks."""
        from finine_core.verification import stored_verifications

        return stored_verifications(self.folder)

    def marked(self) -> NDArray[np.int64]:
        """Row numbers of the rows marked delete.

        Raises:
            FinineError: the run is unfinished.
        """
        self._results.record()  # an unfinished run is told before its missing marks
        marks = self.log.current().to_pandas()
        found: NDArray[np.int64] = marks.loc[marks["decision"] == "delete", "row_number"].to_numpy()
        return found

    def corrected(self) -> dict[int, str]:
        """Row number → class, of the rows whose label is corrected to another than it is.

        Raises:
            FinineError: the run is unfinished.
        """
        self._results.record()
        marks = self.log.current().to_pandas()
        marks = marks.loc[marks["decision"] == RELABEL].set_index("row_number")["label"]
        if marks.empty:
            return {}
        by: Literal["suspicion", "mu"] = "suspicion" if self._results.has_suspicion() else "mu"
        given = self.scores(by=by, where=f"decision = '{RELABEL}'")
        labels = given.set_index("row_number")["label"]
        return {int(row): str(to) for row, to in marks.items() if labels.get(row) != to}

    def marks_to_verify(self) -> tuple[NDArray[np.int64], dict[int, str]]:
        """Of `marked` and `corrected` what is about training rows: only that can change a model.

        Raises:
            FinineError: the run is unfinished.
        """
        import numpy as np

        trained = self._results.training_rows()
        marked, corrected = self.marked(), self.corrected()
        known = set(trained.tolist()) if corrected else set()
        return (
            marked[np.isin(marked, trained)],
            {row: label for row, label in corrected.items() if row in known},
        )
