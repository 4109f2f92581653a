"""Is a condition so plain that its memory is known beforehand, and small?

Plain is what compares columns with values, joined by AND, OR and NOT: =, <, IN, BETWEEN, IS NULL,
in_group('…'), arithmetic, and a search for a short text, which may ignore case. All but the last
makes numbers only. The last makes a copy of the texts of a batch of rows at a time, so it takes
`bytes_of_copies`, which `run_tables.py` knows from the longest text there is. A plain condition is
answered in the process that asks; any other one by a process with hard limits (`asking.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from finine_core.curation.allowed import Node, arguments_of, text_of
from finine_core.curation.conditions.groups import IN_GROUP

MOST_PARTS = 500  # that are no constants: a batch of numbers takes some 100 kB for each
LONGEST_SEARCHED = 200  # letters, looked for at each letter of a text
MOST_BYTES = 256 * 2**20  # of copies, at any moment
BATCH_ROWS = 2048  # that DuckDB looks at together, in each thread
MOST_GROWTH = 3  # how much longer in bytes upper() and lower() make a text, at most
# Columns and values of these types have a small size, or are text.
SCALARS = {
    "bigint", "boolean", "date", "decimal", "double", "float", "hugeint", "integer", "smallint",
    "time", "timestamp", "timestamp with time zone", "timestamp_ms", "timestamp_ns", "timestamp_s",
    "tinyint", "ubigint", "uhugeint", "uinteger", "usmallint", "utinyint", "varchar",
}  # fmt: skip
TEXT_TYPES = {"varchar", "text", "string"}
_TESTS = ("OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "COMPARE_IN",
          "COMPARE_NOT_IN")  # fmt: skip
_GIVE_NUMBERS = {
    "+", "-", "*", "/", "//", "%", "**", "^", "@", "abs", "ceil", "ceiling", "char_length",
    "character_length", "exp", "floor", "isfinite", "isinf", "isnan", "len", "length", "ln", "log",
    "log10", "log2", "mod", "pow", "power", "round", "sign", "sqrt", "strlen",
}  # fmt: skip
_COPY = {"lcase", "lower", "ltrim", "rtrim", "trim", "ucase", "upper"}
_SEARCH = {"contains", "ends_with", "prefix", "starts_with", "suffix", "^@"}
_LIKE, _ILIKE = {"~~", "!~~"}, {"~~*", "!~~*"}  # the latter copies each text, in lower case


def is_scalar(kind: str) -> bool:
    """Whether a type of DuckDB's is a number, a text, a truth value or a point in time.

    Examples:
        >>> is_scalar("DECIMAL(18,3)"), is_scalar("VARCHAR[]"), is_scalar("STRUCT(a INTEGER)")
        (True, False, False)
    """
    name, _, rest = kind.casefold().partition("(")
    return name in SCALARS and (not rest or rest.endswith(")"))


def bytes_of_copies(longest: Iterable[int], threads: int) -> int:
    """The most memory that copies of texts take at a moment.

    Args:
        longest: for each copy, how many bytes the longest text of its column has.

    Examples:
        >>> bytes_of_copies([280], threads=2)
        3440640
    """
    return sum(longest) * MOST_GROWTH * BATCH_ROWS * threads


def copied_columns(tree: object, columns: Collection[str]) -> list[str] | None:
    """The columns whose texts a plain condition copies, each once a copy; None for any other one.

    Args:
        tree: the expression as DuckDB's json_serialize_sql gives it; nothing in it is forbidden.
        columns: names of the scalar columns, in lower case.
    """
    waiting: list[Any] = [tree]
    copied: list[str] = []
    parts = 0
    while waiting:
        node = waiting.pop()
        if node["class"] == "CONSTANT":
            continue
        parts += 1
        inner = _within(node, columns, copied)
        if inner is None or parts > MOST_PARTS:
            return None
        waiting += inner
    return copied


def _within(node: Node, columns: Collection[str], copied: list[str]) -> list[Node] | None:
    """What a part that is plain has within it; None for any other part."""
    kind = node["class"]
    if kind == "COLUMN_REF":
        return [] if _column(node, columns) else None
    if kind == "COMPARISON":
        return [node["left"], node["right"]]
    if kind == "BETWEEN":
        return [node["input"], node["lower"], node["upper"]]
    if kind == "CONJUNCTION" or (kind == "OPERATOR" and node["type"] in _TESTS):
        found: list[Node] = node["children"]
        return found
    if kind == "CAST":
        return _within_cast(node, columns, copied)
    return _within_function(node, columns, copied) if kind == "FUNCTION" else None


def _within_cast(node: Node, columns: Collection[str], copied: list[str]) -> list[Node] | None:
    """Of CAST('1.5' AS DOUBLE), or of a column as something else."""
    name = node["type_expr"].get("type_name", "").casefold()
    child = node["child"]
    column = _column(child, columns)
    if name not in SCALARS | TEXT_TYPES or (column is None and child["class"] != "CONSTANT"):
        return None
    if column is not None and name in TEXT_TYPES:
        copied.append(column)
    return [child]


def _within_function(node: Node, columns: Collection[str], copied: list[str]) -> list[Node] | None:
    name, given = node["function_name"].casefold(), arguments_of(node)
    if name in _GIVE_NUMBERS:
        return given
    if name == IN_GROUP:
        return [] if len(given) == 1 and text_of(given[0]) is not None else None
    if name in _COPY and len(given) == 1:
        inner = given[0]
        if _is_short(inner):
            return []
        of = inner["child"] if inner["class"] == "CAST" else inner
        column = _column(of, columns)
        if column is None:
            return None
        copied.append(column)
        return [inner]
    if name in _SEARCH and len(given) == 2 and _is_sought(given[1]):
        return [given[0]]
    if name in _LIKE | _ILIKE and len(given) == 2 and _is_simple_pattern(given[1]):
        column = _column(given[0], columns)
        if name in _ILIKE and column is not None:
            copied.append(column)
        return [given[0]] if name in _LIKE or column is not None else None
    return None


def _column(node: Node, columns: Collection[str]) -> str | None:
    """The name of a scalar column; None for anything else."""
    if node["class"] != "COLUMN_REF" or len(node["column_names"]) != 1:
        return None
    name: str = node["column_names"][0].casefold()
    return name if name in columns else None


def _is_short(node: Node) -> bool:
    text = text_of(node)
    return text is not None and len(text) <= LONGEST_SEARCHED


def _is_sought(node: Node) -> bool:
    """A short text, as it is or lower('…')."""
    if node["class"] == "FUNCTION" and node["function_name"].casefold() in _COPY:
        given = arguments_of(node)
        return len(given) == 1 and _is_short(given[0])
    return _is_short(node)


def _is_simple_pattern(node: Node) -> bool:
    """Letters with % before or behind at most; % among them takes many tries."""
    text = text_of(node)
    return _is_short(node) and not set(text.strip("%") if text else "") & {"%", "_", "\\"}
