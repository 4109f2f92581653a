"""Arrow's view types, which polars writes, as the plain ones.

Arrow has no kernel yet that takes some values of a `string_view` or `binary_view` column. Takes a
schema or table and gives the same with `large_string` and `large_binary` in their places.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def without_views(kind: pa.DataType) -> pa.DataType:
    """A column's type without views, inside lists and structs too.

    Examples:
        >>> without_views(pa.list_(pa.string_view()))
        ListType(list<item: large_string>)
        >>> without_views(pa.int8())
        DataType(int8)
    """
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_binary_view(kind):
        return pa.large_binary()
    if pa.types.is_list(kind):
        return pa.list_(_plain_field(kind.value_field))
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_field(kind.value_field))
    if pa.types.is_struct(kind):
        return pa.struct([_plain_field(kind.field(place)) for place in range(kind.num_fields)])
    return kind


def table_without_views(table: pa.Table) -> pa.Table:
    """The table with no column of views; the same object when it has none.

    Examples:
        >>> table_without_views(pa.table({"x": pa.array(["a"], pa.string_view())})).schema.types
        [DataType(large_string)]
    """
    fields = [_plain_field(field) for field in table.schema]
    if [field.type for field in fields] == table.schema.types:
        return table
    return table.cast(pa.schema(fields, table.schema.metadata))


def filtered(table: pa.Table, keep: np.ndarray) -> pa.Table:
    """The rows where `keep` (n,) is True, in the table's own types."""
    return table_without_views(table).filter(pa.array(keep)).cast(table.schema)


def taken(column: pa.ChunkedArray, rows: np.ndarray) -> pa.ChunkedArray:
    """The values at `rows`, in the column's own type."""
    plain = column.cast(without_views(column.type))
    return plain.take(pa.array(rows)).cast(column.type)


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(without_views(field.type))
