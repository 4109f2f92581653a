"""Where do the images of a cleaned list lie? Copies or hard links of them, in a folder per class.

Takes the folder or zip that was curated and the list an export has written. An image whose label
was corrected goes into the folder of its new class. The input is only read.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pyarrow as pa

from finine_core.curation.export.names import check_apart
from finine_core.errors import FinineError
from finine_core.files import is_full_disk
from finine_core.formats import is_image_tree, read_table
from finine_core.formats.images import IMAGE_COLUMN, LABEL_COLUMN, images_of
from finine_core.formats.images.decoding import BadImage

TREE_NAME = "images"  # of the folder, beside the list
COPY, LINK = "copy", "link"
WAYS = (COPY, LINK)
MOVED = "-from-"  # in the name of an image that came to a class where its name was taken
_UNFINISHED = ".images-in-the-making"


def write_tree(
    source: Path, listing: Path, out: Path, way: str = COPY, *, overwrite: bool = False
) -> int:
    """Write the images of a list into `out/images/CLASS/…`; gives how many.

    Args:
        source: the folder or zip that the list was made from.
        listing: the CSV of an export, with the columns `image` and `label`.
        way: 'copy', or 'link' for hard links, which take no room: a program that changes such a
            file changes the original.
        overwrite: whether an earlier `out/images` may be replaced.

    Raises:
        FinineError: the source is no folder or zip of images, an image is gone, `out/images` is
            there, or the disk does not allow it.
    """
    check_tree(source, out, way, overwrite=overwrite)
    table = read_table(source).table
    old = dict(
        zip(table.column(IMAGE_COLUMN).to_pylist(), table.column(LABEL_COLUMN).to_pylist(),
            strict=True)
    )  # fmt: skip
    places = _places(listing, old)
    unfinished, tree = out / _UNFINISHED, out / TREE_NAME
    with _told(tree), images_of(source, pa.string()) as opened:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()  # an error where a link is left in its place, which leads elsewhere
        try:
            for name, place in places.items():
                target = unfinished / place
                target.parent.mkdir(parents=True, exist_ok=True)
                if way == LINK:
                    os.link(source / name, target, follow_symlinks=False)
                else:
                    target.write_bytes(opened(name))
            if tree.exists():
                shutil.rmtree(tree)
            unfinished.replace(tree)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return len(places)


def check_tree(source: Path, out: Path, way: str, *, overwrite: bool) -> None:
    """Refuse what `write_tree` could not do, before anything is written.

    Raises:
        FinineError: why; also that `out/images` is, holds or lies in the input, or holds what no
            export of it has put there.
    """
    if way not in WAYS:
        raise FinineError(f"A tree is made by {' or '.join(WAYS)}, not {way!r}.")
    if not is_image_tree(source):
        raise FinineError(
            f"{source.name} is no folder or zip of images, so there is no tree of them to write.",
            "Export without it.",
        )
    if way == LINK and not source.is_dir():
        raise FinineError("Files inside a zip cannot be linked.", "Copy them.")
    tree = out / TREE_NAME
    check_apart(tree, source)
    if tree.exists() and not overwrite:
        raise FinineError(
            f"{out} holds a folder {TREE_NAME} already.",
            "Choose another folder, or allow overwriting.",
        )
    if tree.exists() and (other := _not_of(source, tree)) is not None:
        raise FinineError(
            f"{tree} would be replaced, and holds {other}, which is no image of {source.name}.",
            "Choose another folder.",
        )


def _not_of(source: Path, tree: Path) -> str | None:
    """A file of a tree that is called like no image of the source; None where all are."""
    images = read_table(source).table
    names = {PurePosixPath(name).name for name in images.column(IMAGE_COLUMN).to_pylist()}
    labels = set(images.column(LABEL_COLUMN).to_pylist())
    for one in sorted(path for path in tree.rglob("*") if not path.is_dir()):
        stem, _, label = one.stem.rpartition(MOVED)
        before = f"{stem}{one.suffix}" if label in labels else one.name
        if one.name not in names and before not in names:
            return one.relative_to(tree).as_posix()
    return None


def _places(listing: Path, old: dict[str, str]) -> dict[str, PurePosixPath]:
    """For each image of a list, where it goes; no two to the same place."""
    places: dict[str, PurePosixPath] = {}
    taken: set[PurePosixPath] = set()
    with listing.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            name, label = line[IMAGE_COLUMN], line[LABEL_COLUMN]
            if name not in old:
                raise FinineError(f"{listing} names {name!r}, which the input does not have.")
            parts = list(PurePosixPath(name).parts)
            parts[parts.index(old[name])] = label
            place = PurePosixPath(*parts)
            if place in taken or (old[name] != label and place.as_posix() in old):
                place = place.with_name(f"{place.stem}{MOVED}{old[name]}{place.suffix}")
            taken.add(place)
            places[name] = place
    return places


@contextmanager
def _told(tree: Path) -> Iterator[None]:
    try:
        yield
    except BadImage as error:
        raise FinineError(f"An image cannot be read: {error}.", "Put it back.") from None
    except OSError as error:
        room = "Free some space." if is_full_disk(error) else "Choose another folder, or copy."
        raise FinineError(f"{tree} cannot be written ({error.strerror}).", room) from error
