"""What is one bad input?

A `Case` writes an input into a folder and says what must come of it: it is refused with certain
words, or accepted, with a warning or without. `refused` and `accepted` make cases, `written` makes
the ones that are simply a file with certain bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Maker = Callable[[Path], Path]  # writes into a folder, gives the path finine is to be given


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes:
        name: what is bad about it, in words.
        make: writes it into a folder and gives its path.
        said: what the message (or the report, where it is accepted) must contain.
        accepted: whether it may be used; else it must be refused.
        options: of `check` and `run`, by their names in the API; paths relative to the folder in
            `validation` are made absolute by `options_in`.
        manifest: the file is a manifest for `finine apply`, and not data.
        alone: only in a process of its own, under limits (it is big, or could block).
        meanwhile: done to the file over and over while finine is at it.
        page: whether the Data page has a way to it; it offers only columns that there are.
        as_root: whether it is the same for root, who may read everything.
    """

    name: str
    make: Maker
    said: tuple[str, ...] = ()
    accepted: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    manifest: bool = False
    alone: bool = False
    meanwhile: Callable[[Path], None] | None = None
    page: bool = True
    as_root: bool = True
    group: str = ""

    def options_in(self, folder: Path) -> dict[str, object]:
        """The options, the label named 'label' unless they say otherwise."""
        options = {"label": "label", **self.options}
        if "second" in options:
            options["validation"] = str(folder / str(options.pop("second")))
        return options


def refused(name: str, make: Maker, *said: str, **more: object) -> Case:
    """A case that must be refused with these words."""
    return Case(name, make, said, **more)  # type: ignore[arg-type]


def accepted(name: str, make: Maker, *said: str, **more: object) -> Case:
    """A case that must be accepted; the report must contain these words."""
    return Case(name, make, said, accepted=True, **more)  # type: ignore[arg-type]


def written(content: str | bytes, name: str = "data.csv") -> Maker:
    """A maker of a file with this content; text is written as UTF-8."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def rows(*lines: str, header: str = "x,label", more: int = 20) -> str:
    """A small healthy CSV file of two classes, with these lines before its healthy ones.

    Examples:
        >>> rows("oops", more=2)
        'x,label\\noops\\n0.5,a\\n1.5,b\\n'
    """
    return "\n".join([header, *lines, *healthy(more)]) + "\n"


def healthy(count: int = 20) -> list[str]:
    """Lines `number,class` of two classes."""
    return [f"{i}.5,{'ab'[i % 2]}" for i in range(count)]


def column(values: list[str], name: str = "x") -> str:
    """A CSV file with a column of these values (written as they are), a healthy one, and a label.

    Examples:
        >>> column(["0x1F", "0x20"])
        'x,z,label\\n0x1F,0.5,a\\n0x20,1.5,b\\n'
    """
    lines = [f"{value},{line}" for value, line in zip(values, healthy(len(values)), strict=True)]
    return "\n".join([f"{name},z,label", *lines]) + "\n"
