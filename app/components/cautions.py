"""What should a person know before they follow the advice of a run? Lines, each with its remedy.

Drawn above the list on Review, and on Run, Verify and Export. A remedy fills the form of a new run.
"""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain, show_problem
from finine_app.components.pressing import whole
from finine_app.components.run.duplicate import duplicate
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs.cautions import GRAVE, Caution

_PROBLEM = "_caution_problem"


def show_cautions(run: api.Run, key: str) -> None:
    """Each in a line, the gravest first; nothing where there is none.

    Args:
        key: of the page, for the buttons.
    """
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        show_problem(problem)
    found = run.cautions()
    if not found:
        return
    with st.container(key=f"cautions_{key}"):
        for one in found:
            _line(run, one, key)


def grave_cautions(run: api.Run) -> list[Caution]:
    """Those that a person must have read before many rows are decided on at once."""
    return [one for one in run.cautions() if one.name in GRAVE]


def _line(run: api.Run, one: Caution, key: str) -> None:
    draw = st.warning if one.name in GRAVE else st.info
    draw(plain(one.words), icon=":material/warning:" if one.name in GRAVE else ":material/info:")
    if one.remedy and st.button(
        one.remedy,
        key=f"remedy_{key}_{one.name.replace(' ', '_')}",
        icon=":material/replay:",
        help="Fills the form of a new run with this one's settings and this change; nothing starts "
        "by itself.",
        on_click=whole(_fill),
        args=(run, one),
    ):
        st.switch_page(state.page("run"))


def _fill(run: api.Run, one: Caution) -> None:
    try:
        duplicate(run)
    except FinineError as error:
        st.session_state[_PROBLEM] = error
        return
    for name, value in one.options.items():
        st.session_state[name] = value == "balanced" if name == "class_weights" else value
