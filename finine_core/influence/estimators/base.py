"""What an estimator is: recorded signals of some rows in, one μ per row out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.signals import TargetSignals


class Estimator(Protocol):
    """One choice of `--estimator`."""

    name: str
    description: str

    def mu(self, signals: TargetSignals) -> NDArray[np.float64]:
        """The whole run's signed Gaussian influence of each row, shape (n,).

        A row with no variance at all gives NaN; the caller reports it.
        """
