"""Which columns of a run can be sliced by? The labels, and those with few values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.runs.columns import ROW_NUMBER

if TYPE_CHECKING:
    from finine_core.influence import SliceColumn


def slice_columns(
    table: pa.Table, rows: NDArray[np.int64], labels: tuple[str, ...]
) -> list[SliceColumn]:
    """The labels, and the columns of text, true/false or whole numbers with few values."""
    import pyarrow.compute as pc

    from finine_core.influence.slices import MAX_VALUES

    found = []
    trained = table.take(pa.array(rows))
    for field in table.schema:
        kind = field.type
        categorical = (
            pa.types.is_string(kind)
            or pa.types.is_large_string(kind)
            or pa.types.is_boolean(kind)
            or pa.types.is_integer(kind)
        )
        if field.name == ROW_NUMBER or not (categorical or field.name in labels):
            continue
        column = trained.column(field.name)
        many = pc.count_distinct(column, mode="all").as_py() > MAX_VALUES
        if many and field.name not in labels:
            continue
        found.append(slice_column(field.name, column))
    return found


def slice_column(name: str, column: pa.ChunkedArray) -> SliceColumn:
    from finine_core.influence import SliceColumn

    coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    values = [None if one is None else str(one) for one in coded.dictionary.to_pylist()]
    return SliceColumn(name, values, coded.indices.to_numpy().astype(np.int64))
