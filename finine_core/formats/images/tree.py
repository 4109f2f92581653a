"""Which images lie in a folder, or zip, with one folder per class?

Gives a table with a line per image: its path within the tree and its class, in the order of the
paths; and what was left out. Nothing is unpacked, and no link is followed. Where the top folders
are called train and test, the classes are those below, and a column says which part a row is of.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from finine_core.errors import FinineError, shown
from finine_core.files import sha256_of
from finine_core.formats.images.decoding import SUFFIXES
from finine_core.formats.images.files import check_inside
from finine_core.formats.part_words import TRAINING_WORDS, VALIDATION_WORDS
from finine_core.formats.sources.input_file import beyond_limit, gigabytes, largest_bytes

IMAGE_COLUMN, LABEL_COLUMN, SPLIT_COLUMN = "image", "label", "split"
MOST_FILES = 1_000_000  # listed in some ten seconds; a zip of more is no data set but an attack
MOST_DEPTH = 20  # folders within folders
# Packed a thousand times smaller than they are, files are no images: images are packed already.
MOST_RATIO = 200
_PARTS = TRAINING_WORDS | VALIDATION_WORDS
_HOW = "the images into one folder per class: DATA/cats/1.png, DATA/dogs/7.png, …"


@dataclass(frozen=True)
class Tree:
    """The images of a tree, as a table, and what a person should know about the listing."""

    table: pa.Table
    notes: tuple[str, ...]


def list_folder(folder: Path) -> Tree:
    """The images in the folders of a folder.

    Raises:
        FinineError: it has no folders with images, a symbolic link, or too many files.
    """
    return _tree(_paths_below(folder), folder.name, "Put ")


def list_archive(path: Path) -> Tree:
    """The images in the folders of a zip, which is not unpacked.

    Raises:
        FinineError: it is no zip, has no folders with images, a name that leads out of it, a link,
            a password, or unpacks to more than the limit of data.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FinineError(
            f"{path.name} cannot be read as a zip ({error}).", "Check that it is complete."
        ) from None
    names = _checked_entries(path, [one for one in entries if not one.is_dir()])
    return _tree(names, path.name, "Unpack it if it holds a table; else put ")


def fingerprint_of_folder(folder: Path) -> str:
    """SHA-256 over the path and SHA-256 of each image of a tree, in the order of the paths, hex."""
    digest = hashlib.sha256()
    for name in _images(_paths_below(folder)):
        digest.update(f"{name}\0{sha256_of(folder / name)}\n".encode())
    return digest.hexdigest()


def bytes_of_folder(folder: Path) -> int:
    """How many bytes the images of a tree have."""
    return sum((folder / name).stat().st_size for name in _images(_paths_below(folder)))


def _paths_below(folder: Path) -> list[str]:
    """All files below a folder, as paths within it with /."""
    found: list[str] = []
    waiting = [("", 0)]
    while waiting:
        at, depth = waiting.pop()
        if depth > MOST_DEPTH:
            raise FinineError(
                f"{folder} has folders {MOST_DEPTH} deep within each other.", f"Put {_HOW}"
            )
        with os.scandir(folder / at) as entries:
            for entry in entries:
                name = f"{at}{entry.name}"
                if _hidden(name):
                    continue
                _check_utf8(name)
                if entry.is_symlink():
                    raise FinineError(
                        f"{folder.name}: {shown(name)} is a symbolic link.",
                        "Links are not followed, since they may lead anywhere: put the file or "
                        "folder itself there.",
                    )
                if entry.is_dir():
                    waiting.append((f"{name}/", depth + 1))
                elif entry.is_file():
                    found.append(name)
        if len(found) > MOST_FILES:
            raise FinineError(f"{folder} has more than {MOST_FILES:,} files.", "Use a part of it.")
    return found


def _check_utf8(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise FinineError(f"The file name {shown(name)} is not UTF-8.", "Rename it.") from None


def _checked_entries(path: Path, entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    if len(entries) > MOST_FILES:
        raise FinineError(f"{path.name} has more than {MOST_FILES:,} files.", "Use a part of it.")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        check_inside(name)
        _check_utf8(name)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise FinineError(
                f"{path.name}: {shown(name)} is a symbolic link.", "Zip the files themselves."
            )
        if entry.flag_bits & 1:
            raise FinineError(f"{path.name} has a password.", "Zip the images without one.")
        if name in seen:
            raise FinineError(f"{path.name} holds {shown(name)} twice.", "Zip the folder anew.")
        seen.add(name)
    total, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    largest = largest_bytes()
    if total > largest:
        raise FinineError(
            f"{path.name} unpacks to {gigabytes(total)}; up to {gigabytes(largest)} are read.",
            beyond_limit(largest),
        )
    if total > MOST_RATIO * max(packed, 1 << 20):
        raise FinineError(
            f"{path.name} unpacks to {total / max(packed, 1):,.0f} times its size: no images do.",
            "Check where it is from.",
        )
    return [one.filename for one in entries if not _hidden(one.filename)]


def _hidden(name: str) -> bool:
    """Whether a file is an operating system's own: .DS_Store, __MACOSX/…, Thumbs.db."""
    parts = name.rstrip("/").split("/")
    return any(one.startswith((".", "__MACOSX")) for one in parts) or parts[-1] == "Thumbs.db"


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _images(names: Sequence[str]) -> list[str]:
    return sorted(name for name in names if _is_image(name) and "/" in name)


def _tree(names: Sequence[str], where: str, put: str) -> Tree:
    """The table of a tree's images; `put` begins the advice where there are none."""
    images = _images(names)
    if not images:
        raise FinineError(f"{where} has no folders with images.", put + _HOW)
    parts = [name.split("/") for name in images]
    above = 0  # a zip often has one folder around it all
    while len({one[above] for one in parts}) == 1 and all(len(one) > above + 2 for one in parts):
        above += 1
    tops = {one[above].lower() for one in parts}
    split = tops <= _PARTS and all(len(one) > above + 2 for one in parts)
    at = above + 1 if split else above
    columns = {IMAGE_COLUMN: images, LABEL_COLUMN: [one[at] for one in parts]}
    if split:
        columns[SPLIT_COLUMN] = [one[above].lower() for one in parts]
    left_out = len(names) - len(images)
    notes = []
    if left_out:
        files = "1 file is" if left_out == 1 else f"{left_out:,} files are"
        notes.append(f"{files} left out: no image, or not in the folder of a class.")
    return Tree(
        pa.table({name: pa.array(c, pa.string()) for name, c in columns.items()}), tuple(notes)
    )
