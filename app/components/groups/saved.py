"""The groups somebody saved: how they stand to each other, and what can be done with one.

Draws them with μ, interval and size; one of them in full, to look at, pin, mark, rename or put into
the trash; and the trash, from which they come back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from finine_app import state, theme
from finine_app.components import reader
from finine_app.components.compare.choose import pin_or_say
from finine_app.components.groups import card
from finine_app.components.groups.forest import Line, forest, reading_of
from finine_app.components.messages import plain
from finine_app.components.pressing import digest, whole
from finine_app.components.review import bulk
from finine_app.components.review.filters import Filter
from finine_app.components.run_summary import local_time
from finine_app.components.words import interval_words, short_group_words
from finine_app.state import Pin
from finine_core import api
from finine_core.curation.group_filter import in_group
from finine_core.curation.saved_groups import LONGEST_NAME, SavedGroup
from finine_core.errors import FinineError
from finine_core.influence import GroupCurve

CHOSEN = "group_shown"  # the name of the group that is shown in full; part of the address
TABLE, PLOT = "saved_groups", "saved_forest"
LISTED, DRAWN = 100, 15  # groups; the command lists all
CARD, CARD_NARROWEST = "saved_card", "19rem"


def show(run: api.Run, seen: int) -> None:
    """The saved groups of a run.

    Args:
        seen: the log's version, read before anything of the page.
    """
    groups = run.groups.all()
    st.subheader("Saved groups")
    if not groups:
        st.info(
            "No group is saved yet. Choose rows by a condition or a kind of rows, and save them "
            "under a name: then they can be looked at, compared and marked together.",
            icon=":material/workspaces:",
        )
    else:
        curves = {one.group_id: _curve_of(run, one) for one in groups[:LISTED]}
        judged = [one for one in groups if isinstance(curves.get(one.group_id), GroupCurve)]
        _picture(judged[:DRAWN], curves)
        _table(groups[:LISTED], curves)
        if len(groups) > LISTED:
            st.caption(f"The newest {LISTED}; all are listed by: finine groups {plain(run.run_id)}")
        _one(run, groups, curves, seen)
    _trash(run)


def choose(name: str) -> None:
    """Show the saved group of that name in full."""
    st.session_state[CHOSEN] = name


def _curve_of(run: api.Run, one: SavedGroup) -> GroupCurve | FinineError:
    """A group's curve, or why it has none."""
    try:
        return reader.group_curve(run, one.group_id, card.TARGET)
    except FinineError as error:
        return error


_Curves = dict[int, GroupCurve | FinineError]


def _words(found: GroupCurve | FinineError | None) -> str:
    if not isinstance(found, GroupCurve):
        return "not known"
    part = found.influence
    return short_group_words(part, part.p_value) + (" (large: verify)" if part.large else "")


def _picture(groups: list[SavedGroup], curves: _Curves) -> None:
    lines = []
    for one in groups:
        found = curves[one.group_id]
        assert isinstance(found, GroupCurve)
        part = found.influence
        reading = reading_of(short_group_words(part, part.p_value))
        lines.append(Line(one.name, part, reading, one.group_id))
    lines.sort(key=lambda line: line.influence.mu)
    if len(lines) > 1:  # one alone is told in full below
        names = {one.group_id: one.name for one in groups}
        forest(lines, key=PLOT, pick=lambda number: choose(names.get(number, "")))


def _table(groups: list[SavedGroup], curves: _Curves) -> None:
    shown = []
    for one in groups:
        found = curves[one.group_id]
        part = found.influence if isinstance(found, GroupCurve) else None
        shown.append(
            {
                "group": one.name,
                "rows": one.rows,
                "μ": None if part is None else part.mu,
                "90 % interval": ""
                if part is None
                else interval_words(part.low, part.high, part.mu),
                "reading": _words(found),
                "saved by": one.reviewer,
                "when": local_time(one.created_at),
                "chosen by": one.selection,
            }
        )

    # A browser tells positions: the groups are part of the table's identity.
    key = f"{TABLE}_{digest(one.group_id for one in groups)}"

    @whole
    def take() -> None:
        picked = st.session_state[key].selection.rows
        if picked and picked[0] < len(groups):
            choose(groups[picked[0]].name)

    st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        key=key,
        on_select=take,
        selection_mode="single-row",
        height="content" if len(shown) <= 8 else 317,
        column_config={
            "group": st.column_config.TextColumn(width=230),
            "rows": st.column_config.NumberColumn(format="localized", width=60),
            "μ": st.column_config.NumberColumn(
                format="%.2f", width=60, help="Below 0: the rows hurt. Above 0: they help."
            ),
            "90 % interval": st.column_config.TextColumn(width=110),
            "reading": st.column_config.TextColumn(width=205),
            "saved by": st.column_config.TextColumn(width=80),
            "when": st.column_config.TextColumn(width=130),
        },
        alt="Saved groups with their size and influence",
    )


def _one(run: api.Run, groups: list[SavedGroup], curves: _Curves, seen: int) -> None:
    """The chosen group in full, and what can be done with it."""
    named = {one.name: one for one in groups}
    if st.session_state.get(CHOSEN) not in named:
        st.session_state.pop(CHOSEN, None)
    name = st.selectbox("Group", list(named), key=CHOSEN, bind="query-params", width=420)
    one = named[name]
    found = curves.get(one.group_id) or _curve_of(run, one)
    where = in_group(one.name)
    theme.side_by_side(CARD, CARD_NARROWEST)
    with st.container(border=True, key=CARD):
        words, chart = st.columns([2, 3])
        with words:
            st.markdown(f"#### {plain(one.name)}")
            if isinstance(found, GroupCurve):
                card.influence(found.influence)
            else:
                st.markdown(f"{one.rows:,} rows · μ is not known: {plain(found.problem)}")
            st.caption(
                f"Saved by {plain(one.reviewer or 'nobody named')}, {local_time(one.created_at)}"
                + (f" · {plain(one.selection)}" if one.selection else "")
            )
            _actions(run, one, where)
        with chart:
            if isinstance(found, GroupCurve):
                card.curve(found, one.name, "saved_curve")
    table, target = reader.review_table(run), state.target(run)
    total = len(reader.listed(run, target, where))
    bulk.decide_on_all(
        run, table, target, Filter(sql=where).words(), where, total, seen, of="this group"
    )


def _actions(run: api.Run, one: SavedGroup, where: str) -> None:
    """Buttons of one group; its number is part of each, so that a press reaches no other group."""
    card.look_at(run, where)
    pin = Pin(one.group_id, group=True)
    pinned = pin in state.pins()
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Unpin" if pinned else "Pin for Compare",
            key=f"group_pin_{one.group_id}",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            on_click=whole(_flip_pin),
            args=(pin, pinned, one.name),
        )
        with st.popover("Rename", icon=":material/edit:"):
            st.text_input(
                "New name", value=one.name, key=f"group_new_name_{one.group_id}",
                max_chars=LONGEST_NAME,
            )  # fmt: skip
            st.button(
                "Rename",
                key=f"group_rename_{one.group_id}",
                on_click=whole(_rename),
                args=(run, one),
            )
        st.button(
            "To the trash",
            key=f"group_trash_{one.group_id}",
            icon=":material/delete:",
            help="The rows and their decisions stay as they are; the group can be restored below.",
            on_click=whole(_done),
            args=(lambda: run.groups.trash(one.group_id), f"Group {one.name} is in the trash."),
        )


def _trash(run: api.Run) -> None:
    gone = {one.group_id: one for one in run.groups.all(trashed=True)}
    if not gone:
        return
    with st.expander(f"Trash · {len(gone):,}", icon=":material/delete:", key="group_trash_open"):
        st.selectbox(
            "Group in the trash",
            list(gone),
            format_func=lambda number: _gone_words(gone[number]) if number in gone else "",
            key="group_in_trash",
        )
        st.button(
            "Restore",
            key="group_restore",
            icon=":material/restore_from_trash:",
            on_click=whole(_restore),
            args=(run, gone),
        )


def _gone_words(one: SavedGroup) -> str:
    return f"{one.name} · {one.rows:,} rows · saved {local_time(one.created_at)}"


def _flip_pin(pin: Pin, pinned: bool, name: str) -> None:
    if pinned:
        state.unpin(pin)
        state.note_action(f"Group {name} unpinned.")
    elif pin_or_say(pin):
        state.note_action(f"Group {name} pinned for comparison.")


def _rename(run: api.Run, one: SavedGroup) -> None:
    name = " ".join(str(st.session_state[f"group_new_name_{one.group_id}"]).split())

    def act() -> None:
        run.groups.rename(one.group_id, name)
        choose(name)

    _done(act, f"Group {one.name} is now called {name}.")


def _restore(run: api.Run, gone: Mapping[int, SavedGroup]) -> None:
    # The one that is chosen when the button is pressed; the page may not have drawn it yet.
    one = gone[st.session_state["group_in_trash"]]

    def act() -> None:
        run.groups.restore(one.group_id)
        choose(one.name)

    _done(act, f"Group {one.name} is back.")


def _done(act: Callable[[], None], words: str) -> None:
    """An action whose problem is shown on the page instead of breaking it."""
    try:
        act()
    except FinineError as error:
        state.note_problem(error)
    else:
        state.note_action(words)
