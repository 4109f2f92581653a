"""The Groups page: which kinds of rows help or hurt, all of them taken out together?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from finine_app import state
from finine_app.components import curve_charts
from finine_app.components.export.removal import name_of
from finine_app.components.messages import nothing_yet, plain, show_problem
from finine_app.components.words import mu_words, number_words
from finine_app.views.review import finished_run
from finine_core import api
from finine_core.errors import FinineError
from finine_core.influence import GroupInfluence, Slice

TARGET = "validation"
CERTAIN = 0.05  # q- and p-values up to here are called more than chance
WHERE, CHOSEN = "group_where", "slices"
SHOWN = 500  # slices; the command lists all


def render() -> None:
    """Draw the page."""
    try:
        run = finished_run("Groups")
        if run is not None:
            _groups(run)
    except FinineError as error:
        show_problem(error)


def _groups(run: api.Run) -> None:
    st.title("Groups")
    st.caption(f"Of the run {name_of(run)}")
    if TARGET not in run.targets:
        nothing_yet(
            "This run recorded no influence on validation rows",
            "Groups of rows are judged by the rows that were held out. Start a run with held-out "
            "rows and the target *validation*.",
            "run",
            "Start a run",
        )
        return
    st.write(
        "The influence of many rows on the held-out rows, all taken out at once and other rows "
        "seen in their place: is this kind of rows better or worse than a random one? It comes "
        "from the same run, without training."
    )
    _one_group(run)
    st.subheader("Kinds of rows")
    _slices(run)


def _one_group(run: api.Run) -> None:
    where = st.text_input(
        "Rows with",
        key=WHERE,
        bind="query-params",
        placeholder="source = 'forum' AND mean_loss > 1",
        help="A SQL condition over the columns of the data and of the scores; or pick a kind of "
        "rows from the list below.",
    ).strip()
    if not where:
        return
    try:
        found = run.group_curve(where=where, target=TARGET)
    except FinineError as error:
        show_problem(error)
        return
    one = found.influence
    with st.container(border=True):
        words, chart = st.columns([2, 3])
        with words:
            st.markdown(f"**μ = {mu_words(one.mu, one.low, one.high)}** · {one.rows:,} rows")
            st.write(reading(one))
            if one.large:
                st.warning(
                    "So large a group changes where training goes, which this first-order account "
                    "does not see. Mark it and verify.",
                    icon=":material/warning:",
                )
            if one.p_value is not None:
                st.caption(
                    f"A random group of {one.rows:,} rows would differ as much from the other rows "
                    f"with probability {one.p_value:.2g}, if this one was not chosen by μ."
                )
            st.page_link(
                state.page("review"),
                label="Look at these rows, and mark them",
                icon=":material/fact_check:",
                query_params={"run": run.run_id, "target": TARGET, "filter_sql": where},
            )
        with chart:
            curve_charts.group(found, key="group_curve")


def reading(one: GroupInfluence) -> str:
    """What the group's influence says, in words."""
    if one.p_value is not None and one.p_value > CERTAIN:
        return "No more help or harm than a random group of this size would have by chance."
    if one.low <= 0 <= one.high:
        return "Its interval holds 0: whether the group helps or hurts cannot be told."
    if one.mu < 0:
        return "The group hurts: without it the validation loss is lower than without a random one."
    return "The group helps: without it the validation loss is higher than without a random one."


def _slices(run: api.Run) -> None:
    found = run.slices(TARGET)
    if not found:
        st.info(
            "No column has few values with at least ten rows each, so that there are no kinds of "
            "rows to compare.",
            icon=":material/info:",
        )
        return
    few = sum(one.q_value <= CERTAIN for one in found)
    st.caption(
        f"{len(found):,} kinds of rows, the most harmful first; {few:,} differ from a random group "
        f"by more than chance (at a false discovery rate of {100 * CERTAIN:.0f} %). *cluster* are "
        "rows that look alike to the model. Pick a line to see it above."
    )

    def take() -> None:
        picked = st.session_state[CHOSEN].selection.rows
        if picked:
            st.session_state[WHERE] = run.condition_of(found[picked[0]])

    st.dataframe(
        pd.DataFrame([_line(one) for one in found[:SHOWN]]),
        hide_index=True,
        key=CHOSEN,
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


def _line(one: Slice) -> dict[str, object]:
    part = one.influence
    return {
        "rows of": f"{one.column} = {'(missing)' if one.value is None else one.value}",
        "rows": part.rows,
        "μ": part.mu,
        "90 % interval": f"{number_words(part.low, part.mu)} … {number_words(part.high, part.mu)}",
        "q": one.q_value,
        "reading": _short(one) + (" (large: verify)" if part.large else ""),
    }


def _short(one: Slice) -> str:
    if one.q_value > CERTAIN:
        return "like a random group"
    part = one.influence
    if part.low <= 0 <= part.high:
        return "cannot be told"
    return "▼ hurts" if part.mu < 0 else "▲ helps"
