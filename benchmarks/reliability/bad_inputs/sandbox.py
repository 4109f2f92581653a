"""Where is a bad input tried, and what was left behind?

A `Sandbox` is a folder with one place for everything finine could write to: the input's folder, the
home, the working folder, the user's home and the folder for temporary files. Afterwards only the
home may differ, and no file's bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reliability.bad_inputs.case import Case

HASHED_BYTES = 64 * 1024**2  # larger files are compared by size and time: 5 GB of zeros take long
# An empty folder for kernels that it never compiles here, in the folder for temporary files.
LEFT_BY_TORCH = "torchinductor_"


@dataclass(frozen=True)
class Sandbox:
    """The folders; all but `home` must stay as they are."""

    root: Path

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def work(self) -> Path:
        return self.root / "work"

    def environment(self) -> dict[str, str]:
        """Variables that lead everything finine might write into the sandbox."""
        return {
            "FININE_HOME": str(self.home),
            "HOME": str(self.root / "user"),
            "TMPDIR": str(self.root / "tmp"),
        }

    def tidy(self, text: str) -> str:
        """Text without where the sandbox lies, which is another place each time."""
        for folder in (self.input, self.root):
            for written in (str(folder), os.path.realpath(folder)):
                text = text.replace(f"{written}/", "").replace(written, ".")
        return text

    def picture(self) -> dict[str, object]:
        """Everything outside the home: files by hash, links by target, the others by kind."""
        found: dict[str, object] = {}
        for folder, names, files in os.walk(self.root):
            if Path(folder) == self.root:
                names.remove(self.home.name)
            for name in (*names, *files):
                path = Path(folder) / name
                if not name.startswith(LEFT_BY_TORCH):
                    found[str(path)] = _seen(path)
        return found


def _seen(path: Path) -> object:
    about = path.lstat()
    if stat.S_ISLNK(about.st_mode):
        return f"link to {path.readlink()}"
    if not stat.S_ISREG(about.st_mode):
        return stat.S_IFMT(about.st_mode)
    if about.st_size > HASHED_BYTES or not os.access(path, os.R_OK):
        return about.st_size, about.st_mtime_ns
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """A fresh sandbox, gone afterwards."""
    box = Sandbox(Path(tempfile.mkdtemp(prefix="finine-bad-")))
    try:
        for name in ("input", "home", "work", "user", "tmp"):
            (box.root / name).mkdir()
        yield box
    finally:
        shutil.rmtree(box.root, ignore_errors=True)


@contextmanager
def inside(box: Sandbox) -> Iterator[None]:
    """This process, with its working folder and variables in the sandbox."""
    before, folder = dict(os.environ), Path.cwd()
    temporary = tempfile.tempdir
    os.environ.update(box.environment())
    tempfile.tempdir = None
    os.chdir(box.work)
    try:
        yield
    finally:
        os.chdir(folder)
        tempfile.tempdir = temporary
        os.environ.clear()
        os.environ.update(before)


def arguments(case: Case, path: Path, box: Sandbox) -> list[str]:
    """The command that tries a case: `finine check`, or `apply` for a manifest."""
    if case.manifest:
        out = box.home / "cleaned.csv"
        return ["apply", "--data", str(box.input / "data.csv"), "--out", str(out), str(path)]
    return ["check", *options(case.options_in(box.input)), "--", str(path)]


def options(given: Mapping[str, object]) -> list[str]:
    """Options of the API as the command line takes them.

    Examples:
        >>> options({"label": "y", "features": ("a", "b, c"), "validation": 0.5})
        ['--label', 'y', '--features', '"a","b, c"', '--validation', '0.5']
    """
    told: list[str] = []
    for name, value in given.items():
        if isinstance(value, tuple):
            value = ",".join('"' + one.replace('"', '""') + '"' for one in value)
        told += [f"--{name}", str(value)]
    return told
