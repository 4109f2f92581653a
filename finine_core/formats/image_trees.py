"""Folders and zips of images: a table with a line per image, its path and its class.

Written again, a tree is a list (CSV) of the images that are kept; the images themselves are copied
or linked on demand (`curation/export/trees.py`), since a list is enough to go on with.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from finine_core.files import write_atomically
from finine_core.formats.base import Format, RawTable, text_rows_of
from finine_core.formats.images.files import ARCHIVE_SUFFIXES
from finine_core.formats.images.tree import Tree, list_archive, list_folder
from finine_core.formats.subset import Subset

LIST_ENDING = ".csv"


@dataclass(frozen=True)
class ImageTree(Format):
    """A folder, or a zip, with one folder of images per class."""

    name: str
    suffixes: tuple[str, ...]
    listed: Callable[[Path], Tree]

    def read(self, path: Path) -> RawTable:
        """List all images, in the order of their paths.

        Raises:
            FinineError: there are none, or one must not be read; see `images/tree.py`.
        """
        tree = self.listed(path)
        return RawTable(tree.table, tree.notes)

    def write(self, source: Path, subset: Subset, destination: Path) -> None:
        """The list of the images that are kept, as CSV."""
        table = self.listed(source).table
        subset.check_fits(len(table), source)
        if subset.copied is not None:
            subset.check_copies(source)
            place = subset.copied.place_in(table.column_names, source)
            column = table.column(place).take(pa.array(subset.origins))
            table = table.set_column(place, table.field(place).name, column)
        kept = table.filter(pa.array(subset.keep))
        with (
            write_atomically(destination) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as stream,
        ):
            csv.writer(stream, lineterminator="\n").writerows(text_rows_of(kept))


IMAGE_FOLDER = ImageTree("folder of images", (), list_folder)
IMAGE_ARCHIVE = ImageTree("zip of images", ARCHIVE_SUFFIXES, list_archive)
