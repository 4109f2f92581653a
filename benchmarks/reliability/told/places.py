"""What a person may give where a path, a text or a number is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def _link(path: Path) -> None:
    path.symlink_to(path.name)


def _made(mode: int, path: Path) -> Path:
    path.chmod(mode)
    return path


def _file(path: Path, content: bytes = b"x") -> Path:
    path.write_bytes(content)
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


# Each makes something in a folder and gives the path that is given to finine.
PLACES: dict[str, Callable[[Path], str]] = {
    "missing": lambda at: str(at / "none"),
    "a missing folder": lambda at: str(at / "none" / "deeper" / "none.csv"),
    "a folder": lambda at: str(_folder(at / "folder")),
    "a folder with a slash": lambda at: f"{_folder(at / 'folder')}/",
    "a file": lambda at: str(_file(at / "file")),
    "a file with a slash": lambda at: f"{_file(at / 'file')}/",
    "an empty file": lambda at: str(_file(at / "empty.csv", b"")),
    "garbage": lambda at: str(_file(at / "garbage.parquet", bytes(range(256)) * 9)),
    "garbage of JSON": lambda at: str(_file(at / "garbage.json", b'{"a": ')),
    "below a file": lambda at: str(_file(at / "file") / "below"),
    "a file nobody may read": lambda at: str(_made(0, _file(at / "secret.csv"))),
    "in a folder nobody may read": lambda at: str(_made(0, _folder(at / "locked")) / "a.csv"),
    "in a folder nobody may write": lambda at: str(_made(0o500, _folder(at / "still")) / "a.csv"),
    "deep in such a folder": lambda at: str(_made(0o500, _folder(at / "still")) / "a" / "b.csv"),
    "where the system writes": lambda _: "/proc/finine/a.csv",
    "a file of the system": lambda _: "/proc/version",
    "a device": lambda _: "/dev/null",
    "a full device": lambda _: "/dev/full",
    "a loop of links": lambda at: (_link(at / "loop"), str(at / "loop"))[1],
    "a pipe": lambda at: (os.mkfifo(at / "pipe"), str(at / "pipe"))[1],
    "empty": lambda _: "",
    "a dot": lambda _: ".",
    "the root": lambda _: "/",
    "a minus": lambda _: "-",
    "nobody's home": lambda _: "~nobody-of-that-name/x",
    "the home of nobody": lambda _: "~nobody/x",
    "a name of 300 letters": lambda at: str(at / ("n" * 300)),
    "a path of 9,000 letters": lambda at: "/".join([str(at), *["folder"] * 1300]),
    "NUL": lambda at: str(at / "a\0b"),
    "half a pair": lambda at: str(at / "a\udcff.csv"),
    "another half": lambda at: str(at / "a\ud800.csv"),
    "a line break": lambda at: str(at / "a\nb.csv"),
}

TEXTS = (
    "", " ", "a\0b", "\udcff", "\ud800", "\x1b[31m", "it's \"odd\"", "\n", "x" * 100_000, "-1",
    "0", "1", "nan", "inf", "-inf", "1e999", "99999999999999999999999", "²", "column:", "column:x",
    "sample:", "sample:none", "a,b", '"a', ",", "json:module", "module:", ":", "%s", "../..", "\\",
)  # fmt: skip
NUMBERS = ("-1", "0", "1", "99999999999999999999999", "-99999999999999999999999", "x", "nan", "inf")
