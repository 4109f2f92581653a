"""Which parts of SQL may a condition use, so that it can only look at its row?

Takes DuckDB's syntax tree of one expression; gives the first part of it that is not on the lists
below, in words. Everything is forbidden that is not listed: what is listed reads no file, no
setting and no other table, and changes nothing. How much memory and time a condition takes is no
matter here: it is answered by a process with hard limits (`conditions/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Brackets in brackets, of the text and of its tree. DuckDB takes seconds to find that 1,000
# brackets stay open, in the process that asks; no person writes 50.
MOST_DEEP = 50
LONGEST_NAME = 40  # of a function, in a message
MOST_DOTTED = 5  # parts of a column's name: a.b.c; DuckDB looks for each way to read it


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPERATOR_SIGNS = _names(
    "+ - * / // % ** ^ @ & | ~ << >> || ^@ ~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape"
    " ilike_escape not_ilike_escape"
)
TEXT = _names(
    "ascii bit_length char_length character_length chr concat concat_ws contains"
    " damerau_levenshtein decode encode ends_with format from_base64 hamming hash hex instr jaccard"
    " jaro_similarity jaro_winkler_similarity lcase left left_grapheme len length length_grapheme"
    " levenshtein lower lpad ltrim md5 nfc_normalize octet_length ord overlay position prefix"
    " printf regexp_escape regexp_extract regexp_extract_all regexp_full_match regexp_matches"
    " regexp_replace regexp_split_to_array repeat replace reverse right right_grapheme rpad rtrim"
    " sha256 split split_part starts_with str_split str_split_regex string_split"
    " string_split_regex string_to_array strip_accents strlen strpos substr substring"
    " substring_grapheme suffix to_base64 to_hex translate trim ucase unhex unicode upper"
)
NUMBERS = _names(
    "abs acos asin atan atan2 bit_count cbrt ceil ceiling cos cot degrees even exp factorial fdiv"
    " floor fmod gamma gcd greatest isfinite isinf isnan lcm least lgamma ln log log10 log2 mod pi"
    " pow power radians round round_even sign signbit sin sqrt tan trunc xor"
)
TIMES = _names(
    "century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc"
    " day dayname dayofmonth dayofweek dayofyear decade epoch epoch_ms epoch_ns epoch_us era hour"
    " isodow isoyear julian last_day make_date make_time make_timestamp microsecond millisecond"
    " minute month monthname now quarter second strftime strptime time_bucket to_days to_hours"
    " to_microseconds to_milliseconds to_minutes to_months to_seconds to_timestamp to_weeks"
    " to_years today try_strptime week weekday weekofyear year yearweek"
)
LISTS = _names(
    "array_length array_to_string array_value element_at flatten list_apply list_avg list_concat"
    " list_contains list_count list_distinct list_element list_extract list_filter list_first"
    " list_has list_has_all list_has_any list_indexof list_intersect list_last list_max list_median"
    " list_min list_position list_reduce list_reverse list_slice list_sort list_sum list_transform"
    " list_unique list_value map_contains map_extract map_keys map_values struct_extract"
    " struct_pack"
)
OTHERS = _names("if ifnull in_group nullif row typeof")
FUNCTIONS = OPERATOR_SIGNS | TEXT | NUMBERS | TIMES | LISTS | OTHERS
OPERATORS = _names(
    "OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_TRY COMPARE_IN"
    " COMPARE_NOT_IN ARRAY_EXTRACT ARRAY_SLICE STRUCT_EXTRACT"
)
TYPES = _names(
    "array bigint blob bool boolean char date datetime decimal double float hugeint int int1 int2"
    " int4 int8 integer interval list long numeric real short signed smallint string struct text"
    " time map timestamp timestamp_ms timestamp_ns timestamp_s tinyint ubigint uhugeint uinteger"
    " usmallint utinyint uuid varchar"
) | {"timestamp with time zone", "time with time zone", "timestamptz"}
CLASSES = _names(
    "BETWEEN CASE CAST COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA OPERATOR TYPE"
)
# What people call the classes that are not there.
_WORDS = {
    "COLLATE": "COLLATE; ILIKE compares without regard to case",
    "DEFAULT": "DEFAULT",
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
    for node, depth in _nodes(tree):
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
        if kind == "COLUMN_REF" and len(node["column_names"]) > MOST_DOTTED:
            return f"a name of more than {MOST_DOTTED} parts"
    return None


def arguments_of(node: Node) -> list[Node]:
    """What a function is given."""
    return [one["expression"] for one in node["arguments"]]


def text_of(node: Node) -> str | None:
    """The text of a constant; None for anything else."""
    if node["class"] != "CONSTANT":
        return None
    literal = node.get("literal")
    return literal["text"] if literal and literal["kind"] == "STRING" else None


def _nodes(tree: object) -> Iterator[tuple[Node, int]]:
    """Every expression in a tree, with how many expressions it is within."""
    waiting: list[tuple[object, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, list):
            waiting.extend((one, depth) for one in node)
        elif isinstance(node, dict):
            if isinstance(node.get("class"), str):
                yield node, depth
                depth += 1
            waiting.extend((one, depth) for one in node.values())


def _forbidden_type(node: Node) -> str | None:
    name = str(node.get("type_name", ""))
    if node.get("schema") or node.get("catalog") or name.casefold() not in TYPES:
        return f"the type {name[:LONGEST_NAME]}"
    return None


def _forbidden_function(node: Node) -> str | None:
    name = str(node["function_name"])
    if node.get("schema") or node.get("catalog"):
        return f"a function with a dot before it; write {name[:LONGEST_NAME]}(…)"
    if name.casefold() not in FUNCTIONS:
        return f"the function {name[:LONGEST_NAME]}"
    return None
