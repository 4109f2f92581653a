"""May what is written be called so? A file of rows has its input's format, an export is a folder.

A name whose ending says another format would be opened as what it is not.
"""

from __future__ import annotations

from pathlib import Path

from finine_core.errors import FinineError
from finine_core.formats import FORMATS, format_of, is_image_tree, written_ending
from finine_core.formats.delimited import CSV
from finine_core.formats.signatures import MENDS

_KNOWN = {suffix for known in FORMATS for suffix in known.suffixes} | set(MENDS)


def check_ending(out: Path, source: Path) -> None:
    """Refuse a name for rows of `source` whose ending says another format than the input's.

    Raises:
        FinineError: it does; the ending to use is named.

    Examples:
        >>> check_ending(Path("few.csv"), Path("rows.csv"))
        >>> check_ending(Path("few.parquet"), Path("rows.csv"))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: few.parquet is named like a file of another format: rows \
are written in that of the input, CSV. Let the name end in .csv.
    """
    ending = out.suffix.lower()
    written = CSV if is_image_tree(source) else format_of(source)
    if ending not in _KNOWN or ending in written.suffixes:
        return
    right = written_ending(source)
    raise FinineError(
        f"{out.name} is named like a file of another format: rows are written in that of the"
        f" input, {written.name}.",
        f"Let the name end in {right}." if right else "Name a folder, without an ending.",
    )


def check_folder_name(out: Path, source: Path) -> None:
    """Refuse a new folder for an export that is named like a data file.

    Raises:
        FinineError: it is; how the cleaned file will be called is said.
    """
    if out.suffix.lower() not in _KNOWN or out.is_dir():
        return
    raise FinineError(
        f"{out.name} is named like a file, and an export is a folder: the cleaned data is"
        f" cleaned{written_ending(source)} in it, in the format of the input.",
        f"Name a folder, such as {out.with_suffix('').name}.",
    )


def check_apart(out: Path, source: Path) -> None:
    """Refuse a place that is the input, or a folder that holds it or lies in it.

    A folder that is written takes the place of what was there.

    Raises:
        FinineError: it is one of these.

    Examples:
        >>> check_apart(Path("/data/images"), Path("/data/images/pets"))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: /data/images would replace the input /data/images/pets. \
Choose another folder.
    """
    place, given = out.resolve(), source.resolve()
    if given.is_relative_to(place) or (out.exists() and out.samefile(source)):
        raise FinineError(f"{out} would replace the input {source}.", "Choose another folder.")
    if source.is_dir() and place.is_relative_to(given):
        raise FinineError(f"{out} would lie inside the input {source}.", "Choose another folder.")
