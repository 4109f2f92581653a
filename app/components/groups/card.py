"""What is there to say of one group of rows? Its influence in words, beside its curve."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components import curve_charts
from finine_app.components.named_curve import of_group
from finine_app.components.words import (
    BAND_WORDS,
    EXAMPLE_ALPHA,
    INTERVAL_WORDS,
    group_words,
    mu_words,
)
from finine_core import api
from finine_core.influence import GroupCurve, GroupInfluence

TARGET = "validation"  # what groups are judged by


def influence(one: GroupInfluence) -> None:
    """μ, size and what they mean."""
    st.markdown(
        f"**μ = {mu_words(one.mu, one.low, one.high)}** · {INTERVAL_WORDS} interval · "
        f"{one.rows:,} rows"
    )
    st.write(group_words(one))
    if one.left_out:
        st.caption(one.left_out_words)
    if one.large:
        st.warning(
            "So large a group changes where training goes, which this first-order account does not "
            "see. Mark it and verify.",
            icon=":material/warning:",
        )
    if one.p_value is not None:
        st.caption(
            f"A random group of {one.rows:,} rows would differ as much from the other rows with "
            f"probability {one.p_value:.2g}, if this one was not chosen by μ."
        )


def curve(found: GroupCurve, name: str, key: str) -> None:
    """The trade-off curve with its band."""
    curve_charts.trade_off([of_group(found, name)], alpha=EXAMPLE_ALPHA, key=key)
    st.caption(BAND_WORDS)


def look_at(run: api.Run, where: str) -> None:
    """The way to these rows on the Review page."""
    query = {"run": run.run_id, "filter_sql": where}
    if TARGET in run.targets:
        query["target"] = TARGET
    st.page_link(
        state.page("review"),
        label="Look at these rows",
        icon=":material/fact_check:",
        query_params=query,
    )
