"""Which run is looked at, and who decides? The choices every page shares, and the words it uses."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain
from finine_app.components.run_summary import line_state, line_words, local_time
from finine_core import api

LISTED_RUNS = 50  # newest runs in the choice; the Run page finds the others

GLOSSARY = {
    "Influence, μ": "How strongly one row pulls on the result of training, compared with the luck "
    "of the draw in training itself. 0: nobody could tell whether the row was there. "
    "1: noticeable. 3: hard to miss.",
    "Target self": "The influence of a row on how well the model fits that same row. A large μ "
    "says: the model gets this row right only because it has seen it. Such rows are mislabelled, "
    "unusual, or learned by heart.",
    "Target validation": "The influence of a row on the held-out rows. Below 0 the row hurts: "
    "without it the model would do better on them. Above 0 it helps.",
    "Trade-off curve": "Imagine a tester who sees only the trained model and must say whether the "
    "row was in its data. The curve shows how the two errors trade off: the lower it bends, the "
    "more the row gives itself away.",
    "Type I error": "False alarm: the tester says the row was taken out, and it was there.",
    "Type II error": "Miss: the tester says the row was there, and it was taken out.",
}


def sidebar() -> None:
    """Draw the sidebar, and keep the view in the address."""
    state.keep_address()
    with st.sidebar:
        _choose_run()
        _name_reviewer()
        _explain_words()
        st.caption(f"Home: {plain(state.home())}")


def _choose_run() -> None:
    current = state.current_run()
    if current is None:
        st.caption("No runs yet. Choose data, then start one.")
        return
    state.keep_run(current.run_id)
    known = api.lines(state.home())
    shown = [*known[:LISTED_RUNS], *(o for o in known[LISTED_RUNS:] if o.run_id == current.run_id)]
    found = {one.run_id: one for one in shown}
    if current.run_id not in found:
        return  # put into the trash just now, by somebody else
    # The address decides; the widget follows it, and tells it when a person chooses.
    st.session_state["run_choice"] = current.run_id
    st.selectbox(
        "Run",
        list(found),
        format_func=lambda run_id: line_words(found[run_id]) if run_id in found else run_id,
        key="run_choice",
        on_change=_take_run,
        help="All pages show this run.",
    )
    line = found[current.run_id]
    st.caption(f"{plain(line_state(line))} · {plain(local_time(line.created_at))}")


def _take_run() -> None:
    state.select_run(st.session_state["run_choice"])
    if state.watched_run():
        state.watch(st.session_state["run_choice"])


def _name_reviewer() -> None:
    st.session_state["reviewer_name"] = state.reviewer()
    st.text_input(
        "Your name",
        key="reviewer_name",
        on_change=lambda: state.set_reviewer(st.session_state["reviewer_name"]),
        help="Written beside every decision, so that the log says who decided.",
    )


def _explain_words() -> None:
    with st.expander("What do the words mean?", icon=":material/help:"):
        for word, meaning in GLOSSARY.items():
            st.markdown(f"**{word}.** {meaning}")
