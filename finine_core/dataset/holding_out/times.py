"""Which rows are the latest? A column of dates, times or numbers says when each row was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.errors import FinineError, shown
from finine_core.formats.values import BY_NUMBER, RowNames, as_text, is_blank

_YEAR_AND_MONTH = re.compile(r"\d{4}-\d{2}$")  # a form of ISO 8601 that Python does not read
MEND = "Write times as numbers, or like 2024-01-31 or 2024-01-31T09:30:00, all in one form."


@dataclass(frozen=True, eq=False)
class Latest:
    """The latest of n rows.

    Attributes:
        mask: (n,) bool, True for the latest.
        border: the earliest time among them, as the column writes it.
    """

    mask: np.ndarray
    border: str


def latest_rows(
    name: str, column: pa.ChunkedArray, fraction: float, rows: RowNames = BY_NUMBER
) -> Latest:
    """The latest rows of a column (n,), as near to the fraction as rows of one time allow.

    Rows of the same time lie on one side.

    Args:
        fraction: of the rows, above 0.

    Raises:
        FinineError: a value is missing or no time; or all rows have the same time.

    Examples:
        >>> found = latest_rows("day", pa.chunked_array([[3, 1, 2, 3, 1]]), 0.2)
        >>> found.mask.tolist(), found.border
        ([True, False, False, True, False], '3')
    """
    times = _comparable(name, column, rows)
    values, counts = np.unique(times, return_counts=True)
    if len(values) < 2:
        raise FinineError(
            f"The time column {shown(name)} has the same value in every row: none is later than "
            "another.",
            "Name another column, or leave the time out.",
        )
    # rows from each time on; at least the latest time, and never the first
    later = np.cumsum(counts[::-1])[::-1][1:]
    far = np.abs(later - fraction * len(times))
    nearest = np.flatnonzero(far == far.min())[-1]  # of two as near, the one with fewer rows
    border = values[1:][nearest]
    first = int(np.flatnonzero(times == border)[0])
    return Latest(times >= border, str(as_text(column.slice(first, 1))[0].as_py()))


def _comparable(name: str, column: pa.ChunkedArray, rows: RowNames) -> np.ndarray:
    """The times as numbers that sort as they do, (n,)."""
    kind = column.type
    missing = is_blank(column).to_numpy().astype(np.bool_)
    if pa.types.is_floating(kind):
        missing |= pc.is_null(column, nan_is_null=True).to_numpy().astype(np.bool_)
    if missing.any():
        where = np.flatnonzero(missing)
        raise FinineError(
            f"The time column {shown(name)} has no value in {len(where)} of {len(column)} rows "
            f"({rows.some(where.tolist())}).",
            "Fill in when they were made, or take those rows out.",
        )
    if pa.types.is_integer(kind):
        return np.asarray(column.to_numpy())
    if pa.types.is_floating(kind):
        values = np.asarray(column.to_numpy())
        if len(endless := np.flatnonzero(np.isinf(values))):
            raise _no_time(name, float(values[endless[0]]), rows.one(int(endless[0])))
        return values
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        whole = pa.int32() if pa.types.is_date32(kind) else pa.int64()
        return np.asarray(column.cast(whole).to_numpy())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _read(name, column, rows)
    raise FinineError(
        f"The time column {shown(name)} holds {kind} values, which are no times.", MEND
    )


def _read(name: str, column: pa.ChunkedArray, rows: RowNames) -> np.ndarray:
    """ISO texts as microseconds, of UTC where they name a zone."""
    start = datetime(1970, 1, 1, tzinfo=UTC)
    known: dict[str, tuple[int, bool]] = {}
    found, zoned = np.empty(len(column), dtype=np.int64), np.empty(len(column), dtype=np.bool_)
    for row, text in enumerate(column.to_pylist()):
        if text not in known:
            plain = text.strip()
            try:
                time = datetime.fromisoformat(
                    plain + "-01" if _YEAR_AND_MONTH.match(plain) else plain
                )
            except ValueError:
                raise _no_time(name, text, rows.one(row)) from None
            has_zone = time.tzinfo is not None
            since = (time if has_zone else time.replace(tzinfo=UTC)) - start
            known[text] = (
                (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds,
                has_zone,
            )
        found[row], zoned[row] = known[text]
    if zoned.any() and not zoned.all():
        at = int(np.flatnonzero(zoned != zoned[0])[0])
        first, other = shown(column[0].as_py()), shown(column[at].as_py())
        raise FinineError(
            f"The time column {shown(name)} names a zone in some rows and none in others: {first} "
            f"in {rows.one(0)}, {other} in {rows.one(at)}. Which is later cannot be told.",
            "Write all of them with a zone, or none.",
        )
    return found


def _no_time(name: str, value: object, row: str) -> FinineError:
    return FinineError(
        f"The time column {shown(name)} is {shown(value)} in {row}, which is no time.", MEND
    )
