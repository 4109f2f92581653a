"""Is a condition so plain that its answer takes no memory to speak of, whatever the rows hold?

Plain is what compares columns with values: =, <, IN, BETWEEN, IS NULL, in_group('…'), joined by
AND, OR and NOT. Such a condition makes no text and calls no function: DuckDB holds a batch of 2,048 rows
and a truth value a row for each comparison. It is answered in the process that asks; any other one
by a process with hard limits (`asking.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from finine_core.curation.allowed import Node, arguments_of, text_of
from finine_core.curation.conditions.groups import IN_GROUP

# Comparisons and columns of one condition: a batch of values takes at most some 100 kB for each.
MOST_PARTS = 500
# Columns and values of these types have a small size, or are only looked at (text).
SCALARS = {
    "bigint", "boolean", "date", "decimal", "double", "float", "hugeint", "integer", "smallint",
    "time", "timestamp", "timestamp with time zone", "timestamp_ms", "timestamp_ns", "timestamp_s",
    "tinyint", "ubigint", "uhugeint", "uinteger", "usmallint", "utinyint", "varchar",
}  # fmt: skip
_TESTS = ("OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "COMPARE_IN",
          "COMPARE_NOT_IN")  # fmt: skip


def is_scalar(kind: str) -> bool:
    """Whether a type of DuckDB's is a number, a text, a truth value or a point in time.

    Examples:
        >>> is_scalar("DECIMAL(18,3)"), is_scalar("VARCHAR[]"), is_scalar("STRUCT(a INTEGER)")
        (True, False, False)
    """
    name, _, rest = kind.casefold().partition("(")
    return name in SCALARS and (not rest or rest.endswith(")"))


def is_plain(tree: object, columns: Collection[str]) -> bool:
    """Whether the expression only compares columns with values.

    Args:
        tree: the expression as DuckDB's json_serialize_sql gives it; nothing in it is forbidden.
        columns: names of the scalar columns, in lower case.
    """
    waiting: list[Any] = [tree]
    parts = 0
    while waiting:
        node = waiting.pop()
        kind = node["class"]
        if kind == "CONSTANT" or _is_value(node):
            continue
        parts += 1
        if parts > MOST_PARTS:
            return False
        if kind == "COLUMN_REF":
            if len(node["column_names"]) > 1 or node["column_names"][0].casefold() not in columns:
                return False
        elif kind == "COMPARISON":
            waiting += [node["left"], node["right"]]
        elif kind == "BETWEEN":
            waiting += [node["input"], node["lower"], node["upper"]]
        elif kind == "CONJUNCTION" or (kind == "OPERATOR" and node["type"] in _TESTS):
            waiting += node["children"]
        elif not _asks_for_a_group(node):
            return False
    return True


def _is_value(node: Node) -> bool:
    """A constant of a named type: DATE '2020-01-01', CAST('1.5' AS DOUBLE)."""
    return (
        node["class"] == "CAST"
        and node["child"]["class"] == "CONSTANT"
        and node["type_expr"].get("type_name", "").casefold() in SCALARS
    )


def _asks_for_a_group(node: Node) -> bool:
    if node["class"] != "FUNCTION" or node["function_name"].casefold() != IN_GROUP:
        return False
    given = arguments_of(node)
    return len(given) == 1 and text_of(given[0]) is not None
