"""Which kinds of rows hurt or help: any condition, and every value of every column with few values.

Draws the most harmful and the most helpful kinds with their intervals, all of them as a table, and
one of them in full, to be saved as a group.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app import state, theme
from finine_app.components import reader
from finine_app.components.compare.choose import pin_or_say
from finine_app.components.groups import card, saved
from finine_app.components.groups.forest import NEITHER, Line, forest, reading_of
from finine_app.components.messages import plain, show_problem
from finine_app.components.pressing import save_once, whole
from finine_app.components.words import CERTAIN, interval_words, short_group_words
from finine_app.state import Pin
from finine_core import api
from finine_core.curation.saved_groups import LONGEST_NAME
from finine_core.errors import FinineError
from finine_core.influence import Slice

WHERE, NAME = "group_where", "group_name"
TABLE, PLOT = "slices", "slices_forest"
SHOWN = 500  # slices in the table; the command lists all
DRAWN = 8  # of the most harmful, and as many of the most helpful
CARD, CARD_NARROWEST = "kind_card", "19rem"


def show(run: api.Run) -> None:
    """The kinds of rows of a run with a validation target."""
    st.subheader("Kinds of rows")
    found = reader.slices(run, card.TARGET)
    if found:
        few = sum(_reading(one) != NEITHER for one in found)
        st.caption(
            f"{len(found):,} kinds of rows; {few:,} of them hurt or help by more than a random "
            f"group would (at a false discovery rate of {100 * CERTAIN:.0f} %, and with 0 outside "
            "their interval). *cluster* are rows that look alike to the model. Pick one in the "
            "picture or the list to see it in full."
        )
        _picture(run, found)
        with st.expander(f"All {len(found):,} kinds, the most harmful first", key="all_kinds"):
            _table(run, found)
    else:
        st.info(
            "No column has few values with at least ten rows each, so that there are no kinds of "
            "rows to compare. Write a condition instead.",
            icon=":material/info:",
        )
    _condition(run)


def _picture(run: api.Run, found: list[Slice]) -> None:
    """The ends of the ranked list."""
    kinds = found if len(found) <= 2 * DRAWN else [*found[:DRAWN], *found[-DRAWN:]]
    lines = [
        Line(_name(one), one.influence, _reading(one), place) for place, one in enumerate(kinds)
    ]
    if len(kinds) < len(found):
        st.caption(f"The {DRAWN} most harmful, then the {DRAWN} most helpful:")
    forest(lines, key=PLOT, pick=lambda place: _take(run, kinds[place]))


def _table(run: api.Run, found: list[Slice]) -> None:
    @whole
    def take() -> None:
        picked = st.session_state[TABLE].selection.rows
        if picked:
            _take(run, found[picked[0]])

    st.dataframe(
        pd.DataFrame([_line(one) for one in found[:SHOWN]]),
        hide_index=True,
        key=TABLE,
        on_select=take,
        selection_mode="single-row",
        column_config={
            "rows": st.column_config.NumberColumn(format="localized"),
            "μ": st.column_config.NumberColumn(
                format="%.2f", help="Below 0: the rows hurt. Above 0: they help."
            ),
            "q": st.column_config.NumberColumn(
                format="%.2g",
                help="Of all kinds with a q as small as this, that share is expected to be chance.",
            ),
        },
        alt="Kinds of rows with their influence",
    )
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN}; all are listed by: finine slices {plain(run.run_id)}")


def _take(run: api.Run, one: Slice) -> None:
    st.session_state[WHERE] = run.condition_of(one)


def _condition(run: api.Run) -> None:
    where = st.text_input(
        "Rows with",
        key=WHERE,
        bind="query-params",
        placeholder="source = 'forum' AND mean_loss > 1",
        help="A SQL condition over the columns of the data and of the scores; or pick a kind of "
        "rows above.",
    ).strip()
    if not where:
        st.caption("Write a condition to see any rows as a group, and to save them under a name.")
        return
    try:
        rows = run.select(where=where, target=card.TARGET)
        found = reader.curve_of_rows(run, rows, card.TARGET)
    except FinineError as error:
        show_problem(error)
        return
    theme.side_by_side(CARD, CARD_NARROWEST)
    with st.container(border=True, key=CARD):
        words, chart = st.columns([2, 3])
        with words:
            card.influence(found.influence)
            card.look_at(run, where)
            st.text_input(
                "Save these rows as",
                key=NAME,
                max_chars=LONGEST_NAME,
                placeholder=where[:LONGEST_NAME],
                help="Without a name of yours the group is called by its condition. The rows are "
                "saved as they are now.",
            )
            with st.container(horizontal=True, gap="small"):
                st.button(
                    "Save as group",
                    key="group_save",
                    type="primary",
                    icon=":material/save:",
                    on_click=whole(_save),
                    args=(run, where, rows, False),
                )
                st.button(
                    "Save and pin for Compare",
                    key="group_save_pin",
                    icon=":material/keep:",
                    on_click=whole(_save),
                    args=(run, where, rows, True),
                )
        with chart:
            card.curve(found, where, "group_curve")


def _save(run: api.Run, where: str, rows: NDArray[np.int64], pinned: bool) -> None:
    name = str(st.session_state[NAME] or where[:LONGEST_NAME])
    try:
        if str(st.session_state[WHERE] or "").strip() != where:
            raise FinineError(
                "The condition was changed meanwhile, so nothing was saved.",
                "Look at its rows, then save them.",
            )
        one = save_once(run.groups, rows.tolist(), name, f"where {where}")
    except FinineError as error:
        state.note_problem(error)
        return
    st.session_state[NAME] = ""
    saved.choose(one.name)
    state.note_action(f"{one.rows:,} rows saved as group {one.name}.")
    if pinned and pin_or_say(Pin(one.group_id, group=True)):
        state.note_action(f"Group {one.name} saved, and pinned for comparison.")


def _reading(one: Slice) -> str:
    """Hurts, helps or neither: the sign in the picture."""
    return reading_of(short_group_words(one.influence, one.q_value))


def _name(one: Slice) -> str:
    return f"{one.column} = {'(missing)' if one.value is None else one.value}"


def _line(one: Slice) -> dict[str, object]:
    part = one.influence
    return {
        "rows of": _name(one),
        "rows": part.rows,
        "μ": part.mu,
        "90 % interval": interval_words(part.low, part.high, part.mu),
        "q": one.q_value,
        "reading": short_group_words(part, one.q_value)
        + (" (large: verify)" if part.large else ""),
    }
