"""File formats: which one is this file, and what does it hold?

A registry with one module per format. Adding a format is one new file that satisfies `Format`
plus one entry in `FORMATS`.
"""

from __future__ import annotations

from pathlib import Path

from finine_core.errors import FinineError, shown
from finine_core.formats.arrow import ARROW
from finine_core.formats.base import Format, RawTable
from finine_core.formats.delimited import CSV, TSV
from finine_core.formats.excel import EXCEL
from finine_core.formats.image_trees import IMAGE_ARCHIVE, IMAGE_FOLDER, LIST_ENDING
from finine_core.formats.jsonlines import JSON_LINES
from finine_core.formats.parquet import PARQUET
from finine_core.formats.saved_dataset import SAVED_DATASET
from finine_core.formats.signatures import MENDS, refuse_other_kinds
from finine_core.formats.sources.input_file import cannot_be_read, is_folder, unchanged
from finine_core.formats.sources.inputs import check_input
from finine_core.formats.sources.saved_layout import is_saved_dataset
from finine_core.formats.subset import CopiedCells

TABLES: tuple[Format, ...] = (CSV, TSV, JSON_LINES, PARQUET, ARROW, EXCEL)
FORMATS: tuple[Format, ...] = (*TABLES, IMAGE_ARCHIVE)

# As a person is told them, wherever a file is asked for.
FORMAT_NAMES = f"{', '.join(known.name for known in TABLES[:-1])} or {TABLES[-1].name}"

__all__ = [
    "FORMATS",
    "FORMAT_NAMES",
    "CopiedCells",
    "Format",
    "RawTable",
    "format_of",
    "is_image_tree",
    "read_table",
    "written_ending",
]


def format_of(path: Path) -> Format:
    """The format a file name belongs to, by its ending; a folder is of images, or a saved data set.

    Raises:
        FinineError: the ending is unknown; the known ones are named.

    Examples:
        >>> format_of(Path("data/reviews.TSV")).name
        'TSV'
        >>> format_of(Path("reviews.odt"))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: reviews.odt: files ending in '.odt' are not supported. \
Supported are .csv, .txt, .tsv, .jsonl, .ndjson, .parquet, .pq, .feather, \
.arrow, .xlsx, .zip.
    """
    path = Path(path)
    if is_folder(path):
        return SAVED_DATASET if is_saved_dataset(path) else IMAGE_FOLDER
    for known in FORMATS:
        if path.suffix.lower() in known.suffixes:
            return known
    endings = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    what = f"files ending in {shown(path.suffix)}" if path.suffix else "files without an ending"
    mend = MENDS.get(path.suffix.lower(), "")
    raise FinineError(
        f"{path.name}: {what} are not supported.", f"{mend} Supported are {endings}.".strip()
    )


def is_image_tree(path: Path) -> bool:
    """Whether an input is a folder or zip of images, which has the columns `image` and `label`.

    Examples:
        >>> is_image_tree(Path("pets.zip")), is_image_tree(Path("pets.csv"))
        (True, False)
    """
    if is_folder(path):
        return not is_saved_dataset(path)
    return path.suffix.lower() in IMAGE_ARCHIVE.suffixes


def written_ending(path: Path) -> str:
    """The ending of what rows of an input are written to, such as `.csv`; of a folder, none.

    Examples:
        >>> written_ending(Path("a.TSV")), written_ending(Path("pets.zip"))  # of images: a list
        ('.TSV', '.csv')
    """
    if is_image_tree(path):
        return LIST_ENDING
    known = format_of(path)
    if known is SAVED_DATASET:
        return ""
    endings = [one for one in known.suffixes if path.name.lower().endswith(one.lower())]
    length = max((len(ending) for ending in endings), default=len(path.suffix))
    return path.name[len(path.name) - length :]


def read_table(path: Path) -> RawTable:
    """Read a file in whichever format its name says.

    Raises:
        FinineError: there is no such file, it is a folder without images, a pipe or a device,
            larger than the limit, of an unknown format or of another kind than its name says, it
            is written to meanwhile, or its content is not what the format asks for.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,label\\n1.5,cat\\n2,dog\\n")
        >>> read_table(path).table.to_pydict()
        {'x': [1.5, 2.0], 'label': ['cat', 'dog']}
    """
    path = Path(path)
    check_input(path)
    known = format_of(path)
    try:
        if known not in (SAVED_DATASET, IMAGE_FOLDER, IMAGE_ARCHIVE):
            refuse_other_kinds(path, known.name)
        with unchanged(path):
            return known.read(path)
    except OSError as error:
        raise cannot_be_read(path, error) from error
