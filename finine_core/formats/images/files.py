"""Where are the bytes of a row's image, and may they be read?

Takes the input (a folder, a zip, or a table with a column of paths or of bytes) and gives a
function from a cell to the bytes of its image. A path never leads out of the input's own folder:
absolute paths, `..` and symbolic links are refused.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pyarrow as pa

from finine_core.errors import FinineError, shown
from finine_core.formats.images.decoding import MOST_BYTES, BadImage
from finine_core.formats.sources.input_file import is_folder

ARCHIVE_SUFFIXES = (".zip",)
Opener = Callable[[object], bytes]  # from a cell to the bytes of its image


@contextmanager
def images_of(path: Path, kind: pa.DataType) -> Iterator[Opener]:
    """Open the images of an input, for as long as the body runs.

    Args:
        path: the folder, zip or table.
        kind: the type of the column with the images: text holds paths, bytes are the image itself.
    """
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        yield _cell
    elif is_folder(path):
        yield beside(path)
    elif path.suffix.lower() in ARCHIVE_SUFFIXES:
        with zipfile.ZipFile(path) as archive:
            yield _inside(archive)
    else:
        yield beside(path.parent)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a column holds images themselves, not their paths."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def beside(folder: Path) -> Opener:
    """A function that reads the files that lie in a folder, by their paths within it.

    Raises (the function):
        FinineError: the path leads elsewhere.
        BadImage: there is no such file, or it cannot be read.
    """
    root = os.path.realpath(folder)

    def read(cell: object) -> bytes:
        name = _named(cell)
        check_inside(name)
        place = os.path.normpath(os.path.join(root, name))  # noqa: PTH118  a hundred thousand times
        if os.path.realpath(place) != place:
            raise FinineError(
                f"The image {shown(name)} is, or lies behind, a symbolic link.",
                "Links are not followed, since they may lead anywhere: put the file itself there.",
            )
        try:
            if not os.path.isfile(place):  # noqa: PTH113
                raise BadImage("there is no such file")
            if os.path.getsize(place) > MOST_BYTES:  # noqa: PTH202
                raise BadImage(f"it is larger than {MOST_BYTES:,} bytes")
            return Path(place).read_bytes()
        except (OSError, ValueError) as error:
            raise BadImage(getattr(error, "strerror", None) or str(error)) from None

    return read


def check_inside(name: str) -> None:
    """Refuse a path that leads out of the folder it is meant in.

    Examples:
        >>> check_inside("cats/1.png")
        >>> check_inside("../secret.png")
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: The image path '../secret.png' leads out of the folder of \
the data. Name images by their path within that folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    drive = len(name) > 1 and name[1] == ":"
    if path.is_absolute() or drive or ".." in path.parts or "\0" in name:
        raise FinineError(
            f"The image path {shown(name)} leads out of the folder of the data.",
            "Name images by their path within that folder.",
        )


def _named(cell: object) -> str:
    name = "" if cell is None else str(cell).strip()
    if not name:
        raise BadImage("no image is named")
    return name


def _cell(cell: object) -> bytes:
    if not isinstance(cell, bytes):
        raise BadImage("the cell is empty")
    return cell


def _inside(archive: zipfile.ZipFile) -> Opener:
    def read(cell: object) -> bytes:
        name = _named(cell)
        try:
            if archive.getinfo(name).file_size > MOST_BYTES:
                raise BadImage(f"it is larger than {MOST_BYTES:,} bytes")
            with archive.open(name) as stream:  # a size in the header may be a lie
                content = stream.read(MOST_BYTES + 1)
        except KeyError:
            raise BadImage("there is no such file in the archive") from None
        except BadImage:
            raise
        except Exception as error:  # damaged, encrypted, packed in an unknown way
            raise BadImage(f"it cannot be unpacked ({error})") from None
        return content

    return read
