"""Is this text one harmless SQL condition?

People filter the ranked table with a SQL expression of their own. `checked_condition` takes such
a text and gives it back only when it is a single expression over columns: no second statement, no
clause, nothing but the parts listed in `allowed.py`, and not so long or so deep that reading it
alone would take long; `Checked` also says whether it is plain. `contains_text` and `quoted` build
safe SQL from names and values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb

from finine_core.curation.allowed import FUNCTION_HELP, MOST_DEEP, forbidden_part
from finine_core.curation.conditions.plain import copied_columns
from finine_core.errors import FinineError

EXPRESSION_HELP = (
    "Write one SQL condition over the columns, such as mu > 1.5 AND label = 'cat'; "
    "text goes in single quotes, odd column names in double quotes."
)

# Letters of a condition. Outside quotes: 50,000 (2,500 comparisons, say) take up to two seconds to
# parse, which nothing can interrupt. Inside: whole cells are compared with, and cost their length.
LONGEST, LONGEST_QUOTED = 50_000, 10_000_000
QUOTED_LETTERS = 200  # of a condition in a message; a longer one would hide what is said of it

# What of a condition is in quotes or a comment (DuckDB ends a comment at either line break); and
# what would begin quotes of another kind, in which this pattern would get lost.
_QUOTED = re.compile(
    r"(?P<other>\$|\b[eE]')|'[^']*'|\"[^\"]*\"|--[^\r\n]*|/\*(?:(?!/\*|\*/).)*\*/|(?P<open>/\*)",
    re.DOTALL,
)
_OPEN, _CLOSED = "([{", ")]}"


@dataclass(frozen=True)
class Checked:
    """A condition that may be asked.

    Attributes:
        sql: it in brackets, ready to follow WHERE or AND.
        copied: of a plain condition (`conditions/plain.py`), the columns whose texts it copies;
            None for any other one.
    """

    sql: str
    copied: tuple[str, ...] | None


def checked_condition(
    where: str, parser: duckdb.DuckDBPyConnection, columns: Collection[str] = ()
) -> Checked:
    """Refuse what is no single condition, or one that could look at something else than the row.

    Args:
        parser: any connection; it only parses, nothing is run.
        columns: names of the scalar columns in lower case, which a plain condition may have.

    Raises:
        FinineError: the text is not exactly one expression, or is one that could read something
            else than the row, or could take long to parse.

    Examples:
        >>> parser = duckdb.connect(":memory:")
        >>> checked_condition("mu > 1 -- the worst", parser, {"mu"})
        Checked(sql='(\\nmu > 1 -- the worst\\n)', copied=())
        >>> checked_condition("contains(lower(text), 'cat')", parser, {"text"}).copied
        ('text',)
        >>> checked_condition("reverse(text) = 'cat'", parser, {"text"}).copied is None
        True
        >>> checked_condition("1=1); DROP TABLE scores", parser)
        Traceback (most recent call last):
        finine_core.errors.FinineError: The filter '1=1); DROP TABLE scores' is not one condition...
    """
    _require_short(where)
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
    tree = _syntax_tree(f"SELECT\n{where}\n", where, parser)
    found = forbidden_part(tree)
    if found is not None:
        raise _refusal(where, f"contains {found}, which a filter may not")
    copied = copied_columns(tree, columns)
    return Checked(bracketed, None if copied is None else tuple(copied))


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


def shown(where: str) -> str:
    """A condition in quotes, for a message; the beginning of a long one."""
    return repr(where if len(where) <= QUOTED_LETTERS else where[:QUOTED_LETTERS] + "…")


def first_line(error: Exception) -> str:
    """The first line of DuckDB's message, which names the cause; the rest draws carets."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _is_plain(text: str) -> bool:
    """Whether DuckDB takes the text as it is: no null character, no half of a surrogate pair."""
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


def _require_short(where: str) -> None:
    """Refuse what could take the parser long, before it is parsed."""
    if not _is_plain(where):
        raise _refusal(where, "holds a character that is no text")
    if len(where) > LONGEST_QUOTED:
        raise _refusal(where, f"is longer than {LONGEST_QUOTED:,} letters")
    for found in _QUOTED.finditer(where):
        if sign := found["other"] or found["open"]:
            raise _refusal(where, f"contains {sign}, which a filter may not")
    bare = _QUOTED.sub(" ", where)
    if len(bare) > LONGEST:
        raise _refusal(where, f"has more than {LONGEST:,} letters outside quotes")
    deep = 0
    for sign in bare:
        deep += (sign in _OPEN) - (sign in _CLOSED)
        if deep > MOST_DEEP:
            raise _refusal(where, f"has more than {MOST_DEEP} brackets within each other")


def _refusal(where: str, problem: str) -> FinineError:
    help = f"{EXPRESSION_HELP} {FUNCTION_HELP}" if "the function" in problem else EXPRESSION_HELP
    return FinineError(f"The filter {shown(where)} {problem}.", help)


def _syntax_tree(sql: str, where: str, parser: duckdb.DuckDBPyConnection) -> object:
    """The one expression that is selected."""
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
    selected: object = node["select_list"][0]
    # every expression has a class: without one the tree was not understood, and nothing is allowed
    if not isinstance(selected, dict) or not isinstance(selected.get("class"), str):
        raise _refusal(where, "is not one condition")
    return selected
