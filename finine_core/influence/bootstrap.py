"""Which epochs might as well have been recorded? Draws of whole blocks of the recorded ones.

Neighbouring epochs resemble each other, so blocks are drawn rather than epochs. What is drawn of
signals that were carried to the end of the run is in units of their deviations: what is left of a
carried signal depends on its place in the run, which is no matter of chance (a draw without the
last epochs would have little left), so deviations stay in their places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.signals import Floats, TargetSignals

RESAMPLES = 200  # enough for 5 % tails of 10 draws each
_BOOTSTRAP_STREAM = 11


@dataclass(frozen=True)
class Draws:
    """Draws of blocks of neighbouring epochs, put side by side and cut to the T recorded ones.

    Attributes:
        starts: first epoch of each block, shape (draws, blocks).
        length: epochs in a block.
        steps: T.

    Examples:
        >>> Draws(np.array([[1, 0]]), length=2, steps=3).index
        array([[1, 2, 0]])
    """

    starts: NDArray[np.int64]
    length: int
    steps: int

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def index(self) -> NDArray[np.int64]:
        """The recorded epoch in each place, shape (draws, T)."""
        whole = (self.starts[:, :, None] + np.arange(self.length)).reshape(len(self), -1)
        return whole[:, : self.steps]

    def totals(self, values: Floats) -> NDArray[np.float64]:
        """Σ over places of the drawn epochs' values: (T, n) → (draws, n)."""
        return self.weighted(values, np.ones((self.steps, 1), dtype=np.float32))

    def weighted(self, values: Floats, weights: Floats) -> NDArray[np.float64]:
        """Σ_t values[drawn for place t] · weights[t], of (T, n) and (T, n) or (T, 1); (draws, n).

        The sum over a block is the same in every draw that begins it at the same epoch, and
        there are fewer such epochs than draws.

        Examples:
            >>> draws = Draws(np.array([[1, 0]]), length=2, steps=3)  # 1 2 0
            >>> draws.weighted(np.array([[10.0], [20], [30]]), np.array([[3.0], [2], [1]]))
            array([[130.]])
        """
        values, weights = values.astype(np.float64), weights.astype(np.float64)
        found = np.zeros((len(self), values.shape[1]))
        for block, drawn in enumerate(self.starts.T):
            first = block * self.length
            starts, which = np.unique(drawn, return_inverse=True)
            sums = np.zeros((len(starts), values.shape[1]))
            for k in range(min(self.length, self.steps - first)):
                sums += values[starts + k] * weights[first + k]
            found += sums[which]
        return found


def block_draws(steps: int, seed: int) -> Draws:
    """RESAMPLES draws of so many recorded epochs.

    Blocks are of length ⌈T^⅓⌉, the usual rate for a mean of dependent values.

    Examples:
        >>> block_draws(32, seed=0).index.shape
        (200, 32)
    """
    length = int(np.ceil(steps ** (1 / 3)))
    random = np.random.default_rng([seed, _BOOTSTRAP_STREAM])
    blocks = int(np.ceil(steps / length))
    return Draws(random.integers(0, steps - length + 1, (RESAMPLES, blocks)), length, steps)


def redrawn(signals: TargetSignals, steps: NDArray[np.int64]) -> TargetSignals:
    """The signals of other epochs in the places of the recorded ones: one draw, for any estimator.

    Args:
        steps: one line of `Draws.index`.
    """
    if not signals.carried:
        return signals.of_steps(steps)
    units, deviation = in_units(signals)
    return replace(signals, signal=units[steps] * deviation)


def in_units(signals: TargetSignals) -> tuple[Floats, Floats]:
    """Signals over their deviations (0 where there is none), and the deviations."""
    deviation = np.sqrt(signals.variance)
    units = np.divide(
        signals.signal, deviation, out=np.zeros_like(signals.signal), where=deviation > 0
    )
    return units, deviation


def quantiles(values: NDArray[np.float64], shares: list[float]) -> NDArray[np.float64]:
    """`np.nanquantile(values, shares, axis=0)`, of (draws, n): (shares, n), NaN where all are.

    Columns are sorted side by side; NumPy's function takes one after the other where any value is
    NaN, and passes over all of them once more to see.

    Examples:
        >>> quantiles(np.array([[3.0, np.nan], [1.0, 4.0]]), [0.25, 0.5])
        array([[1.5, 4. ],
               [2. , 4. ]])
    """
    ordered = np.sort(np.ascontiguousarray(values.T), axis=1)  # NaN last
    known = len(values) - np.isnan(ordered).sum(axis=1)
    rows = np.arange(len(ordered))
    found = np.empty((len(shares), len(ordered)))
    for line, share in zip(found, shares, strict=True):
        place = share * np.maximum(known - 1, 0)
        below = np.floor(place).astype(np.int64)
        low = ordered[rows, below]
        high = ordered[rows, np.minimum(below + 1, np.maximum(known - 1, 0))]
        line[:] = low + (high - low) * (place - below)
    return found
