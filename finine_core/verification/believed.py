"""Which held-out rows may judge a model? Those whose own label is not doubted.

A right correction makes a model contradict the wrong labels among the held-out rows: measured by
these it looks like harm.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from finine_core.runs import RunFolder
from finine_core.runs.checksums import read_result, result_facts
from finine_core.runs.columns import BY_SUSPICION, FOLD
from finine_core.suspicion.signals.cleaned_margin import CLEANED_MARGIN
from finine_core.suspicion.trust import believed as not_doubted

BELIEVED, RECALL = "believed_", "recall_"  # how names of measures on these rows begin
MOST_RECALLS = 30  # classes whose recall is kept; of more nobody reads them
# The signal is above 0 where a probe that learned from trusted rows prefers another class.
DOUBTED = CLEANED_MARGIN.name


def believed(folder: RunFolder, codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The held-out rows whose label is not doubted, or that a person trusts, shape (m,).

    Args:
        codes: their given classes, in the order of the stored inputs.
    """
    everything = np.ones(len(codes), dtype=bool)
    if folder.read()["config"].get("trusted"):
        return everything
    names = result_facts(folder.scores)[1]
    if DOUBTED not in names:
        return everything  # a run from before labels were judged
    told = FOLD if FOLD in names else "mu"  # with folds every row has a μ
    table = read_result(
        folder.scores, columns=[DOUBTED, told], filters=[("target", "=", BY_SUSPICION)]
    )
    column = table.column(told)
    held_out = table.filter(pc.equal(column, 1) if told == FOLD else column.is_null())
    if len(held_out) != len(codes):  # they are of a second file, whose rows are in no list
        return everything
    return not_doubted(held_out.column(DOUBTED).to_numpy() > 0, codes)
