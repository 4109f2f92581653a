"""Which place does a person mean, and may something be written there?

Takes paths as people write them, with ~ for a home folder. What is written goes onto a regular file
or to a new name, never onto a folder, a pipe or a device, and not among the files that finine keeps
itself. Links are followed before a path is judged. Nothing is opened.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from finine_core.errors import FinineError

FILE, FOLDER = "a file", "a folder"
KINDS = (
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
REASONS = {
    errno.ELOOP: "it is a loop of symbolic links",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "its disk can only be read",
    errno.ENOTDIR: "a part of it is a file, not a folder",
    errno.EISDIR: "it is a folder",
}
MENDS = {
    errno.ELOOP: "Let the link lead to a file, or name the file itself.",
    errno.ENAMETOOLONG: "Use a shorter name.",
    errno.EACCES: "Change its permissions, or choose another place.",
    errno.EPERM: "Change its permissions, or choose another place.",
}


def absolute(text: str) -> str:
    """A path as it is kept: whole, ~ and links followed.

    Raises:
        ValueError: it is none, such as a loop of links.
    """
    try:
        return str(Path(text).expanduser().resolve())
    except (OSError, RuntimeError) as error:  # a loop of links, a home that nobody has
        raise ValueError(f"that is no path ({error})") from None


def named_path(text: str | Path) -> Path:
    """A path as a person writes it, with ~ for the home folder.

    Raises:
        FinineError: ~name, and nobody here is called so; or a place that nothing can look at: its
            name is too long or holds a NUL letter, it is a loop of links, or nobody may go there.

    Examples:
        >>> named_path("data/a.csv")
        PosixPath('data/a.csv')
    """
    if not isinstance(text, (str, Path)):
        raise FinineError(f"A {type(text).__name__} is no path.", "Give the path as text.")
    try:
        path = Path(text).expanduser()
        str(path).encode()
    except RuntimeError as error:
        raise FinineError(f"{text} is no path ({error}).", "Write the whole path.") from None
    except UnicodeEncodeError:
        raise FinineError(f"{text} cannot be used: its name is not UTF-8.", "Rename it.") from None
    kind_of(path)  # says what is wrong with a place that nothing can look at
    return path


def kind_of(path: Path) -> str | None:
    """What lies there, links followed: "a file", "a folder", "a device" …; None where nothing does.

    Raises:
        FinineError: the place cannot be looked at.

    Examples:
        >>> kind_of(Path("/dev/null")), kind_of(Path("/tmp")), kind_of(Path("/no/such"))
        ('a device', 'a folder', None)
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: a NUL letter in the path
        raise cannot_be_used(path, error) from None
    return kind_in(mode)


def kind_in(mode: int) -> str:
    """What a file's mode says that it is.

    Examples:
        >>> kind_in(stat.S_IFIFO)
        'a named pipe'
    """
    return next((kind for holds, kind in KINDS if holds(mode)), FILE)


def check_output(path: Path) -> None:
    """Refuse to write onto anything but a regular file or a new name, where writing is allowed.

    Raises:
        FinineError: what is there instead, or why nothing can be written.

    Examples:
        >>> check_output(Path("/dev/null"))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: /dev/null is a device, not a file. Choose another name.
    """
    kind = kind_of(path)
    if kind not in (None, FILE):
        raise FinineError(f"{path} is {kind}, not a file.", "Choose another name.")
    folder = next((one for one in path.absolute().parents if os.path.lexists(one)), Path("/"))
    if kind_of(folder) != FOLDER:
        raise FinineError(f"{folder} is {kind_of(folder)}, not a folder.", "Choose another place.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FinineError(f"Nothing can be written into {folder}.", "Choose another folder.")


def check_outside(path: Path, home: Path) -> None:
    """Refuse a place among the files that finine keeps: the home, and the runs in it.

    Raises:
        FinineError: it lies there.
    """
    try:
        inside = path.resolve().is_relative_to(home.resolve())
    except (OSError, RuntimeError):
        inside = False
    if inside:
        raise FinineError(
            f"{path} lies in the home {home}, where finine keeps its own files.",
            "Choose a folder elsewhere.",
        )


def cannot_be_used(path: Path | str, error: Exception) -> FinineError:
    """What the operating system says of a place that is read or written, with the mend.

    Examples:
        >>> print(cannot_be_used("a.csv", OSError(errno.ENAMETOOLONG, "")))
        a.csv cannot be used: its name is too long. Use a shorter name.
        >>> print(cannot_be_used("a.csv", OSError(errno.ENOENT, "No such file or directory")))
        a.csv cannot be used: No such file or directory. Check the path, or choose another place.
    """
    number = error.errno if isinstance(error, OSError) else None
    mend = MENDS.get(number or 0, "Check the path, or choose another place.")
    return FinineError(f"{path} cannot be used: {reason_of(error)}.", mend)


def reason_of(error: Exception) -> str:
    """Why the operating system does not do it, in words."""
    number = error.errno if isinstance(error, OSError) else None
    return REASONS.get(number or 0) or getattr(error, "strerror", None) or str(error)
