"""Which rows of a file are written again, and which of their cells are changed?

`Subset` is the answer, with the checks that every format makes before it writes: it fits the file,
and the column to change is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from finine_core.errors import FinineError, shown


@dataclass(frozen=True)
class CopiedCells:
    """Cells of one column that take over another row's cell, exactly as the file writes it there.

    A corrected label is such a copy: a class may be written `1`, `1.0` or `"1"`, and the file
    itself knows how. So no text is ever converted, quoted or encoded again.

    Attributes:
        column: the column of the cells.
        from_row: for each row that is changed, the row whose cell it gets.
    """

    column: str
    from_row: Mapping[int, int]

    def place_in(self, names: Sequence[str], path: Path) -> int:
        """Where the column stands among those of the file.

        Raises:
            FinineError: it is not there.
        """
        if self.column not in names:
            raise no_column_to_change(self.column, path)
        return list(names).index(self.column)


@dataclass(frozen=True, eq=False)
class Subset:
    """Some rows of a file.

    Attributes:
        keep: (n,) bool, True for the rows that are written.
        copied: the cells that are changed in them; None for none.
    """

    keep: np.ndarray
    copied: CopiedCells | None = None

    @property
    def copies(self) -> Mapping[int, int]:
        """For each row that is changed, the row whose cell it gets."""
        return {} if self.copied is None else self.copied.from_row

    @property
    def origins(self) -> np.ndarray:
        """(n,) the row whose cell each row gets: mostly its own.

        Examples:
            >>> Subset(np.ones(3, bool), CopiedCells("y", {0: 2})).origins.tolist()
            [2, 1, 2]
        """
        rows = np.arange(len(self.keep))
        rows[list(self.copies)] = list(self.copies.values())
        return rows

    def check_mask(self, path: Path) -> None:
        """Refuse a mask of rows that is not one-dimensional bool (a bug of the caller)."""
        keep = self.keep
        if keep.ndim != 1 or keep.dtype != np.bool_:
            raise ValueError(
                f"keep for {path.name} must be bool (n,), is {keep.dtype} {keep.shape}"
            )

    def check_fits(self, rows: int, path: Path) -> None:
        """Refuse a mask made for another number of rows than the file has."""
        if len(self.keep) != rows:
            raise FinineError(
                f"{path.name} has {rows} rows, but the decisions are about {len(self.keep)} rows.",
                "The file was changed after it was loaded; load it again or restore it.",
            )

    def check_copies(self, path: Path) -> None:
        """Refuse changes in rows that are left out or not there (a bug of the caller)."""
        keep, rows = self.keep, np.array([*self.copies, *self.copies.values()], dtype=np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= len(keep)):
            raise ValueError(f"{path.name} has {len(keep)} rows; cells of others cannot be copied")
        if not keep[list(self.copies)].all():
            raise ValueError(f"cells of {path.name} are to be changed in rows that are left out")


def no_column_to_change(column: str, path: Path) -> FinineError:
    """The error for cells to be changed in a column the file does not have."""
    return FinineError(
        f"{path.name} has no column {shown(column)}, so no label in it can be corrected.",
        "The file was changed after it was loaded; load it again or restore it.",
    )
