"""Where does the trained model put each training row, and which rows lie next to it?

The activations before the model's last linear layer, reduced by PCA to at most 50 dimensions, are
the *embedding*: rows that are close in it look alike to the model. It is written when a run is
scored and read here; its first two dimensions are the quick picture on the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from finine_core.errors import FinineError
from finine_core.files import write_parquet
from finine_core.runs.checksums import noting_checksum, read_result, sound
from finine_core.runs.folder import RunFolder
from finine_core.runs.map import NEIGHBOURS

DIMENSIONS = 50  # UMAP's usual input: what lies beyond is mostly noise, and 100k rows stay at 20 MB
DISTANCE_ROWS = 8192  # rows compared at a time: the differences stay in the processor's cache
ROW_NUMBER, PCA = "row_number", ("pca_x", "pca_y")
_EMBEDDING = "embedding"  # the tensors of embedding.safetensors: this and the row numbers


@dataclass(frozen=True, eq=False)
class Embedding:
    """Positions of the training rows.

    Attributes:
        rows: (n,) row numbers, in the order of the training part.
        points: (n, k) float32, k at most 50; the first dimensions hold the most variance.
    """

    rows: NDArray[np.int64]
    points: NDArray[np.float32]


def reduced(activations: NDArray[np.floating], seed: int) -> NDArray[np.float32]:
    """PCA of activations to at most 50 dimensions, the same bits for the same input.

    Args:
        activations: shape (n, d), finite.
        seed: of the randomised solver, which is used for very many columns.

    Returns:
        Shape (n, min(50, d, n)), centred, at least two columns (the second 0 where there is none).

    Examples:
        >>> reduced(np.array([[0.0, 0, 5], [2, 0, 5], [4, 0, 5]]), seed=0).round(3) + 0.0
        array([[-2.,  0.,  0.],
               [ 0.,  0.,  0.],
               [ 2.,  0.,  0.]], dtype=float32)
        >>> reduced(np.ones((4, 1)), seed=0).shape
        (4, 2)
    """
    from sklearn import decomposition  # a second to import; others only read
    from threadpoolctl import threadpool_limits

    # float64: encoded values may be so large that their squares leave float32.
    centred = activations.astype(np.float64)
    centred -= centred.mean(axis=0)
    rows, columns = centred.shape
    found = np.zeros((rows, max(2, min(DIMENSIONS, rows, columns))), dtype=np.float32)
    if not centred.any():  # all rows alike: there are no directions
        return found
    with threadpool_limits(1):  # sums in one order: the same seed gives the same bits
        count = min(DIMENSIONS, rows, columns)
        points = decomposition.PCA(count, random_state=seed).fit_transform(centred)
    found[:, : points.shape[1]] = points
    return found


def write_embedding(
    folder: RunFolder,
    rows: NDArray[np.int64],
    activations: NDArray[np.floating],
    seed: int,
) -> None:
    """Reduce the activations of the training rows and store them, whole and as a flat picture."""
    points = reduced(activations, seed)
    tensors: dict[str, NDArray[Any]] = {
        _EMBEDDING: points,
        ROW_NUMBER: np.asarray(rows, dtype=np.int64),
    }
    with noting_checksum(folder.embedding, folder.path) as temporary:
        save_file(tensors, str(temporary))
    flat = {ROW_NUMBER: tensors[ROW_NUMBER], PCA[0]: points[:, 0], PCA[1]: points[:, 1]}
    with noting_checksum(folder.projection, folder.path) as temporary:
        write_parquet(pa.table(flat), temporary)


def read_embedding(folder: RunFolder) -> Embedding:
    """The stored embedding.

    Raises:
        FinineError: the run has none, or the file is damaged.
    """
    if not folder.embedding.exists():
        raise _missing(folder)
    try:
        stored = load_file(sound(folder.embedding))
        return Embedding(stored[ROW_NUMBER], stored[_EMBEDDING])
    except (OSError, KeyError, SafetensorError) as error:
        raise FinineError(
            f"{folder.embedding} cannot be read ({error}).",
            f"Delete it and make it again with: finine map {folder.run_id}",
        ) from error


def read_pca(folder: RunFolder) -> pd.DataFrame:
    """The first two dimensions: row_number, x, y, in the order of the training part.

    Raises:
        FinineError: the run has none, or the file is damaged.
    """
    if not folder.projection.exists():
        raise _missing(folder)
    return read_flat(folder, folder.projection, PCA)


def read_flat(folder: RunFolder, path: Path, names: tuple[str, str]) -> pd.DataFrame:
    """A flat picture's columns as row_number, x, y."""
    table = read_result(path, folder.path, columns=[ROW_NUMBER, *names])
    columns = (table.column(name).to_numpy() for name in (ROW_NUMBER, *names))
    return pd.DataFrame(dict(zip((ROW_NUMBER, "x", "y"), columns, strict=True)))


def nearest(
    points: NDArray[np.floating], place: int, k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The places of the k other points next to the one at `place`, and their distances.

    Exact Euclidean distance; the nearest first, equal distances by place.

    Examples:
        >>> places, distances = nearest(np.array([[0.0], [3.0], [1.0], [3.0]]), place=0, k=3)
        >>> places.tolist(), distances.tolist()
        ([2, 1, 3], [1.0, 3.0, 3.0])
    """
    here = points[place].astype(np.float64)
    squares = np.empty(len(points))
    for start in range(0, len(points), DISTANCE_ROWS):
        apart = points[start : start + DISTANCE_ROWS] - here
        squares[start : start + DISTANCE_ROWS] = np.einsum("nk,nk->n", apart, apart)
    squares[place] = np.inf
    k = min(k, len(points) - 1)
    if k == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    reach = np.partition(squares, k - 1)[k - 1]
    near = np.flatnonzero(squares <= reach)
    near = near[np.argsort(squares[near], kind="stable")][:k]
    return near, np.sqrt(squares[near])


def neighbours(folder: RunFolder, row: int, k: int = NEIGHBOURS) -> pd.DataFrame | None:
    """The k training rows that look most like a training row: row_number, distance.

    Returns:
        The nearest first, without the row itself; None when it is no row of the embedding.

    Raises:
        FinineError: the run has no embedding, or k is below 1.
    """
    if k < 1:
        raise FinineError(f"{k} neighbours were asked for.", "Ask for 1 or more.")
    embedding = read_embedding(folder)
    place = np.flatnonzero(embedding.rows == row)
    if len(place) == 0:
        return None
    near, distances = nearest(embedding.points, int(place[0]), k)
    return pd.DataFrame({ROW_NUMBER: embedding.rows[near], "distance": distances})


def _missing(folder: RunFolder) -> FinineError:
    return FinineError(
        f"Run {folder.run_id} has no map: it was made by a finine that did not keep where the"
        " model puts the rows.",
        f"Make it with: finine map {folder.run_id}",
    )
