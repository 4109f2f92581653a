"""What a run knows of its labelled rows: all that signals of suspicion are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.probe import Opinions, Probe


@dataclass(frozen=True, eq=False)
class Evidence:
    """n rows, those that were trained on first, then those that were held out.

    Attributes:
        codes: the given class of each row, shape (n,).
        probe: cheap models, fitted out of fold.
        opinions: what they say when rows have these labels.
        margins: log p_y − log max_other of the run's own model, mean over its epochs, shape (n,);
            None where the labels are not those that it was trained on.
        influence: μ of each row on the held-out rows, shape (n,), missing (NaN) where the row was
            not trained on; None where there is no such target or the labels are others.
    """

    codes: NDArray[np.int64]
    probe: Probe
    opinions: Opinions
    margins: NDArray[np.floating] | None = None
    influence: NDArray[np.floating] | None = None

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.probe.classes

    def relabelled(self, codes: NDArray[np.int64]) -> Evidence:
        """The same rows with other labels, of which only the probe can say something."""
        return replace(
            self, codes=codes, opinions=self.probe.opinions(codes), margins=None, influence=None
        )
