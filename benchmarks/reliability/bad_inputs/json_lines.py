"""Bad inputs: JSON Lines files."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.reliability.bad_inputs.case import Case, accepted, refused, written

GOOD = [json.dumps({"x": i + 0.5, "z": i % 3, "label": "ab"[i % 2]}) for i in range(20)]


def lines(*odd: str) -> bytes:
    """A healthy file with these lines before its own."""
    return ("\n".join([*odd, *GOOD]) + "\n").encode("utf-8", "surrogatepass")


def case(words: str, odd: str, *said: str, good: bool = False) -> Case:
    """A file with one odd line, the first."""
    maker = written(lines(odd), "data.jsonl")
    return accepted(words, maker, *said) if good else refused(words, maker, *said)


def own_keys(folder: Path) -> Path:
    """20,000 lines with a key of their own each: 400 million cells, nearly all of them empty."""
    text = "".join(f'{{"label": "{"ab"[i % 2]}", "k{i}": {i}}}\n' for i in range(20_000))
    return written(text, "data.jsonl")(folder)


CASES = [
    refused("an empty JSON Lines file", written("", "data.jsonl"), "empty"),
    refused("lines of empty objects", written("{}\n{}\n", "data.jsonl"), "no row has any key"),
    case("a line that is not JSON", "not json", "line 1 ", "not JSON"),
    case("a line that is cut off", '{"x": 1, "label": "a', "line 1 ", "not JSON"),
    case("single quotes", "{'x': 1}", "line 1 ", "not JSON"),
    case("a trailing comma", '{"x": 1,}', "line 1 ", "not JSON"),
    case("a comment", "// hello", "line 1 ", "not JSON"),
    case("two objects on a line", '{"x": 1} {"x": 2}', "line 1 ", "not JSON"),
    case("a list instead of an object", "[1, 2]", "line 1 is a list"),
    case("a bare number", "5", "line 1 is a single value"),
    case("null instead of an object", "null", "line 1 is a single value"),
    refused(
        "a JSON array of objects",
        written("[" + ",\n".join(GOOD) + "]\n", "data.jsonl"),
        "line 1",
        "one object a line",
    ),
    refused(
        "one object over many lines",
        written(json.dumps({"x": 1, "label": "a"}, indent=1), "data.jsonl"),
        "line 1 ",
        "not JSON",
    ),
    case("a key twice in one object", '{"x": 1, "x": 2, "label": "a"}', "'x' is used twice"),
    case("an empty key", '{"": 1, "label": "a"}', "column 1 of", "no name"),
    case(
        "half a surrogate pair",
        '{"x": 1, "t": "\\ud800", "label": "a"}',
        "'t'",
        "surrogate",
        "line 1",
    ),
    case("half a surrogate pair as a key", '{"\\ud800": 1, "label": "a"}', "surrogate", "line 1"),
    case("a NUL letter, escaped", '{"x": 1, "t": "a\\u0000b", "label": "a"}', good=True),
    case("raw bytes of a surrogate", '{"x": "\ud800", "label": "a"}', "byte 7", good=True),
    case("Infinity", '{"x": Infinity, "label": "a"}', "'x'", "row 0", "inf"),
    case("1e400, beyond float64, in JSON", '{"x": 1e400, "label": "a"}', "'x'", "line 1", "inf"),
    case("NaN", '{"x": NaN, "label": "a"}', "NaN in 1 row", good=True),
    case(
        "an integer beyond 64 bits",
        '{"x": 1, "z": 99999999999999999999, "label": "a"}',
        "more than 64 bits",
        good=True,
    ),
    case("an integer of 5,000 digits", f'{{"x": {"9" * 5000}, "label": "a"}}', "line 1 "),
    case("mixed types", '{"x": "one", "label": "a"}', "mixes float and text", good=True),
    case("an array as a value", '{"x": 1, "tags": ["p", "q"], "label": "a"}', good=True),
    case(
        "an object as a value", '{"x": 1, "meta": {"p": [1, {"q": null}]}, "label": "a"}', good=True
    ),
    case("an array as the label", '{"x": 1, "label": ["a"]}', good=True),
    case("a number as the label, once", '{"x": 1, "label": 1}', "mixes int and text", good=True),
    case("keys that differ by line", '{"y": 1, "label": "a"}', good=True),
    case("a label that is null", '{"x": 1, "label": null}', "no value in 1 of 21", "line 1"),
    case("a line without the label", '{"x": 1}', "no value in 1 of 21"),
    case("nesting of 100,000 levels", '{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "line 1 "),
    case(
        "a nested value of 900 levels",
        '{"x": ' + "[" * 900 + "]" * 900 + ', "label": "a"}',
        good=True,
    ),
    case("a byte order mark in a line", '\ufeff{"x": 1, "label": "a"}\n', good=True),
    refused("every line has a key of its own", own_keys, "different keys", "line", alone=True),
]
