"""What the probe sees of each row: its principal components and random Fourier features of them.

Ridge regression on these is kernel ridge regression with a Gaussian kernel, nearly (Rahimi and
Recht 2007), plus a linear part; and all its out-of-fold predictions come from one matrix per fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

COMPONENTS = 128  # of the inputs that are kept: more only cost time on the sets it was tuned on
FOURIER = 512  # random features; the error of the kernel falls with their root
# Encoded numbers are standardised: one cell far off must not outweigh all others in the distance.
FARTHEST = 10.0
PAIRS = 500  # rows among which the typical distance is measured


@dataclass(frozen=True)
class Form:
    """How features are made, and how strongly the ridge pulls.

    Attributes:
        width: of the Gaussian kernel, in typical distances; None for a linear probe.
        ridge: added to the diagonal, in means of the diagonal.
    """

    width: float | None
    ridge: float


def components(inputs: NDArray[np.floating], seed: int) -> Floats:
    """The centred inputs, by PCA where they are many, at a mean squared length of 1.

    Args:
        inputs: shape (n, ...); what lies behind the first axis is one row.

    Returns:
        shape (n, at most COMPONENTS).

    Examples:
        >>> components(np.eye(4, 200), seed=0).shape, components(np.eye(4, 3), seed=0).shape
        ((4, 4), (4, 3))
    """
    from sklearn.decomposition import PCA

    flat = np.asarray(inputs, dtype=np.float32).reshape(len(inputs), -1)
    flat = np.clip(flat, -FARTHEST, FARTHEST)
    flat -= flat.mean(axis=0)
    if flat.shape[1] > COMPONENTS:
        kept = min(COMPONENTS, len(flat))
        solver = PCA(kept, svd_solver="randomized", iterated_power=2, random_state=seed)
        flat = solver.fit_transform(flat).astype(np.float32)
    size = float(np.sqrt(np.square(flat).sum(axis=1, dtype=np.float64).mean()))
    return flat / np.float32(size or 1.0)


def features(parts: Floats, form: Form, seed: int, fourier: int = FOURIER) -> Floats:
    """The probe's features of rows, with a constant one at the end.

    Args:
        parts: what `components` gives, shape (n, d).

    Examples:
        >>> rows = components(np.random.default_rng(0).normal(size=(9, 2)), seed=0)
        >>> features(rows, Form(None, 0.1), 0).shape, features(rows, Form(1.0, 0.1), 0).shape
        ((9, 3), (9, 515))
    """
    ones = np.ones((len(parts), 1), dtype=np.float32)
    if form.width is None:
        return np.hstack([parts, ones])
    from sklearn.kernel_approximation import RBFSampler

    gamma = 0.5 / (form.width * typical_distance(parts, seed)) ** 2
    sampler = RBFSampler(gamma=gamma, n_components=fourier, random_state=seed)
    return np.hstack([sampler.fit_transform(parts).astype(np.float32), parts, ones])


def typical_distance(parts: Floats, seed: int) -> float:
    """The median distance between rows, of some of them."""
    from scipy.spatial.distance import pdist

    random = np.random.default_rng(seed)
    some = random.choice(len(parts), min(PAIRS, len(parts)), replace=False)
    apart = pdist(parts[some])
    apart = apart[apart > 0]
    return float(np.median(apart)) if len(apart) else 1.0
