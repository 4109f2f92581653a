"""What removing the marked rows does: verified by retraining, here or in a process of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from finine_core.api.deciding import Deciding
from finine_core.verification import (
    DEFAULT_REPEATS,
    Running,
    Verification,
    VerifyProgress,
    VerifyStatus,
    observe_verification,
    running_verifications,
    start_verification,
    stop_verification,
    stored_verification,
    stored_verifications,
    verify,
)


class Verifying(Deciding):
    """Verifies the rows marked delete, as they are marked now."""

    def verify(
        self,
        *,
        repeats: int = DEFAULT_REPEATS,
        seed: int = 0,
        processes: int | None = None,
        on_progress: Callable[[VerifyProgress], None] | None = None,
    ) -> Verification:
        """What removing the rows marked delete does, by training again with and without them.

        Args:
            repeats: trainings with, without, and without as many random rows: so many of each.
            seed: of the retrainings; not the run's.
            processes: how many train at once; one per core when None.
            on_progress: called at the start and after each training.

        Raises:
            FinineError: no row is marked delete, the run is unfinished, too little is left to
                train on, or a training failed.
        """
        return verify(
            self.folder,
            self.marked(),
            repeats=repeats,
            seed=seed,
            processes=processes,
            on_progress=on_progress,
        )

    def start_verify(
        self, *, repeats: int = DEFAULT_REPEATS, seed: int = 0, processes: int | None = None
    ) -> None:
        """The same in a process of its own, which outlives this one."""
        start_verification(
            self.folder, self.marked(), repeats=repeats, seed=seed, processes=processes
        )

    def verify_status(self, seed: int = 0) -> VerifyStatus:
        """How the verification of these marks stands."""
        return observe_verification(self.folder, self.marked(), seed)

    def running_verifications(self) -> list[Running]:
        """Those of this run that somebody is at, of whatever marks."""
        return running_verifications(self.folder)

    def stop_verify(self, key: str) -> None:
        """End one that was started here; finished trainings are kept."""
        stop_verification(self.folder, key)

    def verification(self) -> Verification | None:
        """The newest stored result for these marks, without training; None when there is none."""
        return stored_verification(self.folder, self.marked())

    def verifications(self) -> list[Verification]:
        """Every stored result of this run, newest first, of whatever marks."""
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
