"""The Compare page: a few pinned rows, their trade-off curves over each other, and in words."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import streamlit as st

from finine_app import state, theme
from finine_app.components import curve_charts, reader
from finine_app.components.messages import show_problem
from finine_app.components.target_choice import choose_target
from finine_app.components.words import (
    EXAMPLE_ALPHA,
    NOT_IN_INTERVAL,
    interval_words,
    number_words,
    pair_words,
)
from finine_app.theme import DECISION_SIGN
from finine_app.views.review import finished_run
from finine_core import api
from finine_core.errors import FinineError
from finine_core.influence import RowCurve

TOP = 3  # rows that "pin the top" takes: few enough to read, enough to see a difference
PAIRS_AT_ONCE = 6  # sentences about pairs that are shown unfolded (all pairs of four rows)


def render() -> None:
    """Draw the page."""
    try:
        run = finished_run("Compare")
        if run is not None:
            _compare(run)
    except FinineError as error:
        show_problem(error)


def _compare(run: api.Run) -> None:
    theme.compact()
    st.title("Compare")
    target = choose_target(run, "compare_target")
    _choose_rows(run, target)
    if (problem := state.last_problem()) is not None:
        show_problem(problem)
        state.note_problem(None)
    curves = _curves(run, target)
    if not curves:
        st.info(
            "No rows are pinned yet. Pin rows on the Review page, add one by its number, or take "
            f"the top {TOP}.",
            icon=":material/keep:",
        )
        st.page_link(state.page("review"), label="Go to Review", icon=":material/arrow_back:")
        return
    alpha = st.slider(
        "False alarms that the tester may raise, α",
        min_value=0.01,
        max_value=0.99,
        value=EXAMPLE_ALPHA,
        step=0.01,
        key="compare_alpha",
        bind="query-params",
        help="A tester sees only the trained model and must say whether the row was in its data. "
        "α is how often the tester may cry wolf. The table says how often the tester then misses "
        "each row's presence.",
    )
    st.subheader("Trade-off curves")
    curve_charts.trade_off(
        curves, alpha=alpha, key="compare_curves", height=curve_charts.BIG_CHART_HEIGHT
    )
    st.caption(
        "Thick lines with signs: from the recorded steps, with no assumption about their shape. "
        "Thin dashed lines of the same colour: the Gaussian curve with the same μ. The lower a "
        "curve, the more the row gives itself away; on the dotted line nobody can tell. A curve "
        "shows how strong an influence is; which way it goes is the sign of μ."
    )
    _at_alpha(run, curves, target, alpha)
    _pairs(curves)
    _over_steps(run, curves, target)


def _choose_rows(run: api.Run, target: str) -> None:
    """Which rows are pinned: add, remove, take the top."""
    pins = state.pins()
    st.session_state["compare_pins"] = pins
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            f"Pinned rows (up to {state.MAX_PINS})",
            pins,
            key="compare_pins",
            format_func=lambda row: f"row {row}",
            placeholder="none yet",
            on_change=lambda: state.set_pins(st.session_state["compare_pins"]),
            help="Part of the address: a link to this page shows the same rows.",
        )
        st.number_input(
            "Add row number",
            min_value=0,
            step=1,
            value=None,
            placeholder="for example 17",
            key="compare_add",
            on_change=_add,
            args=(run, target),
            width=170,
        )
        st.button(
            f"Pin the top {TOP}",
            key="compare_top",
            icon=":material/keep:",
            help="The most suspicious rows for this target.",
            on_click=_add_top,
            args=(run, target),
        )


def _add(run: api.Run, target: str) -> None:
    row = st.session_state["compare_add"]
    if row is None:
        return
    try:
        reader.curve(run, int(row), target)  # says so where there is no such row
    except FinineError as error:
        state.note_problem(error)
        return
    st.session_state["compare_add"] = None
    _pin(int(row))


def _add_top(run: api.Run, target: str) -> None:
    for row in reader.review_table(run).row_numbers(target=target, top=TOP):
        _pin(int(row))


def _pin(row: int) -> None:
    if not state.pin(row):
        state.note_problem(
            FinineError(f"{state.MAX_PINS} rows are pinned already.", "Remove one first.")
        )


def _curves(run: api.Run, target: str) -> list[RowCurve]:
    """The curves of the pinned rows; a row in an old link that does not exist is said so."""
    found = []
    for row in dict.fromkeys(state.pins()[: state.MAX_PINS]):
        try:
            found.append(reader.curve(run, row, target))
        except FinineError as error:
            show_problem(error)
    return found


def _at_alpha(run: api.Run, curves: list[RowCurve], target: str, alpha: float) -> None:
    """The table of misses at the chosen α."""
    rows = ", ".join(str(one.row_number) for one in curves)
    found = reader.review_table(run).query(target=target, where=f"row_number IN ({rows})")
    lines = {line["row_number"]: line for line in found.to_pylist()}
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "row": one.row_number,
                    "id": lines[one.row_number]["row_id"],
                    "label": lines[one.row_number]["label"],
                    "predicted": lines[one.row_number]["predicted"],
                    "decision": DECISION_SIGN[lines[one.row_number]["decision"]],
                    "μ": number_words(one.mu, one.mu),
                    "90 % interval of μ": interval_words(one.mu_low, one.mu_high, one.mu),
                    f"β at α = {alpha:.2f}": float(one.curve().at(alpha)),
                    "β, Gaussian": float(one.gaussian_beta[_nearest(one, alpha)]),
                }
                for one in curves
            ]
        ),
        hide_index=True,
        height="content",
        key="compare_table",
        column_config={
            "90 % interval of μ": st.column_config.TextColumn(help=NOT_IN_INTERVAL),
            f"β at α = {alpha:.2f}": st.column_config.NumberColumn(
                format="%.2f",
                help="How often the tester misses the row's presence, from the recorded steps. "
                f"Pure guessing: {1 - alpha:.2f}.",
            ),
            "β, Gaussian": st.column_config.NumberColumn(
                format="%.2f", help="The same by the Gaussian curve with this μ."
            ),
        },
        alt=f"Pinned rows with their misses at α {alpha:.2f}",
    )


def _pairs(curves: list[RowCurve]) -> None:
    """Each pair in words."""
    pairs = list(combinations(curves, 2))
    if not pairs:
        st.caption("Pin another row to compare the two in words.")
        return
    st.subheader("In words")
    with st.container(key="compare_words"):
        _sentences(pairs[:PAIRS_AT_ONCE])
        if rest := pairs[PAIRS_AT_ONCE:]:
            with st.expander(f"{len(rest)} more pairs"):
                _sentences(rest)


def _sentences(pairs: list[tuple[RowCurve, RowCurve]]) -> None:
    st.markdown("\n".join(f"- {pair_words(one, other)}" for one, other in pairs))


def _over_steps(run: api.Run, curves: list[RowCurve], target: str) -> None:
    """Signals and losses over each other."""
    recorded = {one.row_number: reader.signals(run, one.row_number, target) for one in curves}
    st.subheader("Over the training")
    signals, losses = st.tabs(["Signals", "Loss"])
    with signals:
        curve_charts.signals(recorded, key="compare_signals")
        st.caption(
            "How much each row, when it is in the batch, moves the target's loss at each recorded "
            "step: is a row influential throughout, or only early or late?"
        )
    with losses:
        curve_charts.losses(recorded, key="compare_losses")


def _nearest(curve: RowCurve, alpha: float) -> int:
    return int(abs(curve.alpha - alpha).argmin())
