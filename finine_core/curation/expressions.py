"""Is this text one harmless SQL condition?

People filter the ranked table with a SQL expression of their own. `checked_condition` takes such
a text and gives it back only when it is a single expression over columns: no second statement, no
clause, no subquery, nothing that could reach a file or another table. `contains_text` and `quoted`
build safe SQL from names and values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import duckdb

from finine_core.errors import FinineError

EXPRESSION_HELP = (
    "Write one SQL condition over the columns, such as mu > 1.5 AND label = 'cat'; "
    "text goes in single quotes, odd column names in double quotes."
)

# Parts of DuckDB's syntax tree that an honest condition does not need, and what people call them.
_REFUSED = {
    "SUBQUERY": "a subquery",
    "PARAMETER": "a parameter ($1 or ?)",
    "WINDOW": "a window function",
}


def checked_condition(where: str, parser: duckdb.DuckDBPyConnection) -> str:
    """Give `where` in brackets, ready to follow WHERE or AND.

    Args:
        parser: any connection; it only parses, nothing is run.

    Raises:
        FinineError: the text is not exactly one expression, or holds a subquery.

    Examples:
        >>> parser = duckdb.connect(":memory:")
        >>> print(checked_condition("mu > 1 -- the worst", parser))
        (
        mu > 1 -- the worst
        )
        >>> checked_condition("1=1); DROP TABLE scores", parser)
        Traceback (most recent call last):
        finine_core.errors.FinineError: The filter '1=1); DROP TABLE scores' is not one condition...
    """
    if not _is_plain(where):
        raise _refusal(where, "holds a character that is no text")
    # The text must parse bare, so that its brackets and quotes are its own: `a) OR (b` only parses
    # inside ours. And it must parse inside brackets, where no clause, comma list or second
    # statement can stand. The line breaks end a comment in the text.
    bracketed = f"(\n{where}\n)"
    for sql in (f"SELECT\n{where}\n", f"SELECT {bracketed}"):
        try:
            statements = duckdb.extract_statements(sql)
        except duckdb.Error as error:
            raise _refusal(where, f"is not one condition: {first_line(error)}") from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise _refusal(where, "is more than one statement")
    parts = set(_parts(_syntax_tree(f"SELECT\n{where}\n", where, parser)))
    # every expression has a part: without any, the tree was not understood, and nothing is allowed
    if not parts:
        raise _refusal(where, "is not one condition")
    for part in sorted(parts & _REFUSED.keys()):
        raise _refusal(where, f"contains {_REFUSED[part]}, which a filter may not")
    return bracketed


def contains_text(columns: Sequence[str], needle: str) -> str:
    """A condition that holds where any of `columns` contains `needle`, ignoring case.

    Args:
        columns: names as `ReviewTable.columns` gives them; of any type, compared as text.

    Raises:
        FinineError: no columns are given.

    Examples:
        >>> contains_text(["text"], "it's")
        'contains(lower(CAST("text" AS VARCHAR)), lower(\\'it\\'\\'s\\'))'
    """
    if not columns:
        raise FinineError("There is no column to search in.", "Name at least one column.")
    return " OR ".join(
        f"contains(lower(CAST({quoted(name)} AS VARCHAR)), lower({literal(needle)}))"
        for name in columns
    )


def quoted(name: str) -> str:
    """A column name as SQL, whatever is in it.

    Examples:
        >>> quoted('height "in"')
        '"height ""in""\"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text value as SQL.

    Examples:
        >>> literal("it's")
        "'it''s'"
    """
    if not _is_plain(text):
        raise FinineError(f"{text!r} holds a character that is no text.", "Remove it.")
    return "'" + text.replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    """The first line of DuckDB's message, which names the cause; the rest draws carets."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _is_plain(text: str) -> bool:
    """Whether DuckDB takes the text as it is: no null character, no half of a surrogate pair."""
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


def _refusal(where: str, problem: str) -> FinineError:
    return FinineError(f"The filter {where!r} {problem}.", EXPRESSION_HELP)


def _syntax_tree(sql: str, where: str, parser: duckdb.DuckDBPyConnection) -> object:
    try:
        line = parser.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    except duckdb.Error as error:
        raise _refusal(where, f"is not one condition: {first_line(error)}") from error
    assert line is not None
    try:
        tree = json.loads(line[0])
    except RecursionError as error:
        raise _refusal(where, "is nested too deeply") from error
    if tree["error"]:
        raise _refusal(where, f"is not one condition: {tree.get('error_message', '')}")
    node = tree["statements"][0]["node"]
    if node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1:
        raise _refusal(where, "is a list; a filter is one condition")
    return node


def _parts(tree: object) -> Iterator[str]:
    """The class of every expression in a syntax tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("class"), str):
                yield node["class"]
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
