"""The app's entry: page settings, navigation, and nothing else."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components.sidebar import sidebar
from finine_app.views import compare, data, export, review, run

st.set_page_config(page_title="finine", page_icon=":material/filter_alt:", layout="wide")

# A home with results opens on them; an empty one on the page where work begins.
first = "review" if state.run_ids() else "data"

# The order of work. A page is one file in views/ with a function `render`.
PAGES = {
    "data": st.Page(data.render, title="Data", icon=":material/table:", url_path="data",
                    default=first == "data"),
    "run": st.Page(run.render, title="Run", icon=":material/play_arrow:", url_path="run"),
    "review": st.Page(review.render, title="Review", icon=":material/fact_check:",
                      url_path="review", default=first == "review"),
    "compare": st.Page(compare.render, title="Compare", icon=":material/compare_arrows:",
                       url_path="compare"),
    "export": st.Page(export.render, title="Export", icon=":material/download:",
                      url_path="export"),
}  # fmt: skip

state.remember_pages(PAGES)
page = st.navigation(list(PAGES.values()))
sidebar()
page.run()
