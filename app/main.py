"""The app's entry: page settings, who may come in, navigation, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module

import streamlit as st

from finine_app import state, theme
from finine_app.components.entry import let_in
from finine_app.components.messages import show_problem
from finine_app.components.remember import write_cookies
from finine_app.components.run.start import forget_start
from finine_app.components.sidebar import sidebar
from finine_app.components.tour import tour
from finine_core.errors import FinineError
from finine_core.runs import NO_CODE
from finine_core.told import told_of_files

os.environ[NO_CODE] = "1"  # what a browser starts imports no code that a run names

st.set_page_config(page_title="finine", page_icon=theme.icon(), layout="wide")


def render(page: str) -> Callable[[], None]:
    """The function that draws a page; its file in views/ is imported when the page is drawn.

    What a page does not tell itself of a file that is damaged or shut is told here.
    """

    def draw() -> None:
        try:
            with told_of_files():
                import_module(f"finine_app.views.{page}").render()
        except FinineError as error:
            show_problem(error)

    return draw


# The order of work. A page is one file in views/ with a function `render`.
PAGES = {
    # The default page has no address but "/": a hidden one, so that all others are links.
    "start": st.Page(render("start"), title="finine", default=True, visibility="hidden"),
    "data": st.Page(render("data"), title="Data", icon=":material/table:", url_path="data"),
    "run": st.Page(render("run"), title="Run", icon=":material/play_arrow:", url_path="run"),
    "review": st.Page(render("review"), title="Review", icon=":material/fact_check:",
                      url_path="review"),
    "groups": st.Page(render("groups"), title="Groups", icon=":material/workspaces:",
                      url_path="groups"),
    "map": st.Page(render("map"), title="Map", icon=":material/scatter_plot:", url_path="map"),
    "compare": st.Page(render("compare"), title="Compare", icon=":material/compare_arrows:",
                       url_path="compare"),
    "verify": st.Page(render("verify"), title="Verify", icon=":material/science:",
                      url_path="verify"),
    "export": st.Page(render("export"), title="Export", icon=":material/download:",
                      url_path="export"),
    "glossary": st.Page(render("glossary"), title="Glossary", url_path="glossary",
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
