"""Every option of every command of `finine`, with everything that could be put there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import typer

from benchmarks.reliability.told.places import NUMBERS, PLACES, TEXTS
from benchmarks.reliability.told.tried import command, copied

HERE = "HERE"  # stands for the folder of a try
# Arguments with which each command works; those that start others' processes only say what they do.
WORKING: dict[str, tuple[str, ...]] = {
    "check": (f"{HERE}/data.csv", "--label", "label"),
    "run": (f"{HERE}/data.csv", "--label", "label", "--dry-run"),
    "show": ("latest",),
    "cancel": ("latest",),
    "resume": ("latest",),
    "runs": (),
    "rename": ("latest", "new name"),
    "trash": ("latest",),
    "restore": ("latest",),
    "delete": ("latest",),
    "scores": ("latest",),
    "curve": ("latest", "--row", "0"),
    "neighbours": ("latest", "0"),
    "map": ("latest",),
    "export": ("latest", "--out", f"{HERE}/cleaned"),
    "apply": (f"{HERE}/export/manifest.json", "--data", f"{HERE}/data.csv",
              "--out", f"{HERE}/again.csv"),
    "rows": ("latest", "--out", f"{HERE}/some.csv", "--top", "3"),
    "verify": ("latest", "--show"),
    "mark": ("latest", "--as", "keep", "--top", "3", "--dry-run"),
    "undo": ("latest",),
    "redo": ("latest",),
    "decisions": ("latest",),
    "doctor": (),
    "group": ("latest", "--top", "3"),
    "groups": ("latest",),
    "slices": ("latest",),
    "app": ("--no-browser",),
}  # fmt: skip
SLOW = {"map"}  # makes the map whenever it may: only asked for runs and homes that are none


def tries(folder: Path, only: str = "") -> Iterator[tuple[str, str]]:
    """What was given to which option, and what is wrong with how it ended."""
    for name, told in commands().items():
        if only and only != name:
            continue
        for option in told.params:
            if option.name in ("help", "json") or (name in SLOW and option.name != "home"):
                continue
            for words, value in values(option):
                with copied(folder) as here:
                    at = here / "odd"
                    at.mkdir()
                    given = value(at) if callable(value) else value
                    arguments = with_option(name, option, given, here)
                    with mock.patch("finine_core.cli.app_command.subprocess.Popen", NoProcess):
                        yield f"{name} {option.opts[-1]} {words}", command(*arguments)


@cache
def commands() -> dict[str, Any]:
    """The commands by name."""
    from finine_core.cli import cli

    group = typer.main.get_command(cli)
    return dict(group.commands)  # type: ignore[attr-defined]


def values(option: Any) -> Iterator[tuple[str, object]]:
    """Everything that could be given to an option, in words and as it is."""
    if getattr(option, "is_flag", False):
        yield "given", None
        return
    kind = str(option.type_descriptor.annotation)
    if "Path" in kind or option.name in ("data", "text_encoder", "validation"):
        yield from PLACES.items()
    elif "str" in kind or "Enum" in kind:
        yield from ((repr(one)[:40], one) for one in TEXTS)
    else:
        yield from ((one, one) for one in NUMBERS)


def is_argument(option: Any) -> bool:
    """Whether it stands by its place and not behind a name."""
    return not option.opts[0].startswith("-")


def with_option(name: str, option: Any, given: object, here: Path) -> list[str]:
    """The command's working arguments, with this one option given."""
    usual = [one.replace(HERE, str(here)) for one in WORKING[name]]
    command_words = [name, "--home", str(here / "home")]
    if is_argument(option):
        if name == "neighbours" and option.name == "row":
            return [*command_words, usual[0], "--", str(given)]
        place = [one for one in commands()[name].params if is_argument(one)]
        usual[place.index(option)] = str(given)
        return [*command_words, *usual[len(place) :], "--", *usual[: len(place)]]
    flag = option.opts[-1]
    if given is None:
        return [*command_words, *usual, flag]
    if option.nargs == 2:
        return [*command_words, *usual, flag, str(given), str(given)]
    if flag in usual:
        usual[usual.index(flag) + 1] = str(given)
        return [*command_words, *usual]
    return [*command_words, *usual, flag, str(given)]


class NoProcess:
    """In the place of a server that the command would start."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def wait(self, *_: object) -> int:
        return 0

    def terminate(self) -> None:
        pass
