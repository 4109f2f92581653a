"""How does an output appear whole or not at all, be it a file or a folder?

Rows of most inputs are written to a file; those of a saved data set are a folder again. A folder is
made under another name beside its place and then takes it; a killed writer leaves that other
folder, which the next writer clears away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finine_core.errors import FinineError
from finine_core.files import is_full_disk, write_atomically
from finine_core.formats.sources.saved_layout import is_saved_dataset

_SUFFIX = ".tmp"


@contextmanager
def written_whole(path: Path, source: Path) -> Iterator[Path]:
    """Give a temporary path for rows of `source`; on success it becomes `path`.

    Raises:
        FinineError: the disk is full, or a folder is to be replaced that is no saved data set.

    Examples:
        >>> place = Path(tempfile.mkdtemp()) / "rows.csv"
        >>> with written_whole(place, Path("data.csv")) as temporary:
        ...     _ = temporary.write_text("whole")
        >>> place.read_text()
        'whole'
    """
    if not is_saved_dataset(source):
        with write_atomically(path) as temporary:
            yield temporary
        return
    check_replaceable(path)
    _drop_left(path)
    try:
        with _locked_folder(path) as temporary:
            yield temporary
            temporary.chmod(0o755)
            replace_output(temporary, path)
    except OSError as error:
        if not is_full_disk(error):
            raise
        raise FinineError(
            f"The disk that holds {path.parent} is full.", "Free some space, then try again."
        ) from error


def check_replaceable(path: Path) -> None:
    """Refuse to put a folder where something else is than a saved data set.

    Raises:
        FinineError: what is in the way.
    """
    if path.exists() and not is_saved_dataset(path) and not _is_empty(path):
        raise FinineError(
            f"{path} is no saved data set, and would be replaced by one.", "Choose another name."
        )


def replace_output(made: Path, path: Path) -> None:
    """Let a file or folder take the place of an earlier output."""
    if made.is_dir() and path.is_dir():
        old = made.with_name(f"{made.name}.old{_SUFFIX}")
        path.replace(old)
        made.replace(path)
        shutil.rmtree(old, ignore_errors=True)
    else:
        made.replace(path)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


@contextmanager
def _locked_folder(path: Path) -> Iterator[Path]:
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent))
    handle = os.open(temporary, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(handle)


def _drop_left(path: Path) -> None:
    """Remove folders that killed writers of `path` left: the kernel gave their locks up."""
    for one in path.parent.iterdir():
        if not (one.name.startswith(f".{path.name}.") and one.name.endswith(_SUFFIX)):
            continue
        if one.is_symlink() or not one.is_dir():
            continue
        handle = os.open(one, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(one, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(handle)
