"""A trade-off curve with the name it goes by on the page: of a row, or of a group of rows.

Takes what the core gives of either; charts, tables and sentences then need not ask which it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.influence import GroupCurve, RowCurve
from finine_core.tradeoff import Curve


@dataclass(frozen=True)
class NamedCurve:
    """A curve and whose it is.

    Attributes:
        name: as it stands, unescaped: "row 17", "group odd ones".
        rows: how many rows it is of.
        mu, mu_low, mu_high: influence and its interval.
        alpha, beta, gaussian_beta, beta_low, beta_high: as in `RowCurve`.
    """

    name: str
    rows: int
    mu: float
    mu_low: float
    mu_high: float
    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    gaussian_beta: NDArray[np.float64]
    beta_low: NDArray[np.float64]
    beta_high: NDArray[np.float64]

    def curve(self) -> Curve:
        """The empirical curve as a trade-off function."""
        return Curve(self.alpha, self.beta)

    def band_at(self, alpha: float) -> tuple[float, float]:
        """The limits of the band at one α."""
        low, high = (np.interp(alpha, self.alpha, one) for one in (self.beta_low, self.beta_high))
        return float(low), float(high)


def of_row(curve: RowCurve) -> NamedCurve:
    """The curve of a row, named by its number."""
    interval = (curve.mu, curve.mu_low, curve.mu_high)
    return NamedCurve(f"row {curve.row_number}", 1, *interval, *_lines(curve))


def of_group(curve: GroupCurve, name: str) -> NamedCurve:
    """The curve of a group, named as it was saved."""
    part = curve.influence
    return NamedCurve(f"group {name}", part.rows, part.mu, part.low, part.high, *_lines(curve))


def _lines(curve: RowCurve | GroupCurve) -> tuple[NDArray[np.float64], ...]:
    return curve.alpha, curve.beta, curve.gaussian_beta, curve.beta_low, curve.beta_high
