"""Which bytes of a record are one of its cells?

Takes the bytes of one record that the `csv` reader has accepted, and gives the bytes of one cell,
its quotes included, so that a cell can be exchanged and all others stay untouched.
"""

from __future__ import annotations

import re
from functools import lru_cache


def cell_span(record: bytes, start: int, place: int, delimiter: str, codec: str) -> tuple[int, int]:
    """The bytes [start, end) of a cell, as places in the file.

    Args:
        record: all bytes of the record.
        start: where in the file the record begins.
        place: which cell, counted from 0.
        delimiter, codec: of the file.

    Examples:
        >>> cell_span(b'1,"a ""b"", c",d', 100, 1, ",", "utf-8")
        (102, 114)
    """
    text = record.decode(codec)
    cells = _cell_pattern(delimiter).finditer(text)
    match = next(match for number, match in enumerate(cells) if number == place)
    before = start + len(text[: match.start(1)].encode(codec))
    return before, before + len(match[1].encode(codec))


@lru_cache
def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    """A cell behind the record's beginning or a delimiter, as the strict `csv` reader cuts it.

    Only a quote at the very beginning opens a quoted cell, which ends at the first quote that is
    not doubled; elsewhere a quote is a letter like any other, and no line end stands there.
    """
    one = re.escape(delimiter)
    return re.compile(rf'(?:\A|{one})("(?:[^"]|"")*"|[^{one}\r\n]*)')
