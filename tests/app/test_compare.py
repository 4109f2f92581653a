"""The Compare page on a real run, and both pages when there is nothing to show."""

from __future__ import annotations

import shutil

import pytest

from finine_app.components.named_curve import of_row
from finine_app.components.words import pair_words
from finine_app.state import Pin
from finine_core import api
from finine_core.runs import State
from finine_core.tradeoff import gaussian_beta
from tests.app.looking import button, healthy, ranked, said, table


@pytest.fixture
def compare(app, own_run):
    """The Compare page, opened on a run of this test."""
    page = app(own_run.home, "compare").run()
    assert not page.exception
    return page


def test_the_top_three_are_pinned_with_their_misses_at_the_chosen_alpha(compare, own_run):
    assert "No rows are pinned yet" in said(compare)
    button(compare, "compare_top").click().run()
    table = next(one.value for one in compare.dataframe if "β, Gaussian" in one.value.columns)
    top = ranked(own_run, "self")[:3]
    assert table["pinned"].tolist() == [f"row {row}" for row in top]
    compare.slider(key="compare_alpha").set_value(0.2).run()
    table = next(one.value for one in compare.dataframe if "β, Gaussian" in one.value.columns)
    curves = [own_run.curve(row) for row in top]
    assert table["β at α = 0.20"].tolist() == pytest.approx(
        [float(one.curve().at(0.2)) for one in curves]
    )
    assert table["β, Gaussian"].tolist() == pytest.approx(
        [float(gaussian_beta(one.mu, 0.2)) for one in curves]
    )
    assert pair_words(of_row(curves[0]), of_row(curves[1])) in said(compare)


def test_rows_are_added_by_number_and_removed_and_a_wrong_number_is_explained(compare, own_run):
    row = ranked(own_run, "self")[5]
    compare.number_input(key="compare_add").set_value(row).run()
    assert compare.multiselect(key="compare_pins").value == [Pin(row)]
    compare.number_input(key="compare_add").set_value(10_000).run()
    assert "There is no row 10000" in said(compare)
    assert compare.multiselect(key="compare_pins").value == [Pin(row)]
    compare.multiselect(key="compare_pins").set_value([]).run()
    assert "No rows are pinned yet" in said(compare)


def test_no_more_than_ten_rows_are_pinned(app, own_run):
    rows = ranked(own_run, "self")[:11]
    page = app(own_run.home, "compare")
    page.query_params["pins"] = ",".join(map(str, rows[:10]))
    page.run()
    page.number_input(key="compare_add").set_value(rows[10]).run()
    assert "10 are pinned already" in page.error[0].value
    assert len(page.multiselect(key="compare_pins").value) == 10


@pytest.mark.parametrize("name", ["review", "compare"])
def test_without_a_run_the_page_leads_to_the_data(app, tmp_path, name):
    page = app(tmp_path / "empty", name).run()
    assert not page.exception
    assert "No run yet" in said(page)


@pytest.mark.parametrize("name", ["review", "compare"])
def test_a_run_that_is_not_finished_leads_to_the_run_page(app, own_run, name):
    own_run.folder.write_state(State.FAILED, "The disk is full.")
    page = app(own_run.home, name).run()
    assert not page.exception
    assert "failed" in said(page)
    assert "The disk is full" in said(page)


def test_a_run_whose_scores_are_gone_is_a_message_and_no_crash(app, own_run):
    own_run.folder.scores.unlink()
    page = app(own_run.home, "review").run()
    assert not page.exception
    assert page.error


def test_another_home_with_the_same_run_is_not_mixed_up(app, own_run, tmp_path):
    shutil.copytree(own_run.home, tmp_path / "other")
    other = api.open_run(own_run.run_id, tmp_path / "other")
    button(app(own_run.home, "review").run(), "mark_delete").click().run()
    page = app(other.home, "review").run()
    assert "0 delete" in said(page)


def test_what_the_pinned_rows_say_stands_side_by_side_where_they_differ_first(app, own_run):
    rows = own_run.review().row_numbers(target="self", top=2).tolist()
    page = app(own_run.home, "compare")
    page.query_params["pins"] = ",".join(map(str, rows))
    page.run()
    shown = table(healthy(page), "column")
    lines = own_run.review().lines(rows, target="self", with_data=True).to_pylist()
    by_column = shown.set_index("column")
    assert by_column.loc["mean radius"].tolist() == [f"{one['mean radius']:.6g}" for one in lines]
    differ = (shown[f"row {rows[0]}"] != shown[f"row {rows[1]}"]).tolist()
    assert differ == sorted(differ, reverse=True)
