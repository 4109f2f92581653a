"""What every question about a row asks of the scores: kept, since those of a finished run stay."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.runs.checksums import read_result
from finine_core.runs.columns import ROW_NUMBER

KEPT_RUNS = 8  # whose row numbers and μ are kept; 50 bytes a row and target


@lru_cache(maxsize=KEPT_RUNS)
def rows_on(scores: Path, written: int, target: str) -> NDArray[np.int64]:  # noqa: ARG001
    """The row numbers of a target's lines, in their order; read-only.

    Args:
        written: when the file was changed last; another time is another file.
    """
    table = read_result(scores, columns=[ROW_NUMBER], filters=[("target", "=", target)])
    rows: NDArray[np.int64] = table.column(ROW_NUMBER).to_numpy()
    rows.flags.writeable = False
    return rows


@lru_cache(maxsize=2 * KEPT_RUNS)
def influence_on(scores: Path, written: int, target: str) -> pa.Table:  # noqa: ARG001
    """Row numbers, μ and its interval on a target."""
    columns = [ROW_NUMBER, "mu", "mu_low", "mu_high"]
    return read_result(scores, columns=columns, filters=[("target", "=", target)])
