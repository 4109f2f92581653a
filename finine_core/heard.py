"""What libraries say by themselves, in the processes that are ours: a plain line each, or nothing.

A warning of Python is three lines with a path and a piece of code, written past everything of ours
to the terminal. It is addressed to who wrote the calling code. The command drops those of libraries
(what a person has to know of their data is a note or an error of finine's own, with row and column)
and says its own; a worker writes each as one line into its log, where the traceback of a failure is
looked for. Who asks Python for warnings, by -W or PYTHONWARNINGS, has them as Python writes them.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from finine_core.errors import printable

OURS = "finine_core"
_INSTALLED = ("site-packages", "dist-packages")


@contextmanager
def heard(tell: Callable[[str], None], *, libraries: bool = True) -> Iterator[None]:
    """While the block runs, warnings and messages of libraries go to `tell`, a line each.

    Args:
        libraries: whether those of others are told, and not only finine's own.

    Examples:
        >>> with heard(print):
        ...     warnings.warn("two\\nlines")
        <doctest finine_core.heard.heard[0]> says: two\\nlines
        >>> with heard(print, libraries=False):
        ...     warnings.warn("of no interest")
    """
    if sys.warnoptions:
        yield
        return

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,  # noqa: ARG001  as `warnings` calls it
        file: object = None,  # noqa: ARG001
        line: str | None = None,  # noqa: ARG001
    ) -> None:
        ours = category.__module__.split(".")[0] == OURS
        if ours or libraries:
            said = printable(str(message))
            tell(said if ours else f"{speaker(filename)} says: {said}")

    before, last_resort = warnings.showwarning, logging.lastResort
    warnings.showwarning = show
    logging.lastResort = _Line(tell) if libraries else _Line(lambda _: None)
    try:
        yield
    finally:
        warnings.showwarning = before
        logging.lastResort = last_resort


def to_log(text: str) -> None:
    """A line with the time in a worker's log, which is where its stderr goes."""
    with suppress(OSError):  # the log may be on a full disk
        print(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}", file=sys.stderr)


def speaker(filename: str) -> str:
    """The library that a file belongs to; else the file's name.

    Examples:
        >>> speaker("/venv/lib/python3.11/site-packages/pandas/core/frame.py"), speaker("/a/own.py")
        ('pandas', 'own.py')
    """
    parts = Path(filename).parts
    found = next((parts[k + 1] for k, one in enumerate(parts[:-1]) if one in _INSTALLED), None)
    return found or Path(filename).name


class _Line(logging.StreamHandler):
    """Messages that nobody has set up a place for; Python writes those to the terminal."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.setLevel(logging.WARNING)
        self.tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self.tell(f"{record.name.split('.')[0]} says: {printable(record.getMessage())}")
