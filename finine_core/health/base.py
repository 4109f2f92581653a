"""What a check of a home is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from finine_core.runs import RunFolder

RUNS = "runs"


@dataclass(frozen=True)
class HomeFinding:
    """One thing that is wrong.

    Attributes:
        check: which check found it.
        where: the file or folder.
        problem: what is wrong, as a sentence.
        mend: what can be done about it, or what was done, as a sentence.
        mended: whether it was.
    """

    check: str
    where: Path
    problem: str
    mend: str
    mended: bool = False


@dataclass(frozen=True)
class HomeCheck:
    """One check.

    Attributes:
        name: short, for the table.
        words: what is looked for.
        look: takes the home and whether to mend; gives what it found.
    """

    name: str
    words: str
    look: Callable[[Path, bool], list[HomeFinding]]


@dataclass(frozen=True)
class HomeReport:
    """What the checks came to.

    Attributes:
        looked_for: in words, also where nothing was found.
        told: what is good to know and no fault, as sentences.
    """

    home: Path
    findings: tuple[HomeFinding, ...]
    looked_for: tuple[str, ...]
    told: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[HomeFinding, ...]:
        """The findings that are not mended."""
        return tuple(one for one in self.findings if not one.mended)


def run_folders(home: Path) -> Iterator[RunFolder]:
    """Every run folder of a home that has a record, whatever the database says.

    Hidden ones are of runs that are being made or removed.
    """
    for path in sorted((home / RUNS).glob("*/run.json")):
        if not path.parent.name.startswith("."):
            yield RunFolder(path.parent)
