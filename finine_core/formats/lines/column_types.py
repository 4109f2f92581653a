"""Which type does a column of text hold: whole numbers, numbers, true/false, or text?

Takes a column of strings, looks at *all* of its values, and gives the typed column with a note
where a person should know what was decided. Nothing that reads like an identifier is damaged:
`007` and integers beyond 64 bits stay text.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from finine_core.errors import shown

# Read as missing in columns whose other values are all numbers or all true/false. In a text
# column only the empty field is missing: there "None" or "NA" may be a word.
MISSING_WORDS = (
    "NA", "N/A", "n/a", "na", "#N/A", "<NA>", "NaN", "nan", "NAN",
    "null", "NULL", "Null", "None", "none",
)  # fmt: skip
INTEGER = r"^-?(0|[1-9][0-9]*)$"
# A leading plus needs a point or an exponent: "+4912345" is a phone number.
FLOAT = r"^(-?(0|[1-9][0-9]*)|[+-]?((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+))$"
EXPONENT = r"^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+$"
# Infinity is let through so that the encoder can name the row and column that holds it.
INFINITY = r"^[+-]?(?i:inf|infinity)$"
DECIMAL_COMMA = r"^[+-]?[0-9]+,[0-9]+$"
THOUSANDS = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$"
BOOLEAN = r"^(true|false|True|False|TRUE|FALSE)$"
# From this share of numbers on, the few other values are worth a note: they are probably slips.
ALMOST_NUMERIC = 0.9


def typed_column(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str | None]:
    """Give a string column its type: int64, float64, bool, or string (empty = missing).

    Args:
        name: the column's name, for the note.
        column: (n,) strings without nulls.

    Examples:
        >>> def kind(*values): return typed_column("x", pa.chunked_array([list(values)]))
        >>> column, note = kind("1", "", "NA", "2.5")
        >>> column.to_pylist(), note
        ([1.0, None, None, 2.5], "Column 'x': 1 value such as 'NA' was read as missing.")
        >>> kind("007", "12")[0].to_pylist()
        ['007', '12']
        >>> kind("true", "FALSE")[0].to_pylist()
        [True, False]
    """
    text = pc.utf8_trim_whitespace(column)
    empty = pc.equal(text, "")
    missing = pc.or_(empty, pc.is_in(text, value_set=pa.array(MISSING_WORDS, pa.string())))
    present = text.filter(pc.invert(missing))
    if len(present) == 0:
        return _as_strings(column), None

    values = pc.if_else(missing, pa.scalar(None, pa.string()), text)
    typed = None
    integers = _matches(present, INTEGER)
    if pc.all(integers).as_py():
        try:
            typed = values.cast(pa.int64())
        except pa.ArrowInvalid:
            return _as_strings(column), (
                f"Column {shown(name)} has integers of more than 64 bits; it was read as text."
            )
    elif pc.all(_matches(present, BOOLEAN)).as_py():
        typed = pc.equal(pc.utf8_lower(values), "true")
    else:
        finite = pc.or_(integers, pc.or_(_matches(present, FLOAT), _matches(present, EXPONENT)))
        numeric = pc.or_(finite, _matches(present, INFINITY))
        if pc.all(numeric).as_py():
            typed = pc.replace_substring_regex(values, r"^\+", "").cast(pa.float64())
        else:
            note = _almost_numeric_note(name, present, finite, column)
            return _as_strings(column), note or _comma_note(name, present)

    words = text.filter(pc.and_not(missing, empty))
    return typed, _missing_note(name, words)


def _matches(column: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.match_substring_regex(column, pattern)


def _as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _missing_note(name: str, words: pa.ChunkedArray) -> str | None:
    if len(words) == 0:
        return None
    value, were = ("value", "was") if len(words) == 1 else ("values", "were")
    such = shown(words[0].as_py())
    return f"Column {shown(name)}: {len(words)} {value} such as {such} {were} read as missing."


def _almost_numeric_note(
    name: str, present: pa.ChunkedArray, finite: pa.ChunkedArray, column: pa.ChunkedArray
) -> str | None:
    share = pc.mean(pc.cast(finite, pa.float64())).as_py()
    if share < ALMOST_NUMERIC:
        return None
    odd = present.filter(pc.invert(finite))
    row = pc.index(pc.utf8_trim_whitespace(column), odd[0]).as_py()
    return (
        f"Column {shown(name)} was read as text, because {len(odd)} of its "
        f"{len(present)} values are not plain numbers; the first is {shown(odd[0].as_py())} "
        f"in row {row}."
    )


def _comma_note(name: str, present: pa.ChunkedArray) -> str | None:
    """Numbers of another country's spelling are words to us; a person should know."""
    for pattern, words, mend in (
        (THOUSANDS, "a comma between the thousands", "without it"),
        (DECIMAL_COMMA, "a decimal comma", "with a point"),
    ):
        share = pc.mean(pc.cast(_matches(present, pattern), pa.float64())).as_py()
        if share >= ALMOST_NUMERIC:
            return (
                f"Column {shown(name)} was read as text, because its numbers have {words} (such "
                f"as {shown(present[0].as_py())}); write them {mend} to have them read as numbers."
            )
    return None
