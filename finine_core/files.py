"""Files written whole or not at all, and their fingerprints.

Every file finine writes goes through `write_atomically`: a reader sees the old content or the
new one, never a half. A writer that is killed leaves a temporary file, which the next writer of the
same file (or `finine doctor`) clears away. Nothing here knows what is inside the files.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finine_core.errors import FinineError
from finine_core.paths import check_output, reason_of

if TYPE_CHECKING:
    import pyarrow as pa

# Rows of a Parquet file that are read together: whoever asks for one row waits for so many. Smaller
# groups make the file larger and a whole reading slower.
GROUP_ROWS = 8192
HASH_CHUNK = 1 << 20  # bytes read at a time; large enough that hashing is bound by the disk
_FULL = (errno.ENOSPC, errno.EDQUOT)  # no space left, or none left to this person
_SUFFIX = ".tmp"
NEW_RUN = "Start a new run."  # what to do about a file of a run that cannot be read


@contextmanager
def write_atomically(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it is synced and renamed to `path`.

    When the body raises, the temporary file is removed and `path` keeps its old content. A path
    that was given by a call around this one is written to as it is: that call makes it whole.
    Its folder must be there: one that somebody deleted does not come back by the next file that
    a worker of its run writes.

    Args:
        durable: wait until it is on the disk; without, a power cut may bring the old content back.

    Raises:
        FinineError: the disk is full, or something else than a file has that name.

    Examples:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "note.txt"
        >>> with write_atomically(target) as temporary:
        ...     _ = temporary.write_text("whole")
        >>> target.read_text()
        'whole'
    """
    if path.name.startswith(".") and path.name.endswith(_SUFFIX):
        yield path
        return
    check_output(path)
    try:
        with _temporary_beside(path) as temporary:
            yield temporary
            if durable:
                sync(temporary)
            temporary.chmod(0o644)
            temporary.replace(path)
            if durable:
                sync(path.parent)
    except Exception as error:
        if not is_full_disk(error):
            raise
        raise FinineError(
            f"The disk that holds {path.parent} is full.",
            "Free some space, then try again; what was stored before is as it was.",
        ) from error


@contextmanager
def _temporary_beside(path: Path) -> Iterator[Path]:
    drop_orphans(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with suppress(OSError):  # a file system without locks: then age tells (`is_orphan`)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)  # and the lock with it: only now may another take it for an orphan


# A writer locks its temporary file at once; until then it must not be taken for an orphan.
ORPHAN_SECONDS = 2.0


def is_orphan(path: Path) -> bool:
    """Whether the writer of a temporary file is gone: the kernel gave its lock up."""
    with suppress(OSError), path.open("rb") as stream:
        # a time from the future says that the clock was set back, not that the file is young
        young = 0 <= _file_system_age(stream.fileno()) < ORPHAN_SECONDS
        fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return not young
    return False


def drop_orphans(path: Path) -> None:
    """Remove what killed writers of `path` have left beside it."""
    for one in path.parent.glob(f".{_escaped(path.name)}.*{_SUFFIX}"):
        if is_orphan(one):
            one.unlink(missing_ok=True)


def orphans(folder: Path) -> list[Path]:
    """Temporary files of killed writers, in this folder and those below it."""
    return sorted(one for one in folder.rglob(f".*{_SUFFIX}") if one.is_file() and is_orphan(one))


def is_full_disk(error: BaseException) -> bool:
    """Whether it says that no space is left on a disk."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    # safetensors and pyarrow raise errors of their own, which only say so in words
    return any(os.strerror(code) in str(error) for code in _FULL)


def make_folder(folder: Path) -> None:
    """Create a folder with its parents, unless it is there.

    Raises:
        FinineError: a file has that name or the disk does not allow it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinineError(
            f"The folder {folder} cannot be made: {reason_of(error)}.", "Choose another folder."
        ) from error


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may look into; one that is there stays as it is.

    Examples:
        >>> import tempfile
        >>> home = Path(tempfile.mkdtemp()) / "new" / "home"
        >>> make_private(home)
        >>> oct(home.stat().st_mode & 0o777)
        '0o700'
    """
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)


def write_json(path: Path, content: Any, *, durable: bool = True) -> None:
    """Write `content` as indented UTF-8 JSON, atomically; NaN is refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with write_atomically(path, durable=durable) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """An object that was left for others; empty where there is none, or none yet."""
    with suppress(OSError, ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}


@contextmanager
def reading(path: Path, mend: str = NEW_RUN) -> Iterator[None]:
    """Whatever goes wrong while the block reads a file that finine wrote, as a sentence.

    Args:
        mend: what to do about it.

    Raises:
        FinineError: the file is not there, may not be read, or is damaged.

    Examples:
        >>> with reading(Path("index.json")):
        ...     json.loads("{")
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: index.json is damaged (Expecting property name enclosed \
in double quotes: line 1 column 2 (char 1)). Start a new run.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise FinineError(f"{path} is missing.", mend) from error
    except OSError as error:
        if error.errno is None:  # what Arrow raises of its own has no number
            raise FinineError(f"{path} is damaged ({_cause(error)}).", mend) from error
        raise FinineError(f"{path} cannot be read: {reason_of(error)}.", mend) from error
    except _DAMAGED as error:
        raise FinineError(f"{path} is damaged ({_cause(error)}).", mend) from error


# What libraries raise of a file that is not what it should be; Arrow's errors are among these.
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, NotImplementedError, EOFError)


def _cause(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _escaped(name: str) -> str:
    """A name as a pattern of `glob` that matches it alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _file_system_age(descriptor: int) -> float:
    return time.time() - os.fstat(descriptor).st_mtime


def sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def changed_at(path: Path) -> int:
    """When a file that finine wrote was changed last, in nanoseconds; errors as in `reading`."""
    with reading(path):
        return path.stat().st_mtime_ns


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table atomically, so that one row of many is found without reading the others."""
    import pyarrow.parquet as pq  # most who write files write no tables

    with write_atomically(path) as temporary:
        pq.write_table(table, temporary, row_group_size=GROUP_ROWS)
