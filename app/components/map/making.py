"""What is shown in the map's place while it is not made: why, a button, its progress."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components.messages import show_problem
from finine_app.components.run_summary import seconds_in_words
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs.map.job import MapState

POLL_SECONDS = 1.0


def is_there(run: api.Run, kind: str) -> bool:
    """Whether the map can be drawn; else says what is missing and offers to make it."""
    if kind == "pca" and run.folder.projection.exists():
        return True
    status = run.map_status()
    if status.state is MapState.RUNNING:
        _watch(run)
        return False
    if kind == "umap" and status.state is MapState.DONE:
        return True
    if status.problem is not None:
        show_problem(status.problem)
    with st.container(border=True):
        if kind == "pca":
            st.markdown("#### This run has no map yet")
            st.write("It was made before maps were kept. The map comes from its stored model.")
        else:
            st.markdown("#### The UMAP is not made yet")
            st.write(
                "UMAP keeps rows that look alike to the model next to each other; distances "
                "between far groups mean little. It takes about a minute for 10,000 rows, once; "
                "you may leave this page meanwhile."
            )
        st.button(
            "Make the map" if kind == "pca" else "Make the UMAP",
            key="make_map",
            type="primary",
            icon=":material/scatter_plot:",
            on_click=_start,
            args=(run,),
        )
    return False


def _watch(run: api.Run) -> None:
    @st.fragment(run_every=POLL_SECONDS)
    def live() -> None:
        status = run.map_status()
        if status.state is not MapState.RUNNING:
            st.rerun()
        words = status.phase
        if status.eta_seconds is not None:
            words += f" · about {seconds_in_words(max(status.eta_seconds, 1))} left"
        st.progress(status.done / max(status.total, 1), text=words)
        st.button("Stop", key="stop_map", icon=":material/stop:", on_click=_stop, args=(run,))

    st.write("Making the UMAP.")
    live()
    st.caption("You may close this page; it goes on.")


def _start(run: api.Run) -> None:
    try:
        run.start_map()
    except FinineError as error:
        state.note_problem(error)


def _stop(run: api.Run) -> None:
    try:
        run.stop_map()
    except FinineError as error:
        state.note_problem(error)
