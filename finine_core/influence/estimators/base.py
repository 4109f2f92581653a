"""What an estimator is: recorded signals of some rows in, one μ per row out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.bootstrap import Draws, redrawn
from finine_core.influence.signals import TargetSignals


class Estimator(ABC):
    """One choice of `--estimator`.

    Attributes:
        model_error: by which share of itself μ was off against real retraining, beyond what the
            recorded epochs tell, on target "self" and on those that rows share ("shared");
            intervals allow for it (docs/fidelity.md).
        carried: whether it reads signals as what is left of them at the end of the run.
    """

    name: str
    description: str
    carried: bool = False
    model_error: ClassVar[Mapping[str, float]] = {}

    @abstractmethod
    def mu(self, signals: TargetSignals) -> NDArray[np.float64]:
        """The whole run's signed Gaussian influence of each row, shape (n,).

        A row with no variance at all gives NaN; the caller reports it.
        """

    def mu_of_draws(self, signals: TargetSignals, draws: Draws) -> NDArray[np.float64]:
        """μ of each row from each draw of recorded epochs, shape (draws, n).

        An estimator that sums over epochs can do this for all draws at once.
        """
        return np.stack([self.mu(redrawn(signals, steps)) for steps in draws.index])
