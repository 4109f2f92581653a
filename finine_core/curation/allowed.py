"""Which parts of SQL may a condition use, so that it is harmless whoever wrote it?

Takes DuckDB's syntax tree of one expression; gives the first part of it that is not on the lists
below, in words. Everything is forbidden that is not listed: what is listed reads no file, no
setting and no other table, takes time in proportion to the text it is given, and makes no text
longer than its parts. DuckDB's own limits do not suffice: its memory limit does not count what a
function makes of one batch of rows, and an interrupt waits until the batch is done.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

# Brackets in brackets, of the text and of its tree. DuckDB takes seconds to find that 1,000
# brackets stay open; no person writes 50.
MOST_DEEP = 50
# How often a condition may copy the text of one column (lower(text) is one copy): each copy of a
# batch of 2,048 texts of 2 kB takes 4 MB, which no limit of DuckDB's counts.
MOST_COPIES = 32
LONGEST_COPIED = 10_000  # letters of a text in quotes that a function may copy, once a row
# A pattern is tried at each letter of a text, so its length multiplies the time.
LONGEST_PATTERN = 200
# A repetition like {3} is unrolled; unrolled patterns get slow without end at some thousand parts.
MOST_UNROLLED = 1_000
LONGEST_NAME = 40  # of a function, in a message
MOST_DOTTED = 5  # parts of a column's name: a.b.c; DuckDB looks for each way to read it
MOST_UNICODE_CLASSES = 4  # \pL is hundreds of ranges


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_MAKERS = _names(
    "|| concat concat_ws lcase left lower ltrim regexp_extract right rtrim split_part"
    " strip_accents substr substring trim ucase upper"
)
LIKE = _names(
    "~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape ilike_escape"
    " not_ilike_escape"
)  # fmt: skip
REGULAR = _names(
    "regexp_extract regexp_full_match regexp_matches"
)  # also what ~ and SIMILAR TO become
PATTERN_FUNCTIONS = LIKE | REGULAR
ARITHMETIC = _names("+ - * / // % ** ^ @")
NAMED = _names(
    "abs array_length ceil ceiling char_length character_length contains date_diff date_part"
    " date_trunc datediff datepart datetrunc day dayname dayofmonth dayofweek dayofyear"
    " ends_with epoch exp fdiv floor fmod greatest hour if ifnull in_group instr isfinite isinf"
    " isnan isodow last_day least len length list_contains list_has list_value ln log log10 log2"
    " make_date make_timestamp minute mod month monthname now nullif position pow power prefix"
    " quarter round row second sign signbit sqrt starts_with strlen strpos suffix"
    " to_days to_hours to_microseconds to_milliseconds to_minutes to_months to_seconds to_weeks"
    " to_years today trunc week weekday weekofyear year yearweek ^@"
)
FUNCTIONS = TEXT_MAKERS | PATTERN_FUNCTIONS | ARITHMETIC | NAMED
OPERATORS = _names(
    "OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_TRY COMPARE_IN"
    " COMPARE_NOT_IN ARRAY_EXTRACT ARRAY_SLICE STRUCT_EXTRACT"
)
TYPES = _names(
    "bigint blob bool boolean char date datetime decimal double float hugeint int int1 int2 int4"
    " int8 integer interval list long numeric real short signed smallint string struct text time"
    " map timestamp timestamp_ms timestamp_ns timestamp_s tinyint ubigint uhugeint uinteger"
    " usmallint utinyint uuid varchar"
) | {"timestamp with time zone", "time with time zone", "timestamptz"}
CLASSES = _names(
    "BETWEEN CASE CAST COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION OPERATOR TYPE"
)
# What people call the classes that are not there.
_WORDS = {
    "COLLATE": "COLLATE; ILIKE compares without regard to case",
    "DEFAULT": "DEFAULT",
    "LAMBDA": "a lambda function",
    "PARAMETER": "a parameter ($1 or ?)",
    "POSITIONAL_REFERENCE": "a column by its place (#1)",
    "STAR": "a star (*)",
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
}
FUNCTION_HELP = (
    "Functions that may be used: "
    + ", ".join(sorted(name for name in FUNCTIONS if name.isidentifier()))
    + "."
)
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_UNICODE_CLASS = re.compile(r"\\[pP]")

Node = dict[str, Any]


def forbidden_part(tree: object) -> str | None:
    """What the expression contains that a condition may not, in words; None when all is allowed.

    Args:
        tree: the expression as DuckDB's json_serialize_sql gives it.

    Examples:
        >>> forbidden_part({"class": "FUNCTION", "function_name": "sleep_ms", "arguments": []})
        'the function sleep_ms'
        >>> forbidden_part({"class": "COLUMN_REF", "column_names": ["mu"]}) is None
        True
    """
    copies: Counter[str] = Counter()
    for node, made, depth in _nodes(tree):
        if depth > MOST_DEEP:
            return f"more than {MOST_DEEP} parts within each other"
        kind = node["class"]
        if kind not in CLASSES:
            return _WORDS.get(kind, f"what DuckDB calls {kind}")
        if kind == "OPERATOR" and node["type"] not in OPERATORS:
            return f"what DuckDB calls {node['type']}"
        if kind == "TYPE" and (found := _forbidden_type(node)):
            return found
        if kind == "FUNCTION" and (found := _forbidden_function(node)):
            return found
        if kind == "CONSTANT" and made and len(_text_of(node) or "") > LONGEST_COPIED:
            return (
                f"a text of more than {LONGEST_COPIED:,} letters within a function that copies it"
            )
        if kind == "COLUMN_REF":
            if len(node["column_names"]) > MOST_DOTTED:
                return f"a name of more than {MOST_DOTTED} parts"
            name = ".".join(node["column_names"]).casefold()
            copies[name] += made
            if copies[name] > MOST_COPIES:
                return f"more than {MOST_COPIES} copies of {name} (lower({name}) is one)"
    return None


def pattern_problem(pattern: str, *, regular: bool) -> str | None:
    """Why a pattern would take too long; None when it would not.

    Examples:
        >>> pattern_problem(r"\\d{4}-\\d{2}", regular=True) is None
        True
        >>> pattern_problem(".{1,500}.{1,500}x", regular=True)
        'a regular expression that repeats too much ({…})'
    """
    if len(pattern) > LONGEST_PATTERN:
        return f"a pattern of more than {LONGEST_PATTERN} letters"
    if not regular:
        return None
    unrolled = len(pattern)
    for low, high in _COUNTED.findall(pattern):
        unrolled *= max(1, *(int(one) for one in (low, high) if one))
    if unrolled > MOST_UNROLLED:
        return "a regular expression that repeats too much ({…})"
    if len(_UNICODE_CLASS.findall(pattern)) > MOST_UNICODE_CLASSES:
        return f"a regular expression with more than {MOST_UNICODE_CLASSES} classes like \\pL"
    return None


def _nodes(tree: object) -> Iterator[tuple[Node, int, int]]:
    """Every expression in a tree, with how many copying functions and expressions it is within."""
    waiting: list[tuple[object, int, int]] = [(tree, 0, 0)]
    while waiting:
        node, made, depth = waiting.pop()
        if isinstance(node, list):
            waiting.extend((one, made, depth) for one in node)
        elif isinstance(node, dict):
            if isinstance(node.get("class"), str):
                yield node, made, depth
                made, depth = made + _makes_text(node), depth + 1
            waiting.extend((one, made, depth) for one in node.values())


def _makes_text(node: Node) -> bool:
    if node["class"] == "FUNCTION":
        return node["function_name"].casefold() in TEXT_MAKERS
    if node["class"] == "OPERATOR":
        return node["type"] == "ARRAY_SLICE"
    return node["class"] == "CAST" and node["type_expr"].get("type_name", "").casefold() in (
        "varchar", "text", "string", "char",
    )  # fmt: skip


def _forbidden_type(node: Node) -> str | None:
    name = str(node.get("type_name", ""))
    if node.get("schema") or node.get("catalog") or name.casefold() not in TYPES:
        return f"the type {name[:LONGEST_NAME]}"
    return None


def _forbidden_function(node: Node) -> str | None:
    name = str(node["function_name"])
    called = name.casefold()
    if node.get("schema") or node.get("catalog"):
        return f"a function with a dot before it; write {name[:LONGEST_NAME]}(…)"
    if called not in FUNCTIONS:
        return f"the function {name[:LONGEST_NAME]}"
    if called in PATTERN_FUNCTIONS:
        arguments = [one["expression"] for one in node["arguments"]]
        pattern = _text_of(arguments[1]) if len(arguments) > 1 else None
        if pattern is None:
            return "a pattern that is not written out in quotes"
        return pattern_problem(pattern, regular=called in REGULAR)
    return None


def _text_of(node: Node) -> str | None:
    """The text of a constant; None for anything else."""
    if node["class"] != "CONSTANT":
        return None
    literal = node.get("literal")
    return literal["text"] if literal and literal["kind"] == "STRING" else None
