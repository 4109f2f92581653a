"""Is this path an ordinary file, and small enough to be read?

Takes the path a person gave and refuses what could block, never end, or not fit: pipes, devices,
folders, loops of links, and files beyond a limit. Nothing is opened. `unchanged` notices that a
file was written to while it was read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finine_core.errors import FinineError, shown
from finine_core.paths import FILE, FOLDER, kind_in, reason_of

GB = 1024**3
# A table is held in memory, as text and as typed columns: two to three times its file's size.
LARGEST_GB = 2.0
LARGEST_VARIABLE = "FININE_LARGEST_GB"


def largest_bytes() -> int:
    """The limit of files and of tables in memory: $FININE_LARGEST_GB, else 2 GB.

    Raises:
        FinineError: the variable is no positive number.
    """
    text = os.environ.get(LARGEST_VARIABLE, "").strip() or str(LARGEST_GB)
    try:
        largest = float(text) * GB
        if not 0 < largest < float("inf"):
            raise ValueError
    except ValueError:
        raise FinineError(
            f"{LARGEST_VARIABLE} is {shown(text)}.", "Set it to a number of gigabytes, such as 4."
        ) from None
    return int(largest)


def beyond_limit(largest: int) -> str:
    """What to do about data beyond the limit."""
    return (
        f"Use a part of it; or, with memory for three times its size, raise the limit "
        f"({gigabytes(largest)}): {LARGEST_VARIABLE}=…"
    )


def gigabytes(count: int) -> str:
    """A number of bytes as a person reads it.

    Examples:
        >>> gigabytes(5 * 1024**3), gigabytes(200 * 1024**2)
        ('5.0 GB', '0.2 GB')
    """
    return f"{count / GB:.1f} GB" if count >= 0.1 * GB else f"{count / 1024**2:.0f} MB"


def check_input_file(path: Path, largest: int | None = None) -> None:
    """Refuse what is no ordinary file, or larger than `largest` bytes (the limit of data if None).

    Raises:
        FinineError: what it is instead.

    Examples:
        >>> check_input_file(Path("/dev/null"))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: /dev/null is a device, not a file. Write what comes out \
of it into a file first.
    """
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        raise FinineError(f"The file name {path} is not UTF-8.", "Rename the file.") from None
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        link = " It is a symbolic link that leads nowhere." if path.is_symlink() else ""
        raise FinineError(f"There is no file {path}.{link}", "Check the path.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL letter in the path
        raise cannot_be_read(path, error) from None
    kind = kind_in(found.st_mode)
    if kind == FOLDER:
        raise FinineError(f"{path} is a folder, not a file.", "Name a file inside it.")
    if kind != FILE:
        raise FinineError(
            f"{path} is {kind}, not a file.", "Write what comes out of it into a file first."
        )
    limit = largest_bytes() if largest is None else largest
    if found.st_size > limit:
        raise FinineError(
            f"{path.name} has {gigabytes(found.st_size)}; files of up to {gigabytes(limit)} are "
            "read.",
            beyond_limit(limit) if largest is None else "Check that it is the right file.",
        )


def is_folder(path: Path) -> bool:
    """Whether there is a folder of that name; a name that no file can have is none.

    Examples:
        >>> is_folder(Path("/tmp")), is_folder(Path("a" * 5000))
        (True, False)
    """
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def cannot_be_read(path: Path, error: Exception) -> FinineError:
    """The error for a file that the operating system does not hand out."""
    return FinineError(
        f"{path} cannot be read: {reason_of(error)}.", "Check the path and its permissions."
    )


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Refuse the file when it was written to while the body ran.

    Raises:
        FinineError: its size or time of change is another than before.
    """
    before = _stamp(path)
    changed = FinineError(
        f"{path.name} was changed while it was read.", "Wait until it is written, and try again."
    )
    try:
        yield
    except FinineError as error:
        raise (error if _stamp(path) == before else changed) from None
    if _stamp(path) != before:
        raise changed


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
