"""Every file of a finished run spoilt in every way, and every command and page that may read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unittest import mock

from benchmarks.reliability.told.commands import HERE, WORKING
from benchmarks.reliability.told.tried import command, copied, ending

APP = Path(__file__).parents[3] / "app" / "main.py"
PAGES = ("data", "run", "review", "groups", "map", "compare", "verify", "export")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(0, len(content), 7):
        content[place] ^= 0xA5
    path.write_bytes(content)


# What may happen to a file.
DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "garbage": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "flipped": _flipped,
    "a list": lambda path: path.write_bytes(b"[]"),
    "an object": lambda path: path.write_bytes(b"{}"),
    "null": lambda path: path.write_bytes(b"null"),
    "a folder": _folder,
    "unreadable": lambda path: path.chmod(0),
}
READING = [name for name in WORKING if name not in ("check", "run", "apply", "app", "map")]


def files(folder: Path) -> list[str]:
    """The files of the home, and those beside it that a command reads."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def tries(
    folder: Path, only: str = "", pages: bool = True, commands: bool = True
) -> Iterator[tuple[str, str]]:
    """What was spoilt and who read it, and what is wrong with how that ended."""
    for name in files(folder):
        if only and only not in name:
            continue
        for words, spoil in DAMAGE.items():
            for reader in [*READING, "apply"] if commands else []:
                with copied(folder) as here:
                    spoil(here / name)
                    arguments = [one.replace(HERE, str(here)) for one in WORKING[reader]]
                    found = command(reader, "--home", str(here / "home"), *arguments)
                yield f"{name} {words}: {reader}", found
            for page in PAGES if pages else ():
                with copied(folder) as here:
                    spoil(here / name)
                    yield f"{name} {words}: page {page}", ending(partial(on_page, here, page))


def on_page(here: Path, page: str) -> str:
    """What is wrong with a page of the app on this home."""
    import logging

    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    logging.getLogger("streamlit").setLevel(logging.CRITICAL)
    with mock.patch.dict(os.environ, {"FININE_HOME": str(here / "home")}):
        opened = AppTest.from_file(str(APP), default_timeout=60)
        opened._page_hash = calc_hash(page)
        opened.query_params["row"] = "0"
        opened.query_params["pins"] = "0,1"
        if page == "data":
            opened.query_params["data"] = str(here / "data.csv")
        opened.run()
    if not opened.exception:
        return ""
    one = opened.exception[0]
    place = [line for line in one.stack_trace if "site-packages" not in line and "File" in line]
    at = place[-1].strip().splitlines()[0] if place else ""
    return f"{one.message[:150]} at {at[-90:]}"
