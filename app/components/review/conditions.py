"""How does a person who knows no SQL ask for rows by any column?

Draws a column, a comparison and a value; a press writes them as one more part of the SQL condition,
where they can be read, changed, and shared in the address.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from finine_app.components.pressing import guarded
from finine_app.components.review.listing import list_changed
from finine_core.curation.comparing import NUMBERS
from finine_core.curation.expressions import contains_text, literal, quoted
from finine_core.curation.review import ReviewTable
from finine_core.errors import FinineError

SQL_KEY = "filter_sql"
CONTAINS, MISSING, PRESENT = "contains", "has no value", "has a value"
NUMBER_SIGNS = ("≥", "≤", "=", "≠", MISSING, PRESENT)
TEXT_SIGNS = (CONTAINS, "=", "≠", MISSING, PRESENT)
_SQL_SIGN = {"≥": ">=", "≤": "<=", "=": "=", "≠": "IS DISTINCT FROM"}


def add_condition(table: ReviewTable) -> None:
    """Draw the three choices and the button that adds them to the condition."""
    kinds = dict(table.columns())
    st.caption("Or put a condition together:")
    column = st.selectbox(
        "Column", list(kinds), index=None, placeholder="any score or data column", key="add_column"
    )
    if column is None:
        return
    is_number = kinds[column].split("(")[0] in NUMBERS
    sign = st.selectbox("is", NUMBER_SIGNS if is_number else TEXT_SIGNS, key=f"add_sign_{column}")
    if sign not in (MISSING, PRESENT):
        key = f"add_value_{column}"
        if is_number:
            st.number_input("Value", value=None, format="%g", key=key)
        else:
            st.text_input("Value", key=key)
    st.button(
        "Add condition",
        key="add_condition",
        icon=":material/add:",
        on_click=guarded(_add),
        args=(kinds,),
    )


def condition(column: str, kind: str, sign: str, value: float | str | None) -> str:
    """One comparison as SQL.

    Args:
        kind: DuckDB's type of the column.
        sign: one of NUMBER_SIGNS or TEXT_SIGNS.
        value: what to compare with; of no account for the last two signs.

    Examples:
        >>> condition("mu", "DOUBLE", "≥", 1.5), condition("my text", "VARCHAR", "≠", "it's")
        ('"mu" >= 1.5', '"my text" IS DISTINCT FROM \\'it\\'\\'s\\'')
        >>> condition("note", "VARCHAR", "has no value", None)
        '"note" IS NULL'
    """
    name = quoted(column)
    if sign == MISSING:
        return f"{name} IS NULL"
    if sign == PRESENT:
        return f"{name} IS NOT NULL"
    if sign == CONTAINS:
        return contains_text([column], str(value))
    if isinstance(value, int | float):
        return f"{name} {_SQL_SIGN[sign]} {value!r}"
    same = name if kind == "VARCHAR" else f"CAST({name} AS VARCHAR)"
    return f"{same} {_SQL_SIGN[sign]} {literal(str(value))}"


def _add(kinds: Mapping[str, str]) -> None:
    # What stands in the fields when the button is pressed; the page may not have drawn it yet.
    column = st.session_state["add_column"]
    if column is None:
        return
    sign = st.session_state.get(f"add_sign_{column}")
    value = st.session_state.get(f"add_value_{column}")
    if sign is None or (sign not in (MISSING, PRESENT) and value in (None, "")):
        raise FinineError(
            "The condition has no value, so it was not added.",
            "Write the value that the column is compared with.",
        )
    part = condition(column, kinds[column], sign, value)
    now = str(st.session_state.get(SQL_KEY) or "").strip()
    if not now.endswith(part):  # else it is there, and the press is begun again
        st.session_state[SQL_KEY] = f"({now}) AND {part}" if now else part
    list_changed()
    st.session_state["add_column"] = None
