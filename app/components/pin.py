"""How is what is pinned for comparison, a row or a saved group, written in the address?"""

from __future__ import annotations

from dataclasses import dataclass

_GROUP_SIGN = "g"  # before a saved group's number among the pins
MOST_DIGITS = 18  # of a number in the address: it fits 64 bits


@dataclass(frozen=True)
class Pin:
    """What is pinned for comparison: a row by its row number, or a saved group by its number.

    Examples:
        >>> str(Pin(17)), str(Pin(5, group=True))
        ('17', 'g5')
    """

    number: int
    group: bool = False

    def __str__(self) -> str:
        return f"{_GROUP_SIGN if self.group else ''}{self.number}"


def pin_of(text: str) -> Pin | None:
    """The pin that is written so in the address; None where that is no pin.

    Examples:
        >>> pin_of("17"), pin_of("g5"), pin_of("x")
        (Pin(number=17, group=False), Pin(number=5, group=True), None)
    """
    number = text.removeprefix(_GROUP_SIGN)
    if not (number.isdecimal() and len(number) <= MOST_DIGITS):
        return None
    return Pin(int(number), group=text.startswith(_GROUP_SIGN))
