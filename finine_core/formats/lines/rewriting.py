"""Some rows of a text file, with the bytes that they have there.

Takes where the bytes of each row and of its cell to change lie; takes out the rows that are not
kept, and puts other cells' bytes in the place of those that are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from finine_core.files import write_atomically
from finine_core.formats.lines.text_lines import Edit, copy_edited, read_span
from finine_core.formats.subset import Subset

Span = tuple[int, int]  # the bytes [start, end) of a file


def edits_of(
    source: Path, rows: Iterable[Span], subset: Subset, cell: Callable[[Span], Span]
) -> list[Edit]:
    """What is to be changed in the file, in file order.

    Args:
        rows: the bytes of each row, line end included.
        cell: of the bytes of a row, those of its cell to change.

    Raises:
        FinineError: the file has another number of rows, or a row not the cell.
    """
    wanted = {*subset.copies, *subset.copies.values()}
    spans: dict[int, Span] = {}  # of the wanted rows
    edits: list[Edit] = []
    count = 0
    for span in rows:
        if count < len(subset.keep) and not subset.keep[count]:
            edits.append(Edit(*span))
        if count in wanted:
            spans[count] = span
        count += 1
    subset.check_fits(count, source)
    subset.check_copies(source)
    cells = {row: cell(span) for row, span in spans.items()}
    edits += [
        Edit(*cells[row], read_span(source, *cells[other])) for row, other in subset.copies.items()
    ]
    return sorted(edits)


def write_edited(source: Path, edits: list[Edit], destination: Path) -> None:
    """Write the file with its edits; nothing is there before it is whole."""
    with write_atomically(destination) as temporary:
        copy_edited(source, edits, temporary)
