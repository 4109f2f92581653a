"""How good is a classifier, each class counting alike? Where one is rare, accuracy says little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.measures import ACCURACY, AUC, BALANCED_ACCURACY, LOG_LOSS

SMALLEST = 1e-12  # a probability below is as good as none; keeps a loss finite


def class_quality(chances: NDArray[np.floating], codes: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy, balanced accuracy (the mean recall of classes), log loss (the mean of the classes'
    mean losses) and AUC (the mean of one class against the rest).

    Classes that no row has are left out; without two classes there is no AUC.

    Args:
        chances: probability of each class, shape (m, classes).
        codes: the given classes, shape (m,).

    Examples:
        >>> chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.7, 0.3]])
        >>> found = class_quality(chances, np.array([0, 0, 0, 1]))
        >>> {name: round(value, 2) for name, value in found.items()}
        {'accuracy': 0.75, 'balanced_accuracy': 0.5, 'log_loss': 0.74, 'auc': 0.67}
    """
    from sklearn.metrics import roc_auc_score

    recalls = recall_of(chances, codes)
    found = {
        ACCURACY.name: float((chances.argmax(axis=1) == codes).mean()),
        BALANCED_ACCURACY.name: float(np.mean(list(recalls.values()))),
    }
    own = chances[np.arange(len(codes)), codes]
    losses = -np.log(np.maximum(own, SMALLEST))
    found[LOG_LOSS.name] = float(np.mean([losses[codes == code].mean() for code in recalls]))
    if len(recalls) > 1:
        areas = [roc_auc_score(codes == code, chances[:, code]) for code in recalls]
        found[AUC.name] = float(np.mean(areas))
    return found


def recall_of(chances: NDArray[np.floating], codes: NDArray[np.int64]) -> dict[int, float]:
    """The share of each class's rows that is predicted so; classes without rows are left out.

    Examples:
        >>> recall_of(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 1]))
        {0: 1.0, 1: 0.0}
    """
    right = chances.argmax(axis=1) == codes
    return {int(code): float(right[codes == code].mean()) for code in np.unique(codes)}
