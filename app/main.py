"""The app's entry: page settings, who may come in, navigation, and nothing else."""

from __future__ import annotations

import os

import streamlit as st

from finine_app import state, theme
from finine_app.components.entry import let_in
from finine_app.components.remember import write_cookies
from finine_app.components.run.start import forget_start
from finine_app.components.sidebar import sidebar
from finine_app.components.tour import tour
from finine_app.views import (
    compare,
    data,
    export,
    glossary,
    groups,
    map,
    review,
    run,
    start,
    verify,
)
from finine_core.runs import NO_CODE

os.environ[NO_CODE] = "1"  # what a browser starts imports no code that a run names

st.set_page_config(page_title="finine", page_icon=theme.icon(), layout="wide")

# The order of work. A page is one file in views/ with a function `render`.
PAGES = {
    # The default page has no address but "/": a hidden one, so that all others are links.
    "start": st.Page(start.render, title="finine", default=True, visibility="hidden"),
    "data": st.Page(data.render, title="Data", icon=":material/table:", url_path="data"),
    "run": st.Page(run.render, title="Run", icon=":material/play_arrow:", url_path="run"),
    "review": st.Page(review.render, title="Review", icon=":material/fact_check:",
                      url_path="review"),
    "groups": st.Page(groups.render, title="Groups", icon=":material/workspaces:",
                      url_path="groups"),
    "map": st.Page(map.render, title="Map", icon=":material/scatter_plot:", url_path="map"),
    "compare": st.Page(compare.render, title="Compare", icon=":material/compare_arrows:",
                       url_path="compare"),
    "verify": st.Page(verify.render, title="Verify", icon=":material/science:",
                      url_path="verify"),
    "export": st.Page(export.render, title="Export", icon=":material/download:",
                      url_path="export"),
    "glossary": st.Page(glossary.render, title="Glossary", url_path="glossary",
                        visibility="hidden"),
}  # fmt: skip

state.remember_pages(PAGES)
allowed = let_in()
page = st.navigation(list(PAGES.values()), position="sidebar" if allowed else "hidden")
theme.focus_ring()
if allowed:
    sidebar()
    with st.container():  # there with and without a card, so that nothing below moves its place
        tour(page.url_path)
    page.run()
    write_cookies()
    forget_start()
