"""What came of a bad input, and is that as it should be?

An `Outcome` is what one try showed; `faults` lists in words everything about it that must not be.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from benchmarks.reliability.bad_inputs.case import Case

SECONDS = 20.0  # of the processor: a try that takes longer hangs
MEGABYTES = 1500  # of memory, at most, whatever the input declares
LETTERS = 6000  # a message (or a report with all its findings) that is longer is not read


@dataclass(frozen=True)
class Outcome:
    """One try.

    Attributes:
        refused: whether finine said no.
        told: its message, or its report.
        seconds: how long it took the processor, so that a busy machine changes nothing.
        megabytes: the most memory of the process, where it had one of its own.
        changed: paths outside the home that are other than before.
    """

    refused: bool
    told: str
    seconds: float
    megabytes: float | None = None
    changed: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The first line of what was told, for the table."""
        return (self.told.strip().splitlines() or [""])[0].removeprefix("finine: ")


def faults(case: Case, outcome: Outcome) -> list[str]:
    """Everything that is wrong with an outcome, in words; empty when it is as it should be."""
    found = []
    if outcome.refused == case.accepted:
        found.append(f"{'refused' if outcome.refused else 'accepted'}, which it must not be")
    found += [f"{words!r} is not said" for words in case.said if words not in outcome.told]
    if "Traceback" in outcome.told or "finine itself failed" in outcome.told:
        found.append("a traceback")
    raw = {sign for sign in outcome.told if sign != "\n" and _obeyed(sign)}
    if raw:
        found.append(f"control signs: {sorted(raw)}")
    if len(outcome.told) > LETTERS:
        found.append(f"{len(outcome.told):,} letters")
    if outcome.seconds > SECONDS:
        found.append(f"{outcome.seconds:.0f} seconds")
    if (outcome.megabytes or 0) > MEGABYTES:
        found.append(f"{outcome.megabytes:,.0f} MB")
    return [*found, *(f"changed: {path}" for path in outcome.changed)]


def _obeyed(sign: str) -> bool:
    """Whether a terminal obeys the sign, or it hides or turns what is beside it."""
    return not sign.isprintable() and unicodedata.category(sign) != "Zs"
