"""A trade-off curve with the name it goes by on the page: of a row, or of a group of rows.

Takes what the core gives of either; charts, tables and sentences then need not ask which it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finine_core.influence import DrawnCurve, GroupCurve, RowCurve


@dataclass(frozen=True)
class NamedCurve(DrawnCurve):
    """A curve and whose it is.

    Attributes:
        name: as it stands, unescaped: "row 17", "group odd ones".
        rows: how many rows it is of.
        mu, mu_low, mu_high: influence and its interval.
    """

    name: str
    rows: int
    mu: float
    mu_low: float
    mu_high: float

    def band_at(self, alpha: float) -> tuple[float, float]:
        """The limits of the band at one α."""
        low, high = (np.interp(alpha, self.alpha, one) for one in (self.beta_low, self.beta_high))
        return float(low), float(high)


def of_row(curve: RowCurve) -> NamedCurve:
    """The curve of a row, named by its number."""
    interval = (curve.mu, curve.mu_low, curve.mu_high)
    return NamedCurve(*curve.lines, f"row {curve.row_number}", 1, *interval)


def of_group(curve: GroupCurve, name: str) -> NamedCurve:
    """The curve of a group, named as it was saved."""
    part = curve.influence
    return NamedCurve(*curve.lines, f"group {name}", part.rows, part.mu, part.low, part.high)
