"""Where does the plain address lead? To the results where there are any, else to the data."""

from __future__ import annotations

import streamlit as st

from finine_app import state


def render() -> None:
    """Go on to the page that fits the home; what the address says of the view is kept."""
    page = state.page("review" if state.run_ids() else "data")
    st.switch_page(page, query_params=st.query_params.to_dict())
