"""How does one press start one run, with what stands in the fields when it comes?

A press asks for a start, with the token of the form it was made on; the page that is drawn for it
starts the run. So a number that was typed just before counts, and a second press, whose token is
used up, starts nothing.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components.messages import show_problem
from finine_app.components.pressing import whole
from finine_core import api
from finine_core.errors import FinineError

_TOKEN, _ASKED, _PROBLEM = "_start_token", "_start_asked", "_start_problem"


def start_button(options: dict[str, Any], name: str) -> None:
    """Draw the button; where it was pressed, start the run.

    Args:
        options: of the run, as `make_config` takes them.
    """
    token = st.session_state.setdefault(_TOKEN, token_urlsafe())
    if st.session_state.get(_ASKED) == token:
        start(options, name)
        st.rerun()  # with the run, or with why there is none
    st.button(
        "Start run",
        key="start_run",
        type="primary",
        icon=":material/play_arrow:",
        on_click=whole(_ask),
        args=(token,),
    )
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        show_problem(problem)


def forget_start() -> None:
    """A page came to its end: what was asked for before it is done, or could not be."""
    if _ASKED in st.session_state:
        del st.session_state[_ASKED]


def start(options: dict[str, Any], name: str) -> None:
    """Start the run and show it, or say why not; nothing where the token is used up."""
    if st.session_state.pop(_TOKEN, None) is None:
        return
    told = {key: value for key, value in options.items() if key not in ("data", "label")}
    try:
        run = api.run(
            options["data"],
            label=options["label"],
            home=state.home(),
            name=name,
            block=False,
            **told,
        )
    except FinineError as error:
        whole(_note)(error)
    else:
        whole(_show)(run.run_id)


def _ask(token: str) -> None:
    st.session_state[_ASKED] = token


def _note(problem: FinineError) -> None:
    st.session_state[_PROBLEM] = problem


def _show(run_id: str) -> None:
    state.watch(run_id)
    state.select_run(run_id)
