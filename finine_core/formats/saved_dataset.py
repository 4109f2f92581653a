"""Folders that `save_to_disk` of the library `datasets` (Hugging Face) wrote.

Takes such a folder and gives its rows, those of all splits with a column that names the split, and
classes by name. A subset is a folder of the same files, which that library loads again: every table
keeps its schema with metadata, its batches and its name, also when none of its rows is left. That
library is not needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from finine_core.errors import FinineError, shown
from finine_core.files import make_folder, write_atomically
from finine_core.formats.arrow import arrow_table, with_copies, write_like
from finine_core.formats.base import Format, RawTable
from finine_core.formats.columnar.parquet_size import check_decoded
from finine_core.formats.columnar.plain_types import plain_table
from finine_core.formats.sources.saved_layout import INFO, SPLITS, STATE, SavedPart, saved_parts
from finine_core.formats.subset import Subset

SPLIT_COLUMN, OTHER_SPLIT_COLUMN = "split", "saved_split"  # the other where the first is taken
NO_CLASS = -1  # how `datasets` writes that a row has no class
FINGERPRINT = "_fingerprint"  # by which `datasets` finds cached results: other rows need another
FINGERPRINT_LETTERS = 16
SHOWN_CLASSES = 10


@dataclass(frozen=True)
class SavedDataset(Format):
    """A folder of Arrow streams, or one such folder per split."""

    name: str = "Hugging Face dataset"
    suffixes: tuple[str, ...] = ()

    def read(self, path: Path) -> RawTable:
        """Read all rows, of all splits one after the other; classes are given by name.

        Raises:
            FinineError: a file is missing or damaged, the splits have different columns or classes,
                a class has no name, there are no rows, or all is too large.
        """
        parts = saved_parts(path)
        by_part = [_tables(part) for part in parts]
        tables = [table for some in by_part for table in some]
        _check_same_columns(tables, path)
        names = tables[0].column_names
        table = pa.concat_tables([one.select(names).replace_schema_metadata() for one in tables])
        if table.num_rows == 0:
            raise FinineError(f"{path.name} has no rows.", "Choose a data set with rows.")
        check_decoded(table, path)
        raw = plain_table(table, path)
        table, notes = raw.table, list(raw.notes)
        for column, classes in _classes(parts, path).items():
            if column in table.column_names and pa.types.is_integer(
                table.schema.field(column).type
            ):
                table, note = _by_name(table, column, classes, path)
                notes.append(note)
        if parts[0].split is not None:
            column = OTHER_SPLIT_COLUMN if SPLIT_COLUMN in names else SPLIT_COLUMN
            rows = [sum(len(one) for one in some) for some in by_part]
            splits = np.repeat(np.array([part.split for part in parts]), rows)
            table = table.append_column(column, pa.array(splits, pa.string()))
            listed = ", ".join(shown(part.split) for part in parts)
            notes.append(f"The splits {listed} are read as one table, with a column {column!r}.")
        return RawTable(table, tuple(notes))

    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """A folder `destination` of the same files."""
        parts = saved_parts(source)
        every = [table for part in parts for table in _tables(part)]
        subset.check_fits(sum(len(table) for table in every), source)
        changed = _changed(every, subset, source)
        make_folder(destination)
        if parts[0].split is not None:
            _copy(source / SPLITS, destination / SPLITS)
        keep, start = subset.keep, 0
        for part in parts:
            folder = destination / (part.split or "")
            make_folder(folder)
            for file in part.tables:
                table = next(changed)
                write_like(file, table, keep[start : start + len(table)], folder / file.name)
                start += len(table)
            _copy(part.folder / INFO, folder / INFO)
            if keep.all() and subset.copied is None:
                _copy(part.folder / STATE, folder / STATE)
            else:
                _write_state(part, subset, folder / STATE)


def _tables(part: SavedPart) -> list[pa.Table]:
    return [arrow_table(file) for file in part.tables]


def _check_same_columns(tables: Sequence[pa.Table], path: Path) -> None:
    first = {field.name: field.type for field in tables[0].schema}
    for table in tables[1:]:
        other = {field.name: field.type for field in table.schema}
        odd = next((one for one in {**first, **other} if first.get(one) != other.get(one)), None)
        if odd is not None:
            kinds = " and ".join(str(one.get(odd, "absent")) for one in (first, other))
            raise FinineError(
                f"{path.name}: column {shown(odd)} is not the same in all of its tables ({kinds}).",
                "Name the folder of one split; or give all splits the same features, and save "
                "them again.",
            )


def _classes(parts: Sequence[SavedPart], path: Path) -> dict[str, tuple[str, ...]]:
    """The names of classes by column; of names that are doubled there are none."""
    found = parts[0].classes()
    for part in parts[1:]:
        others = part.classes()
        for column in {**found, **others}:
            if found.get(column) != others.get(column):
                raise FinineError(
                    f"{path.name}: the splits {shown(parts[0].split)} and {shown(part.split)} name "
                    f"the classes of column {shown(column)} differently.",
                    "Name the folder of one split; or cast both to the same ClassLabel.",
                )
    return {column: names for column, names in found.items() if len(set(names)) == len(names)}


def _by_name(
    table: pa.Table, column: str, classes: tuple[str, ...], path: Path
) -> tuple[pa.Table, str]:
    """The table with a column of class numbers as names, and what to say of it."""
    codes = table.column(column).to_pylist()
    for row, code in enumerate(codes):
        if code is not None and not NO_CLASS <= code < len(classes):
            raise FinineError(
                f"{path.name}: column {shown(column)} in row {row} is {code}, but {INFO} names "
                f"{len(classes)} classes, 0 to {len(classes) - 1}.",
                "Mend the row, or name all classes of the column's ClassLabel.",
            )
    names = [None if code in (None, NO_CLASS) else classes[code] for code in codes]
    listed = ", ".join(map(shown, classes[:SHOWN_CLASSES]))
    more = ", …" if len(classes) > SHOWN_CLASSES else ""
    note = (
        f"Column {shown(column)} holds classes by number; they are shown by name: {listed}{more}."
    )
    if without := codes.count(NO_CLASS):
        rows = "1 row" if without == 1 else f"{without:,} rows"
        note += f" {NO_CLASS} in {rows} is no class and was read as missing."
    place = table.column_names.index(column)
    return table.set_column(place, column, pa.array(names, pa.string())), note


def _changed(tables: Sequence[pa.Table], subset: Subset, source: Path) -> Iterator[pa.Table]:
    """The tables with copies made, also from one table into another."""
    if subset.copied is None:
        yield from tables
        return
    places = [subset.copied.place_in(table.column_names, source) for table in tables]
    columns = [
        table.select([place]).replace_schema_metadata()
        for table, place in zip(tables, places, strict=True)
    ]
    whole = with_copies(pa.concat_tables(columns), subset, source).column(0)
    start = 0
    for table, place in zip(tables, places, strict=True):
        yield table.set_column(place, table.field(place), whole.slice(start, len(table)))
        start += len(table)


def _write_state(part: SavedPart, subset: Subset, destination: Path) -> None:
    """The state with a fingerprint that depends on the old one and on what was changed."""
    digest = hashlib.sha256(str(part.state.get(FINGERPRINT)).encode())
    digest.update(np.packbits(subset.keep).tobytes())
    if subset.copied is not None:
        changes = [subset.copied.column, sorted(subset.copies.items())]
        digest.update(json.dumps(changes).encode())
    state = {**part.state, FINGERPRINT: digest.hexdigest()[:FINGERPRINT_LETTERS]}
    with write_atomically(destination) as temporary:
        temporary.write_text(json.dumps(state, indent=2, sort_keys=True), encoding="utf-8")


def _copy(source: Path, destination: Path) -> None:
    with write_atomically(destination) as temporary:
        temporary.write_bytes(source.read_bytes())


SAVED_DATASET = SavedDataset()
