"""How would the rows lie on a flat map on which neighbours stay together? UMAP of the embedding.

Takes points, gives positions, with the same seed the same ones. A cache key says which points and
parameters a stored map is of. Importing umap takes seconds: only the job's process does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError

NEIGHBOURS = 15  # umap's default: between fine structure (few) and the large shape (many)
MIN_DISTANCE = 0.1  # umap's default: groups stay apart and single points can still be clicked
FEWEST_ROWS = 5  # fewer have no neighbourhoods to keep
KEY_LETTERS = 16
UPDATE_SECONDS = 0.5  # between two words about progress


def key_of(embedding: bytes, seed: int) -> str:
    """A name for the map of exactly this embedding by exactly these parameters.

    Examples:
        >>> key_of(b"points", 0) == key_of(b"points", 0), key_of(b"points", 0) == key_of(b"p", 0)
        (True, False)
    """
    parameters = f"umap {NEIGHBOURS} {MIN_DISTANCE} {seed}".encode()
    return hashlib.sha256(parameters + embedding).hexdigest()[:KEY_LETTERS]


def umap_of(
    points: NDArray[np.float32], seed: int, on_epoch: Callable[[int, int], None]
) -> NDArray[np.float32]:
    """Positions of shape (n, 2) for points of shape (n, k).

    Args:
        on_epoch: called with the epochs of the layout that are done, and how many there are.

    Raises:
        FinineError: there are too few points.
    """
    if len(points) < FEWEST_ROWS:
        raise FinineError(
            f"{len(points)} rows have no neighbourhoods to draw.",
            f"UMAP needs {FEWEST_ROWS} rows or more; the PCA map is there.",
        )
    from umap import UMAP

    # One number for all dimensions: those that vary more shall count more, as they do in PCA.
    spread = float(points.std(dtype=np.float64)) or 1.0
    layout = UMAP(
        n_neighbors=min(NEIGHBOURS, len(points) - 1),
        min_dist=MIN_DISTANCE,
        random_state=seed,
        n_jobs=1,  # sums in one order: the same seed gives the same map
        tqdm_kwds={
            "disable": False,
            "file": _Epochs(on_epoch),
            "bar_format": "{n}/{total}",
            "mininterval": UPDATE_SECONDS,
            "desc": "layout",
        },
    )
    return np.asarray(layout.fit_transform(points / np.float32(spread)), dtype=np.float32)


class _Epochs:
    """The stream that umap's progress bar writes to: its epochs, "12/500", are told on."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self.tell = tell

    def write(self, text: str) -> None:
        if found := re.search(r"(\d+)/(\d+)", text):
            self.tell(int(found[1]), int(found[2]))

    def flush(self) -> None:
        """Nothing is held back."""
