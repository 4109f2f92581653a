"""What the sidebar says, and how choosing a run there changes every page."""

from __future__ import annotations

from pathlib import Path

import pytest

from finine_core.runs import RunConfig, create_run
from tests.app.looking import FLIPS, healthy, words


def test_the_sidebar_names_the_run_and_the_reviewer_and_explains_the_words(app, own_run):
    page = healthy(app(own_run.home, "export").run())
    chooser = page.sidebar.selectbox(key="run_choice")
    assert chooser.value == own_run.run_id
    assert chooser.options[0].startswith("✓ flips · ")
    assert page.query_params["run"] == own_run.run_id, "the view is a link"
    page.sidebar.text_input(key="reviewer_name").set_value(" ann ").run()
    assert page.session_state["_reviewer"] == "ann"
    explained = "\n".join(one.value for one in page.sidebar.markdown)
    for word in ("μ", "Trade-off curve", "Type I error", "Type II error", "Target validation"):
        assert word in explained


def test_choosing_a_run_in_the_sidebar_changes_every_page(app, own_run):
    other = create_run(own_run.home, RunConfig(data=str(FLIPS.path), label=FLIPS.label), "other")
    page = app(own_run.home, "export").run()
    assert page.sidebar.selectbox(key="run_choice").value == other.run_id, "the newest"
    assert "has no scores" in page.error[0].value
    page.sidebar.selectbox(key="run_choice").set_value(own_run.run_id).run()
    assert page.query_params["run"] == own_run.run_id
    assert "flips" in words(healthy(page))
    assert not page.error


@pytest.mark.parametrize("page", ["data", "run", "export"])
def test_a_damaged_run_does_not_take_the_pages_down(app, own_run, page):
    Path(own_run.folder.path / "run.json").write_text("{")
    opened = healthy(app(own_run.home, page).run())
    assert "cannot be read" in words(opened) + "".join(one.value for one in opened.sidebar.caption)
