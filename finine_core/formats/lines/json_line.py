"""Which row does one line of a JSON Lines file hold, and which of its bytes are a value?

Takes a line, gives the object on it as a dict, or the exact place of one value in it, so that a
value can be exchanged and everything around it stays untouched.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finine_core.errors import FinineError, shown
from finine_core.formats.lines.text_lines import read_span
from finine_core.formats.signatures import ONE_A_LINE
from finine_core.formats.subset import no_column_to_change

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BETWEEN = re.compile(r"[ \t\n\r,:]*")  # what stands before a key or a value of an object


def value_span(path: Path, span: tuple[int, int], key: str, codec: str) -> tuple[int, int]:
    """The bytes of the value of `key` in the object whose line is the bytes `span` of the file."""
    line = read_span(path, *span).decode(codec)
    decode = json.JSONDecoder().raw_decode
    place = _after(line, line.index("{") + 1)
    while line[place] != "}":
        name, end = decode(line, place)
        start = _after(line, end)
        _, place = decode(line, start)
        if name == key:
            before = span[0] + len(line[:start].encode(codec))
            return before, before + len(line[start:place].encode(codec))
        place = _after(line, place)
    raise no_column_to_change(key, path)


def _after(line: str, place: int) -> int:
    """Where the next key or value begins, or the brace that closes the object."""
    found = _BETWEEN.match(line, place)
    return found.end() if found else place


def row_of(line: str, path: Path, number: int) -> dict[str, object]:
    """The JSON object on line `number` of a file.

    Raises:
        FinineError: the line is no JSON object, has a key twice, or half of a surrogate pair.

    Examples:
        >>> row_of('{"x": 1, "label": "a"}', Path("a.jsonl"), 7)
        {'x': 1, 'label': 'a'}
    """
    mend = 'Each line must be one whole JSON object, such as {"text": "…", "label": 1}.'
    if number == 1 and line.lstrip("\ufeff \t").startswith("["):
        mend = f"The file looks like one JSON array. {ONE_A_LINE}"
    try:
        value = json.loads(line, object_pairs_hook=unique_keys)
    except json.JSONDecodeError as error:
        raise FinineError(
            f"{path.name}: line {number} is not JSON ({error.msg} at character {error.pos}).", mend
        ) from None
    except RecursionError:
        raise FinineError(
            f"{path.name}: line {number} is nested too deep to be read.", "Flatten it."
        ) from None
    except ValueError as error:
        raise FinineError(f"{path.name}: line {number} cannot be read ({error}).", mend) from None
    if _SURROGATE.search(line):
        _refuse_surrogates(value, path, number)
    if not isinstance(value, dict):
        kind = {"list": "a list"}.get(type(value).__name__, "a single value")
        raise FinineError(f"{path.name}: line {number} is {kind}, not a JSON object.", mend)
    return value


def _refuse_surrogates(value: object, path: Path, number: int) -> None:
    """Half of a surrogate pair can only be written as an escape, and is no letter."""
    items = value.items() if isinstance(value, dict) else [("", value)]
    for key, one in items:
        try:
            f"{key}{json.dumps(one, ensure_ascii=False)}".encode()
        except UnicodeEncodeError:
            raise FinineError(
                f"{path.name}: line {number} has half of a surrogate pair (such as \\ud800) in "
                f"{shown(key)}, which is no letter.",
                "Write the whole letter, or remove it.",
            ) from None


def unique_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dict, for `json.loads`; of a key that is there twice one value would be lost.

    Raises:
        ValueError: a key is there twice.

    Examples:
        >>> unique_keys([("a", 1), ("a", 2)])
        Traceback (most recent call last):
        ValueError: the key 'a' is used twice in one object
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {shown(twice)} is used twice in one object")
    return found
