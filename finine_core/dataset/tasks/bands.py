"""A number to learn instead of a class: which one is each row's, and which rows have a like one?

Takes the label column and gives numbers, with the rows cut into bands of about as many rows each.
Bands play the part of classes wherever rows are to be balanced or counted (the draw of validation
rows, random rows beside marked ones, slices); the model never sees them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.usable import check_numbers
from finine_core.errors import FinineError, shown
from finine_core.formats.values import BY_NUMBER, RowNames, as_text, is_blank, require_values

BANDS = 10  # deciles: fine enough to balance by, each with rows to draw from
FEWEST_PER_BAND = 5


@dataclass(frozen=True, eq=False)
class NumericTarget:
    """The numbers (n,) float64, bands' names, and each row's band (n,) int64."""

    values: np.ndarray
    bands: tuple[str, ...]
    codes: np.ndarray


def read_numbers(
    name: str, column: pa.ChunkedArray, rows: RowNames = BY_NUMBER, where: str = ""
) -> np.ndarray:
    """The label column as numbers (n,) float64, all present and finite.

    Args:
        where: of which file, such as ' of the validation file'.

    Raises:
        FinineError: the column holds something else, or a number is missing or absurd.

    Examples:
        >>> read_numbers("price", pa.chunked_array([[1, 2]])).tolist()
        [1.0, 2.0]
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        present = as_text(column.filter(pc.invert(is_blank(column))))
        example = f", such as {shown(_first_no_number(present))}" if len(present) else ""
        raise FinineError(
            f"The label column {shown(name)}{where} does not hold numbers{example}.",
            "Choose a column of numbers, or the task classification.",
        )
    require_values(name, column, rows, where, "Fill in these numbers or remove the rows.")
    check_numbers(pa.table({name: column}), [name], rows)
    return column.cast(pa.float64(), safe=False).to_numpy()


def numeric_target(values: np.ndarray) -> NumericTarget:
    """Numbers with their bands.

    Examples:
        >>> found = numeric_target(np.arange(20.0))
        >>> found.bands[:2], found.codes[:6].tolist(), len(found.bands)
        (('0 … 4', '5 … 9'), [0, 0, 0, 0, 0, 1], 4)
    """
    count = int(np.clip(len(values) // FEWEST_PER_BAND, 1, BANDS))
    inner = np.quantile(values, np.arange(1, count) / count, method="inverted_cdf")
    _, codes = np.unique(np.searchsorted(inner, values, side="left"), return_inverse=True)
    of_band = [values[codes == code] for code in range(int(codes.max()) + 1)]
    names = tuple(f"{one.min():.6g} … {one.max():.6g}" for one in of_band)
    if len(set(names)) < len(names):  # bands that six digits do not tell apart
        names = tuple(f"{one.min()!r} … {one.max()!r}" for one in of_band)
    return NumericTarget(values, names, codes.astype(np.int64))


def band_of(values: np.ndarray, like: NumericTarget) -> np.ndarray:
    """The bands (k,) of other numbers: the nearest, beyond the ends the first or last one.

    Examples:
        >>> band_of(np.array([-3.0, 9.2, 99.0]), numeric_target(np.arange(20.0))).tolist()
        [0, 2, 3]
    """
    highest = [like.values[like.codes == code].max() for code in range(len(like.bands) - 1)]
    return np.searchsorted(np.array(highest), values, side="left").astype(np.int64)


def _first_no_number(texts: pa.ChunkedArray) -> str:
    for text in texts.unique().to_pylist():
        try:
            float(text)
        except ValueError:
            return str(text)
    return str(texts[0].as_py())
