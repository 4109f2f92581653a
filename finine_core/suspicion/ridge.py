"""Out-of-fold predictions by ridge regression, of every row by the other folds.

With Gram matrices G_k = Φ_kᵀ Φ_k of the folds, fold k is predicted by (Σ_j≠k G_j + ρ I)⁻¹ Σ_j≠k
Φ_jᵀ Y_j: one small system a fold, whatever the number of rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.features import Floats
from finine_core.suspicion.folds import FOLDS


class FoldedRidge:
    """Ridge regression on fixed features, ready for any answers.

    Args:
        seen: features of the rows, shape (n, d).
        folds: of the rows, shape (n,).
        ridge: what is added to the diagonal, in means of the diagonal.
        weights: of the rows where they are learned from; all 1 when None.

    Examples:
        >>> x = np.float32([[1, 0], [1, 1], [1, 2], [1, 3], [1, 4]])
        >>> ridge = FoldedRidge(x, np.arange(5), 1e-6)
        >>> ridge.predict(np.float32([[0], [2], [4], [6], [8]])).round(2)[:, 0].tolist()
        [0.0, 2.0, 4.0, 6.0, 8.0]
    """

    def __init__(
        self,
        seen: Floats,
        folds: NDArray[np.int64],
        ridge: float,
        weights: Floats | None = None,
    ) -> None:
        from scipy.linalg import cho_factor

        self._rows = [np.flatnonzero(folds == k) for k in range(FOLDS)]
        self._seen = [seen[rows] for rows in self._rows]
        self._weights = [
            None if weights is None else weights[rows][:, None].astype(np.float32)
            for rows in self._rows
        ]
        grams = [self._times(k, self._seen[k]).astype(np.float64) for k in range(FOLDS)]
        whole, self._factors = sum(grams), []
        for gram in grams:
            others = whole - gram
            others[np.diag_indices(len(others))] += (
                ridge * max(np.trace(others), 1e-9) / len(others)
            )
            self._factors.append(cho_factor(others, lower=True))

    def _times(self, fold: int, answers: Floats) -> NDArray[np.floating]:
        """Φ_kᵀ W_k times answers of the fold's rows."""
        weights = self._weights[fold]
        found: NDArray[np.floating] = self._seen[fold].T @ (
            answers if weights is None else answers * weights
        )
        return found

    def predict(self, answers: Floats) -> Floats:
        """What the other folds say of each row, shape (n, answers)."""
        from scipy.linalg import cho_solve

        sums = [self._times(k, answers[rows]) for k, rows in enumerate(self._rows)]
        whole = sum(one.astype(np.float64) for one in sums)
        found = np.empty((len(answers), answers.shape[1]), dtype=np.float32)
        for k, rows in enumerate(self._rows):
            found[rows] = self._seen[k] @ cho_solve(self._factors[k], whole - sums[k]).astype(
                np.float32
            )
        return found
