"""What is pinned for comparison: rows by number, the most suspicious ones, saved groups.

Draws the choice and gives the curves of what is pinned. Pins are part of the address; one in an old
link that is gone, or in the trash, is said so.
"""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components import reader
from finine_app.components.messages import plain, show_problem
from finine_app.components.named_curve import NamedCurve, of_group, of_row
from finine_app.components.pressing import whole
from finine_app.state import Pin
from finine_core import api
from finine_core.curation.saved_groups import SavedGroup
from finine_core.errors import FinineError
from finine_core.influence import row_targets

TOP = 3  # rows that "pin the top" takes: few enough to read, enough to see a difference


def choose_pins(run: api.Run, target: str) -> None:
    """Add, remove, take the top."""
    saved = {one.group_id: one for one in run.groups.all()}

    def name(pin: Pin) -> str:
        if not pin.group:
            return f"row {pin.number}"
        one = saved.get(pin.number)
        return f"group {pin.number} (not in use)" if one is None else f"group {one.name}"

    pins = state.pins()
    st.session_state["compare_pins"] = pins
    st.multiselect(
        f"Pinned rows and groups (up to {state.MAX_PINS})",
        pins,
        key="compare_pins",
        format_func=name,
        placeholder="none yet",
        on_change=whole(lambda: state.set_pins(st.session_state["compare_pins"])),
        help="Part of the address: a link to this page shows the same rows and groups.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Add row number",
            min_value=0,
            step=1,
            value=None,
            placeholder="for example 17",
            key="compare_add",
            on_change=whole(_add),
            args=(run, target),
            width=170,
        )
        if saved:
            st.selectbox(
                "Add a saved group",
                list(saved),
                index=None,
                format_func=lambda number: saved[number].name if number in saved else "",
                placeholder="choose one",
                key="compare_add_group",
                on_change=whole(_add_group),
                width=200,
            )
        st.button(
            f"Pin the top {TOP}",
            key="compare_top",
            icon=":material/keep:",
            help="The most suspicious rows for this target.",
            on_click=whole(_add_top),
            args=(run, target),
        )


def pinned_curves(run: api.Run, target: str) -> dict[Pin, NamedCurve]:
    """The curves of what is pinned, after saying which pins have none here and why."""
    found: dict[Pin, NamedCurve] = {}
    left_out = []
    for pin in state.pins()[: state.MAX_PINS]:
        try:
            if not pin.group:
                found[pin] = of_row(reader.curve(run, pin.number, target))
                continue
            group = _in_use(run, pin.number)
            if target in row_targets(run.targets):
                left_out.append(group.name)
            else:
                curve = reader.group_curve(run, pin.number, target)
                found[pin] = of_group(curve, group.name)
                if curve.influence.left_out:
                    st.caption(f"{plain(group.name)}: {curve.influence.left_out_words}")
        except FinineError as error:
            show_problem(error)
    if left_out:
        st.info(
            f"Not shown here: {plain(', '.join(left_out))}. A group has an influence on held-out "
            "rows only, so choose another target above to compare it.",
            icon=":material/info:",
        )
    return found


def _in_use(run: api.Run, number: int) -> SavedGroup:
    group = run.groups.get(number)
    if group.trashed:
        raise FinineError(
            f"The pinned group {group.name!r} is in the trash.",
            "Restore it on the Groups page, or take its pin away.",
        )
    return group


def _add(run: api.Run, target: str) -> None:
    row = st.session_state["compare_add"]
    if row is None:
        return
    try:
        reader.curve(run, int(row), target)  # says so where there is no such row
    except FinineError as error:
        state.note_problem(error)
        return
    pin_or_say(Pin(int(row)))
    st.session_state["compare_add"] = None


def _add_group() -> None:
    number = st.session_state["compare_add_group"]
    if number is not None:
        pin_or_say(Pin(int(number), group=True))
    st.session_state["compare_add_group"] = None


def _add_top(run: api.Run, target: str) -> None:
    for row in reader.review_table(run).row_numbers(target=target, top=TOP):
        pin_or_say(Pin(int(row)))


def pin_or_say(pin: Pin) -> bool:
    """Pin, or note that there is no room; gives whether it is pinned."""
    if state.pin(pin):
        return True
    state.note_problem(
        FinineError(f"{state.MAX_PINS} are pinned already.", "Remove one first, on Compare.")
    )
    return False
