"""Bad inputs: paths that lead to no ordinary file, and files that do not hold still."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.reliability.bad_inputs.case import accepted, refused, rows, written

FIVE_GB = 5 * 1024**3


def link_to(target: str, name: str = "data.csv") -> Callable[[Path], Path]:
    """A symlink to a path, which may be relative to the folder."""

    def make(folder: Path) -> Path:
        (folder / name).symlink_to(target)
        return folder / name

    return make


def link_to_file(folder: Path) -> Path:
    """A symlink to a healthy file in another folder."""
    (folder / "elsewhere").mkdir()
    written(rows(), "real.csv")(folder / "elsewhere")
    return link_to("elsewhere/real.csv")(folder)


def loop(folder: Path) -> Path:
    """Two symlinks to each other."""
    (folder / "a.csv").symlink_to("b.csv")
    (folder / "b.csv").symlink_to("a.csv")
    return folder / "a.csv"


def fifo(name: str) -> Callable[[Path], Path]:
    """A named pipe nobody writes to."""

    def make(folder: Path) -> Path:
        os.mkfifo(folder / name)
        return folder / name

    return make


def subfolder(name: str) -> Callable[[Path], Path]:
    """A folder with such a name."""

    def make(folder: Path) -> Path:
        (folder / name).mkdir()
        return folder / name

    return make


def forbidden(folder: Path) -> Path:
    """A file nobody but root may read."""
    path = written(rows())(folder)
    path.chmod(0)
    return path


def sparse(name: str) -> Callable[[Path], Path]:
    """A file of 5 GB that holds nothing but zeros and takes no room on the disk."""

    def make(folder: Path) -> Path:
        path = written(rows(), name)(folder)
        os.truncate(path, FIVE_GB)
        return path

    return make


def beside(name: str) -> Callable[[Path], Path]:
    """A path with '..' in it, to a healthy file."""

    def make(folder: Path) -> Path:
        (folder / "inner").mkdir()
        written(rows())(folder)
        return folder / "inner" / ".." / name

    return make


def growing(path: Path) -> None:
    """What happens to a file meanwhile: another row."""
    with path.open("a") as stream:
        stream.write("7.5,a\n")


def named(name: str) -> Callable[[Path], Path]:
    """A healthy file with such a name."""
    return written(rows(), name)


CASES = [
    refused("a missing file", lambda folder: folder / "none.csv", "There is no file", "none.csv"),
    refused(
        "the home of a user that nobody is",
        lambda _: Path("~no-such-user-here/data.csv"),
        "no path",
        page=False,
    ),
    refused("a folder", subfolder("folder"), "is a folder", "inside it"),
    refused("a folder named .csv", subfolder("data.csv"), "is a folder"),
    refused("a folder named .parquet", subfolder("data.parquet"), "is a folder"),
    refused("a named pipe", fifo("data.csv"), "named pipe", alone=True),
    refused("a named pipe as Parquet", fifo("data.parquet"), "named pipe", alone=True),
    refused("/dev/zero", lambda _: Path("/dev/zero"), "device", alone=True),
    refused("/dev/null", lambda _: Path("/dev/null"), "device"),
    refused("a symlink to /dev/zero", link_to("/dev/zero"), "device", alone=True),
    refused(
        "a symlink to /dev/zero as JSON", link_to("/dev/zero", "d.jsonl"), "device", alone=True
    ),
    refused("a dangling symlink", link_to("nowhere.csv"), "There is no file"),
    refused("a loop of symlinks", loop, "a.csv", "loop"),
    accepted("a symlink to a file", link_to_file),
    refused("a file one may not read", forbidden, "cannot be read", "permission", as_root=False),
    refused("5 GB named .csv", sparse("data.csv"), "5.0 GB", "FININE_LARGEST_GB", alone=True),
    refused("5 GB named .jsonl", sparse("data.jsonl"), "5.0 GB", alone=True),
    refused("5 GB named .parquet", sparse("data.parquet"), "5.0 GB", alone=True),
    refused(
        "a file that grows while it is read",
        written(rows(more=100_000)),
        "changed",
        alone=True,
        meanwhile=growing,
    ),
    accepted("a file name with a line break", named("da\nta.csv")),
    accepted("a file name with an ANSI escape", named("\x1b[31mdata.csv")),
    refused(
        "a missing label in a file with an escape in its name",
        written("x,y\n1,a\n", "\x1b[31m\n.csv"),
        "\\x1b[31m\\n.csv",
        "no column 'label'",
        page=False,
    ),
    accepted("a file name of emoji", named("🤖 größe.csv")),
    accepted("a file name that begins with a dash", named("-rf.csv")),
    accepted("a file name of 255 bytes", named("d" * 251 + ".csv")),
    refused("a file name of 300 bytes", lambda folder: folder / ("d" * 300 + ".csv"), "too long"),
    accepted("a file name with quotes and spaces", named('it\'s "my" data; rm -rf.csv')),
    accepted("a hidden file", named(".data.csv")),
    accepted("an ending in upper case", named("DATA.CSV")),
    accepted("a path with ..", beside("data.csv")),
    refused("a path with .. to nothing", beside("none.csv"), "There is no file"),
    refused(
        "a file name that is not UTF-8",
        lambda folder: written(rows(), os.fsdecode(b"da\xffta.csv"))(folder),
        "not UTF-8",
        "Rename",
        page=False,
    ),
]
