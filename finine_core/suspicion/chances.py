"""From scores of a ridge regression to probabilities of classes, and margins of the given one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.features import Floats

FITTED_NUMBERS = 200_000  # rows × classes that the two parameters are fitted on: enough for two
# How far classes are balanced: 0 as frequent as they are, 1 equally frequent. Wholly balanced, the
# missed rows of a rare class are found best, and disputed frequent labels worst; half is within .13
# of the best average precision in both (docs/suspicion.md).
BALANCE = 0.5
SMALLEST = 1e-6  # a probability below is as good as none; keeps margins finite


def chances_of(scores: Floats, codes: NDArray[np.int64]) -> Floats:
    """softmax(a · scores + b · log prior), a and b fitted to the given classes by log loss.

    Args:
        scores: shape (n, classes).
        codes: shape (n,).

    Examples:
        >>> scores = np.float32([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.6, 0.4]])
        >>> chances_of(scores, np.array([0, 0, 1, 1, 1]))[:4].round(1).argmax(axis=1).tolist()
        [0, 0, 1, 1]
    """
    from scipy.optimize import minimize

    rows, classes = scores.shape
    prior = np.log(_shares(codes, classes)).astype(np.float32)
    count = min(rows, max(200, FITTED_NUMBERS // classes))
    some = np.random.default_rng(0).permutation(rows)[:count]
    part, own = scores[some], codes[some]

    def loss(parameters: NDArray[np.float64]) -> float:
        found = _softmax(part, prior, parameters)
        return float(-np.log(np.maximum(found[np.arange(count), own], 1e-12)).mean())

    options = {"maxiter": 60, "xatol": 0.02, "fatol": 1e-4}
    fitted = minimize(loss, [1.5, 0.3], method="Nelder-Mead", options=options)
    return _softmax(scores, prior, fitted.x)


def _softmax(scores: Floats, prior: Floats, parameters: NDArray[np.float64]) -> Floats:
    logits = np.float32(np.exp(parameters[0])) * scores + np.float32(parameters[1]) * prior
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def _shares(codes: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """The share of each class; half a row stands for none."""
    counts = np.bincount(codes, minlength=classes) + 0.5
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares


def balanced(chances: Floats, codes: NDArray[np.int64]) -> Floats:
    """The same probabilities if classes were more equally frequent, by BALANCE.

    A rare class is never likelier than a frequent one at first sight: seen so, each of its rows
    would be suspicious.

    Examples:
        >>> balanced(np.float32([[0.8, 0.2]]), np.array([0, 0, 0, 1])).round(2).tolist()
        [[0.7200000286102295, 0.2800000011920929]]
    """
    found = chances / _shares(codes, chances.shape[1]).astype(np.float32) ** np.float32(BALANCE)
    found /= found.sum(axis=1, keepdims=True)
    return found


def margins(chances: Floats, codes: NDArray[np.int64]) -> Floats:
    """log p_y − log max_other of each row.

    Examples:
        >>> margins(np.float32([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1])).round(2).tolist()
        [1.3899999856948853, -1.3899999856948853]
    """
    rows = np.arange(len(codes))
    logs = np.log(np.maximum(chances, SMALLEST))
    own = logs[rows, codes]
    logs[rows, codes] = -np.inf
    found: Floats = own - logs.max(axis=1)
    return found
