"""Folders and zips of images: a table with a line per image, its path and its class.

Written again, a tree is a list (CSV) of the images that are kept; the images themselves are copied
or linked on demand (`curation/export/trees.py`), since a list is enough to go on with.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from finine_core.files import write_atomically
from finine_core.formats.base import (
    CopiedCells,
    RawTable,
    check_copied,
    check_mask,
    check_mask_fits,
    no_column_to_change,
    text_rows_of,
)
from finine_core.formats.images.files import ARCHIVE_SUFFIXES
from finine_core.formats.images.tree import Tree, list_archive, list_folder

LIST_ENDING = ".csv"


@dataclass(frozen=True)
class ImageTree:
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

    def write_subset(
        self,
        source: Path,
        keep: np.ndarray,
        destination: Path,
        copied: CopiedCells | None = None,
    ) -> None:
        """Write the list of the images where `keep` (n,) is True, as CSV.

        Raises:
            FinineError: the tree has another number of images than `keep`.
        """
        check_mask(keep, source)
        table = self.listed(source).table
        check_mask_fits(keep, len(table), source)
        if copied is not None:
            check_copied(copied, keep, source)
            if copied.column not in table.column_names:
                raise no_column_to_change(copied.column, source)
            rows = np.arange(len(keep))
            rows[list(copied.from_row)] = list(copied.from_row.values())
            place = table.column_names.index(copied.column)
            column = table.column(copied.column).take(pa.array(rows))
            table = table.set_column(place, copied.column, column)
        kept = table.filter(pa.array(keep))
        with (
            write_atomically(destination) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as stream,
        ):
            csv.writer(stream, lineterminator="\n").writerows(text_rows_of(kept))

    def text_rows(self, path: Path) -> Iterator[list[str]]:
        """The column names, then every image's path and class."""
        return text_rows_of(self.listed(path).table)


IMAGE_FOLDER = ImageTree("folder of images", (), list_folder)
IMAGE_ARCHIVE = ImageTree("zip of images", ARCHIVE_SUFFIXES, list_archive)
