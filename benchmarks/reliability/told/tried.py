"""One try: a command, a call or a page, and what is wrong with how it ended."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from finine_core.errors import FinineError

SECONDS = 60  # a try that takes longer hangs
OURS = ("finine_core", "finine_app", "app", "sample_data")
# What a library says to the terminal by itself, past everything of ours.
_RAW = re.compile(r"Traceback \(most recent|^.*Warning: .*$", re.MULTILINE)


def command(*arguments: str) -> str:
    """What is wrong with how `finine` with these arguments ends; '' where nothing is."""

    def call() -> str:
        from finine_core.cli import main

        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        with (
            mock.patch.object(sys, "argv", ["finine", *arguments]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            contextlib.suppress(SystemExit),
        ):
            main()
        err.flush()
        found = _RAW.search(err.buffer.getvalue().decode("utf-8", "replace"))
        return found[0] if found else ""

    return ending(call)


def ending(call: Callable[[], object]) -> str:
    """The error of a call, and where it was raised; '' of a `FinineError` or none."""
    with warnings.catch_warnings(record=True) as raw, limited():
        warnings.simplefilter("default")
        try:
            said = call()
        except FinineError:
            said = ""
        except Exception as error:
            places = traceback.extract_tb(error.__traceback__)
            ours = [one for one in places if any(f"/{room}/" in one.filename for room in OURS)]
            last = ours[-1] if ours else places[-1]
            told = (str(error).splitlines() or [""])[0][:120]
            file = "/".join(last.filename.split("/")[-2:])
            return f"{type(error).__name__} at {file}:{last.lineno}: {told}"
    if raw:
        return f"{raw[0].category.__name__} from {raw[0].filename}: {str(raw[0].message)[:120]}"
    return said if isinstance(said, str) else ""


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """The block ends with a TimeoutError after a minute."""

    def over(*_: object) -> None:
        raise RuntimeError(f"It takes longer than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A copy of a folder for one try, and the working folder beside it."""
    root = Path(tempfile.mkdtemp(prefix="finine-told-"))
    place = root / folder.name
    before = Path.cwd()
    try:
        shutil.copytree(folder, place)
        (root / "work").mkdir()
        os.chdir(root / "work")
        yield place
    finally:
        os.chdir(before)
        for path in root.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(root, ignore_errors=True)
