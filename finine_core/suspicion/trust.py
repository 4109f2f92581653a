"""How far is the own label of a held-out row to be trusted?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.chances import margins
from finine_core.suspicion.features import Floats
from finine_core.suspicion.probe import Opinions

DOUBTED = 0.5  # below, a label is likelier wrong than right
# Where more of a class is doubted, it is the judge that cannot tell: then all of it is believed.
MOST_DOUBTED = 0.8


def trust_of(opinions: Opinions, codes: NDArray[np.int64]) -> Floats:
    """The weight of each row in a target, from 0 to 1: p_y / (p_y + max_other), out of fold.

    With held-out labels as noisy as the rest, −μ on a validation set that counts every row whole
    finds fewer wrong labels than chance (docs/suspicion.md).
    """
    found: Floats = (1 / (1 + np.exp(-margins(opinions.chances, codes)))).astype(np.float32)
    return found


def believed(doubted: NDArray[np.bool_], codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The rows that are not doubted, and all rows of a class of which nearly all are.

    Examples:
        >>> doubted = np.array([True, False, False, True, True, True])
        >>> believed(doubted, np.array([0, 0, 0, 1, 1, 1])).tolist()
        [False, True, True, True, True, True]
    """
    found = ~doubted
    for code in np.unique(codes):
        if doubted[codes == code].mean() > MOST_DOUBTED:
            found |= codes == code
    return found
