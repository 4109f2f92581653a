"""How large is a Parquet file once it is decoded?

A few kilobytes can hold 10⁹ zeros, or one long text a million times over. Takes the footer and
refuses what it declares beyond the limit; then texts are read as dictionaries (each different text
once), whose decoded size is known before they are written out in full.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from finine_core.errors import FinineError, shown
from finine_core.formats.base import CELL_BYTES, check_cells, check_width
from finine_core.formats.sources.input_file import beyond_limit, gigabytes, largest_bytes
from finine_core.processes import child_environment, python_code

PROBE_SECONDS = 120.0  # to start Python and read a footer; a busy machine takes a while
_COUNT_VALUES = """
import json, sys
import pyarrow.parquet as pq
found = {}
metadata = pq.ParquetFile(sys.argv[1]).metadata
for group in map(metadata.row_group, range(metadata.num_row_groups)):
    for column in map(group.column, range(group.num_columns)):
        name = column.path_in_schema
        found[name] = found.get(name, 0) + max(column.num_values, 0)
print(json.dumps(found))
"""


def check_declared(file: pq.ParquetFile, path: Path) -> None:
    """Refuse what the footer says is too large, or contradicts itself.

    Raises:
        FinineError: rows, columns or bytes beyond the limit.
    """
    metadata = file.metadata
    check_width(metadata.num_columns, path)
    groups = [metadata.row_group(one) for one in range(metadata.num_row_groups)]
    rows = metadata.num_rows
    if rows != sum(group.num_rows for group in groups) or rows < 0:
        raise FinineError(
            f"{path.name} is damaged: its footer declares {rows:,} rows, its parts have "
            f"{sum(group.num_rows for group in groups):,}.",
            "Write the file again.",
        )
    largest = largest_bytes()
    if rows * CELL_BYTES > largest:
        raise FinineError(
            f"{path.name} declares {rows:,} rows, beyond the limit of {gigabytes(largest)} in "
            "memory.",
            beyond_limit(largest),
        )
    # A column that is not nested has a value in each row; a list may have millions in one.
    flat = metadata.num_columns - len(_nested(file))
    cells = rows * flat
    for name, values in _nested_values(file, path).items():
        if values * CELL_BYTES > largest:
            raise _too_large(name, values * CELL_BYTES, largest, path)
        cells += values
    encoded = sum(group.total_byte_size for group in groups)
    check_cells(cells, path)
    if encoded > largest:
        raise FinineError(
            f"{path.name} has {gigabytes(encoded)} of data when unpacked, beyond the limit of "
            f"{gigabytes(largest)}.",
            beyond_limit(largest),
        )


def text_columns(file: pq.ParquetFile) -> list[str]:
    """The columns of texts or bytes that can be read as dictionaries: those that are not nested."""
    nested = _nested(file)
    columns = (file.schema.column(place) for place in range(len(file.schema.names)))
    return [
        column.path
        for column in columns
        if column.physical_type == "BYTE_ARRAY" and column.path not in nested
    ]


def _nested(file: pq.ParquetFile) -> set[str]:
    columns = (file.schema.column(place) for place in range(len(file.schema.names)))
    return {
        column.path
        for column in columns
        if column.max_repetition_level > 0 or column.max_definition_level > 1
    }


def _nested_values(file: pq.ParquetFile, path: Path) -> dict[str, int]:
    """How many values the footer declares in each nested column.

    Asked in a process of its own: of some damaged footers the library ends the process that asks
    for this (and reads the rest of them, or refuses it, as it should).
    """
    nested = _nested(file)
    if not nested:
        return {}
    asked = subprocess.run(
        python_code(_COUNT_VALUES, str(path)),
        capture_output=True, text=True, timeout=PROBE_SECONDS, check=False,
        env=child_environment(),
    )  # fmt: skip
    if asked.returncode != 0:
        lines = asked.stderr.strip().splitlines() or ["no reason is given"]
        raise FinineError(
            f"{path.name} cannot be read as Parquet ({lines[-1].strip()}).",
            "Check that the file is complete and its name fits its content.",
        )
    counts: dict[str, int] = json.loads(asked.stdout)
    return {name: count for name, count in counts.items() if name in nested}


def check_decoded(table: pa.Table, path: Path) -> None:
    """Refuse texts, read as dictionaries, that would be too large when written out.

    Raises:
        FinineError: the column, and its size.
    """
    largest = largest_bytes()
    total = 0
    for name in table.column_names:
        size = sum(_decoded_bytes(chunk) for chunk in table.column(name).chunks)
        total += size
        if total > largest:
            raise _too_large(name, size, largest, path)


def _decoded_bytes(values: pa.Array) -> int:
    kind = values.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_nested(kind.value_type) or not len(values.dictionary):
            return int(values.nbytes)
        lengths = pc.binary_length(values.dictionary.cast(pa.large_binary()))
        return int(pc.sum(lengths.cast(pa.int64()).take(values.indices)).as_py() or 0)
    return int(values.nbytes)


def _too_large(name: str, size: int, largest: int, path: Path) -> FinineError:
    return FinineError(
        f"{path.name}: column {shown(name)} needs {gigabytes(size)} when unpacked, beyond the "
        f"limit of {gigabytes(largest)}.",
        beyond_limit(largest),
    )
