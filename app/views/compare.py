"""The Compare page: pinned rows and groups, their curves over each other, and in words."""

from __future__ import annotations

import streamlit as st

from finine_app import state, theme
from finine_app.components import curve_charts, reader
from finine_app.components.compare import told
from finine_app.components.compare.choose import TOP, choose_pins, pinned_curves
from finine_app.components.messages import show_problem
from finine_app.components.target_choice import choose_target
from finine_app.components.words import BAND_WORDS, EXAMPLE_ALPHA
from finine_app.views.review import show_finished
from finine_core import api

FEW = 4  # curves whose bands can still be told apart over each other


def render() -> None:
    """Draw the page."""
    show_finished("Compare", _compare)


def _compare(run: api.Run) -> None:
    theme.compact()
    st.title("Compare")
    target = choose_target(run, "compare_target")
    choose_pins(run, target)
    if (problem := state.last_problem()) is not None:
        show_problem(problem)
        state.note_problem(None)
    found = pinned_curves(run, target)
    curves = list(found.values())
    if not curves:
        if not state.pins():
            _nothing_pinned()
        return
    if reader.has_images(run):
        told.images(run, found, target)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        alpha = st.slider(
            "False alarms that the tester may raise, α",
            min_value=0.01,
            max_value=0.99,
            value=EXAMPLE_ALPHA,
            step=0.01,
            key="compare_alpha",
            bind="query-params",
            help="A tester sees only the trained model and must say whether the row or group was "
            "in its data. α is how often the tester may cry wolf. The table says how often the "
            "tester then misses each one's presence.",
        )
        # Two switches with a default of their own: bands of many curves only cover each other.
        few = len(curves) <= FEW
        bands = st.toggle(
            "Bands" if few else f"Bands of all {len(curves)}",
            value=few,
            key="compare_bands" if few else "compare_all_bands",
            bind="query-params",
            help=BAND_WORDS,
            width="content",
        )
    st.subheader("Trade-off curves")
    curve_charts.trade_off(
        curves,
        alpha=alpha,
        key="compare_curves",
        height=curve_charts.BIG_CHART_HEIGHT,
        bands=bands,
    )
    st.caption(
        "Thick lines with signs: from what was recorded, with no assumption about their shape. "
        + (f"Hatched: their bands. {BAND_WORDS} " if bands else "")
        + "Thin dashed lines of the same colour: the Gaussian curve with the same μ. The lower a "
        "curve, the more the row or group gives itself away; on the dotted line nobody can tell. A "
        "curve shows how strong an influence is; which way it goes is the sign of μ."
    )
    told.at_alpha(run, found, target, alpha)
    told.pairs(curves)
    told.values(run, found, target)
    told.over_steps(run, found, target)


def _nothing_pinned() -> None:
    st.info(
        "No rows are pinned yet. Pin rows on the Review page or groups on the Groups page, add one "
        f"here, or take the top {TOP}.",
        icon=":material/keep:",
    )
    with st.container(horizontal=True):
        for page, label in (("review", "Go to Review"), ("groups", "Go to Groups")):
            st.page_link(state.page(page), label=label, icon=":material/arrow_back:")
