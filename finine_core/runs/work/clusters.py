"""Which training rows look alike? A cluster for each, so that groups can be found without a column.

k-means on the encoded inputs, that is, on what the model sees. Clusters have no meaning of their
own: they are slices to look at (`finine slices`) and a column to filter by (`cluster = 3`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROWS_A_CLUSTER, MOST_CLUSTERS = 50, 20  # enough rows for a slice; few enough to look through
STARTS = 3


def clusters(inputs: NDArray[np.floating], seed: int) -> NDArray[np.int64]:
    """The cluster of each row, 0 being the largest; all 0 for too few rows to divide.

    Args:
        inputs: shape (n, d).

    Examples:
        >>> inputs = np.repeat([[0.0], [9.0]], [80, 40], axis=0)
        >>> np.bincount(clusters(inputs, seed=0))
        array([80, 40])
    """
    from sklearn.cluster import MiniBatchKMeans  # a second to import; the CLI must not wait for it
    from threadpoolctl import threadpool_limits

    distinct = len(np.unique(inputs[: 10 * MOST_CLUSTERS], axis=0))
    count = min(MOST_CLUSTERS, len(inputs) // ROWS_A_CLUSTER, distinct)
    if count < 2:
        return np.zeros(len(inputs), dtype=np.int64)
    with threadpool_limits(1):  # sums in one order: the same seed gives the same clusters
        means = MiniBatchKMeans(count, random_state=seed, n_init=STARTS)
        found = means.fit_predict(inputs.astype(np.float32))
    sizes = np.bincount(found, minlength=count)
    place = np.empty(count, dtype=np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(count)
    return place[found]
