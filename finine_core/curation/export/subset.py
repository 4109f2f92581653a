"""Some rows of the input, in a file of their own: to look at elsewhere, or to hand to somebody.

The file has the input's format, columns and order; its rows are byte for byte those of the input.
Nothing is decided by it, and the input is only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from finine_core.curation.export.names import check_apart, check_ending
from finine_core.curation.export.whole import written_whole
from finine_core.curation.export.write import check_source
from finine_core.errors import FinineError
from finine_core.files import make_folder
from finine_core.formats import format_of
from finine_core.formats.sources.saved_layout import is_saved_dataset


def write_subset(
    source: Path,
    row_numbers: Sequence[int] | npt.NDArray[np.integer],
    rows: int,
    out: Path,
    expected_sha256: str,
    *,
    overwrite: bool = False,
) -> int:
    """Write some rows of `source` to the file `out`; gives how many.

    Args:
        row_numbers: 0-based; a repeated one counts once, their order is the input's.
        rows: of the input.
        expected_sha256: the hash that the run noted for its input.

    Raises:
        FinineError: no rows, the source is missing or changed, or `out` exists, is the source, or
            is named like a file of another format.
    """
    chosen = np.unique(np.asarray(row_numbers, dtype=np.int64))
    if not len(chosen):
        raise FinineError("No row meets the selection; nothing was written.")
    check_ending(out, source)
    check_source(source, expected_sha256)
    if out.exists() and out.samefile(source):
        raise FinineError(f"{out} is the input itself.", "Choose another file.")
    if is_saved_dataset(source):
        check_apart(out, source)
    if out.exists() and not overwrite:
        raise FinineError(f"{out} exists already.", "Choose another file, or allow overwriting.")
    keep = np.zeros(rows, dtype=np.bool_)
    keep[chosen] = True
    make_folder(out.parent)
    with written_whole(out, source) as temporary:
        format_of(source).write_subset(source, keep, temporary)
    check_source(source, expected_sha256)  # it may have changed while it was read
    return len(chosen)
