"""Which files make up a data set that the library `datasets` saved into a folder?

Takes a folder as `Dataset.save_to_disk` writes it (`dataset_info.json`, `state.json` and the tables
that the state lists), or as `DatasetDict.save_to_disk` does (`dataset_dict.json` and such a folder
for each split). Gives the tables in the order of their rows, without reading them, and the
fingerprint. Files that nothing lists (caches, for example) play no part; no link is followed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finine_core.errors import FinineError, shown
from finine_core.files import sha256_of
from finine_core.formats.sources.input_file import (
    beyond_limit,
    check_input_file,
    gigabytes,
    is_folder,
    largest_bytes,
)

INFO, STATE, SPLITS = "dataset_info.json", "state.json", "dataset_dict.json"
LARGEST_RECORD = 64 * 1024**2  # of JSON: names of classes and of files, no rows
# Earlier versions kept a selection of rows beside the table; `datasets` itself no longer reads it.
_INDICES = ("_indices_data_files", "_indices_files")
_BARE_NAME = re.compile(r"[^/\\\0]+")
_AGAIN = "Load it with the library datasets and save it again with save_to_disk."


@dataclass(frozen=True)
class SavedPart:
    """One saved table: a whole data set, or one split of several.

    Attributes:
        split: the name of the split; None where there are none.
        folder: where its files lie.
        tables: its Arrow files, in the order of their rows.
        state: what `state.json` says.
        features: what `dataset_info.json` says of each column; may be empty.
    """

    split: str | None
    folder: Path
    tables: tuple[Path, ...]
    state: dict[str, Any]
    features: dict[str, Any]

    def classes(self) -> dict[str, tuple[str, ...]]:
        """The names of the classes of each column that holds classes by number."""
        return {
            column: tuple(about["names"])
            for column, about in self.features.items()
            if isinstance(about, dict)
            and about.get("_type") == "ClassLabel"
            and isinstance(about.get("names"), list)
            and all(isinstance(name, str) for name in about["names"])
        }


def is_saved_dataset(path: Path) -> bool:
    """Whether a folder is one that `save_to_disk` of the library `datasets` wrote.

    Examples:
        >>> is_saved_dataset(Path("/tmp")), is_saved_dataset(Path("rows.csv"))
        (False, False)
    """
    if not is_folder(path):
        return False
    return (path / SPLITS).is_file() or ((path / STATE).is_file() and (path / INFO).is_file())


def saved_parts(folder: Path) -> list[SavedPart]:
    """The saved tables of a folder, in the order of their rows.

    Raises:
        FinineError: a file that belongs to it is missing, damaged, a link or elsewhere, the rows
            are a selection kept apart from their table, or all is larger than the limit.
    """
    if (folder / SPLITS).is_file():
        splits = _record(folder / SPLITS).get("splits")
        names = _bare_names(splits, folder / SPLITS, "splits")
        parts = [_part(folder / name, name) for name in names]
    else:
        parts = [_part(folder, None)]
    size, largest = (
        sum(one.stat().st_size for part in parts for one in part.tables),
        largest_bytes(),
    )
    if size > largest:
        raise FinineError(
            f"{folder.name} has {gigabytes(size)}; up to {gigabytes(largest)} are read.",
            beyond_limit(largest),
        )
    return parts


def files_of_saved(folder: Path) -> Iterator[Path]:
    """All files that belong to a saved data set, in a fixed order."""
    if (folder / SPLITS).is_file():
        yield folder / SPLITS
    for part in saved_parts(folder):
        yield from (part.folder / INFO, part.folder / STATE, *part.tables)


def fingerprint_of_saved(folder: Path) -> str:
    """SHA-256 over the path and SHA-256 of each file of a saved data set, hex."""
    digest = hashlib.sha256()
    for path in files_of_saved(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def bytes_of_saved(folder: Path) -> int:
    """How many bytes the files of a saved data set have."""
    return sum(path.stat().st_size for path in files_of_saved(folder))


def _part(folder: Path, split: str | None) -> SavedPart:
    if folder.is_symlink():
        raise _link(folder)
    state, info = _record(folder / STATE), _record(folder / INFO)
    if any(state.get(key) for key in _INDICES):
        raise FinineError(
            f"{folder.name} holds a selection of rows apart from its table (in {STATE}), as early "
            "versions of the library datasets saved it; it would be lost.",
            f"{_AGAIN} Of an early version, call flatten_indices() before.",
        )
    listed = state.get("_data_files")
    listed = listed if isinstance(listed, list) else []
    files = [one.get("filename") if isinstance(one, dict) else None for one in listed]
    names = _bare_names(files, folder / STATE, "_data_files")
    for path in (folder / name for name in names):
        if path.is_symlink():
            raise _link(path)
        check_input_file(path)
    features = info.get("features")
    return SavedPart(
        split,
        folder,
        tuple(folder / name for name in names),
        state,
        features if isinstance(features, dict) else {},
    )


def _record(path: Path) -> dict[str, Any]:
    if path.is_symlink():
        raise _link(path)
    check_input_file(path, LARGEST_RECORD)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error) or "it is nested too deep") from None
    if not isinstance(content, dict):
        raise _damaged(path, "it is no object")
    return content


def _bare_names(names: object, path: Path, key: str) -> Sequence[str]:
    """Names of files or folders beside `path`: a name with a slash could lead anywhere."""
    if not isinstance(names, list) or not names:
        raise _damaged(path, f"{key} lists nothing")
    for name in names:
        if not isinstance(name, str) or not _BARE_NAME.fullmatch(name) or name in (".", ".."):
            raise _damaged(path, f"{key} has {shown(name)}, which is no bare name")
    if len(set(names)) < len(names):
        raise _damaged(path, f"{key} names one twice")
    return names


def _damaged(path: Path, reason: str) -> FinineError:
    return FinineError(f"{path.parent.name}/{path.name} is damaged: {reason.rstrip('.')}.", _AGAIN)


def _link(path: Path) -> FinineError:
    return FinineError(
        f"{path.parent.name}: {shown(path.name)} is a symbolic link.",
        "Links are not followed, since they may lead anywhere: put the file or folder there.",
    )
