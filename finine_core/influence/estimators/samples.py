"""With- and without-samples of a row: the recorded steps taken as draws, as the paper takes them.

The paper's pseudocode collects O (the batch's effect on the target with the row) and O′ (without
it) along a run, and tests one sample against the other. Here O′_t is the background less its
expectation, and O_t = O′_t + s_t. Steps are taken as they are: a run whose learning rate or
gradients shrink mixes wide and narrow draws, which the pooled estimators do not mind and these do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from finine_core.influence.signals import TargetSignals

CHUNK_ROWS = 2048  # rows compared at once: 2048 × 2T × T comparisons stay under 10 MB


def samples(
    signals: TargetSignals,
) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float32]]]:
    """Chunks of rows with their samples O and O′, each (T, rows)."""
    rows = signals.signal.shape[1]
    for start in range(0, rows, CHUNK_ROWS):
        at = slice(start, min(start + CHUNK_ROWS, rows))
        part = signals.of_rows(at)
        without = np.broadcast_to(part.residual(), part.signal.shape)
        yield at, without + part.signal, without
