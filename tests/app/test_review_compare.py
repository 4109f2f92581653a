"""The Review and Compare pages on a real run: finding rows, deciding, taking back, comparing."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from finine_app import theme
from finine_app.components.reader import Content, data_name, preview
from finine_app.components.review.filters import Filter
from finine_app.components.words import EXAMPLE_ALPHA, miss_words, pair_words
from finine_core import api
from finine_core.influence import RowCurve
from finine_core.runs import State
from finine_core.tradeoff import gaussian_beta


@pytest.fixture
def review(app, own_run):
    """The Review page, opened on a run of this test."""
    page = app(own_run.home, "review").run()
    assert not page.exception
    return page


@pytest.fixture
def compare(app, own_run):
    """The Compare page, opened on a run of this test."""
    page = app(own_run.home, "compare").run()
    assert not page.exception
    return page


def button(page, key):
    """The button of that key; a button that is bound to a row has the row's number behind it."""
    found = [one for one in page.button if one.key == key or _bound(one.key, key)]
    assert len(found) == 1, f"{key}: {[one.key for one in page.button]}"
    return found[0]


def _bound(name, key):
    return bool(name) and name.startswith(f"{key}_") and name.removeprefix(f"{key}_").isdecimal()


def shown_row(page):
    """The row that the buttons are bound to."""
    return int(button(page, "mark_delete").key.removeprefix("mark_delete_"))


def listed(page):
    """The table of ranked rows: the dataframe with ranks."""
    return next(one.value for one in page.dataframe if "rank" in one.value.columns)


def said(page):
    """All text of the page."""
    kinds = (page.markdown, page.caption, page.info, page.error, page.text)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def in_address(page, name):
    value = page.query_params[name]
    return value[0] if isinstance(value, list) else value


def ranked(run, target="self"):
    return run.scores(target)["row_number"].tolist()


# --- the list ---


def test_the_most_suspicious_rows_come_first_with_interval_and_baseline(review, own_run):
    table = listed(review)
    assert table["row_number"].tolist() == ranked(own_run)[:25]
    assert table["rank"].tolist() == list(range(1, 26))
    best = own_run.scores(top=1).iloc[0]
    assert table["interval"][0] == f"{best['mu_low']:.2f} … {best['mu_high']:.2f}"
    assert table["mean_loss"][0] == pytest.approx(best["mean_loss"])
    assert f"{len(ranked(own_run)):,} of {len(ranked(own_run)):,} rows" in said(review)


def test_the_other_target_ranks_the_most_harmful_rows_first(review, own_run):
    review.button_group(key="review_target").set_value("validation").run()
    assert listed(review)["row_number"].tolist() == ranked(own_run, "validation")[:25]
    assert "Far below 0 is suspicious" in said(review)


def test_filters_narrow_the_list_and_say_how_many_rows_are_left(review, own_run):
    review.toggle(key="filter_disagree").set_value(True).run()
    wanted = own_run.scores(where="label <> predicted")["row_number"].tolist()
    assert 0 < len(wanted) < len(ranked(own_run))
    assert listed(review)["row_number"].tolist() == wanted[:25]
    assert f"**{len(wanted):,} of {len(ranked(own_run)):,} rows**" in said(review)

    review.selectbox(key="filter_label").set_value("benign").run()
    assert set(listed(review)["label"]) == {"benign"}
    review.text_input(key="filter_sql").set_value("mu > 1e9").run()
    assert "No row meets the filter" in said(review)
    button(review, "filter_clear").click().run()
    assert listed(review)["row_number"].tolist() == ranked(own_run)[:25]


def test_text_is_searched_in_every_column_whatever_its_case(review):
    review.text_input(key="filter_text").set_value("BC-010").run()
    assert all("bc-010" in row_id for row_id in listed(review)["row_id"])


def test_a_wrong_sql_condition_is_answered_with_its_mend_and_no_list(review):
    review.text_input(key="filter_sql").set_value("muu > 1").run()
    assert not review.exception
    assert "muu" in review.error[0].value
    assert "Columns" in review.error[0].value
    assert not any("rank" in one.value.columns for one in review.dataframe)
    assert not any((one.key or "").startswith(("mark_", "bulk_")) for one in review.button)


def test_sorting_and_pages_are_made_on_the_server(review, own_run):
    review.selectbox(key="sort_by").set_value("mean loss, largest first").run()
    wanted = own_run.scores().sort_values(["mean_loss", "rank"], ascending=[False, True])
    assert listed(review)["row_number"].tolist() == wanted["row_number"].tolist()[:25]
    review.session_state["page_number"] = 2
    review.run()
    assert listed(review)["row_number"].tolist() == wanted["row_number"].tolist()[25:50]
    review.selectbox(key="page_size").set_value(50).run()
    assert len(listed(review)) == 50


# --- one row ---


def test_the_shown_row_is_known_by_its_number_when_its_place_changes(app, own_run):
    wanted = ranked(own_run)[4]
    review = app(own_run.home, "review")
    review.query_params["row"] = str(wanted)
    review.run()
    assert review.session_state["review_table"]["selection"]["rows"] == [4]
    label = own_run.scores(where=f"row_number = {wanted}")["label"][0]
    review.selectbox(key="filter_label").set_value(label).run()
    place = listed(review)["row_number"].tolist().index(wanted)
    assert place < 4, "rows of the other label are gone from before it"
    assert shown_row(review) == wanted
    assert review.session_state["review_table"]["selection"]["rows"] == [place]


def test_a_link_to_a_row_opens_it_with_all_its_values_and_its_curve_in_words(app, own_run):
    row = ranked(own_run)[40]
    page = app(own_run.home, "review")
    page.query_params["row"] = str(row)
    page.run()
    assert shown_row(page) == row
    values = next(one.value for one in page.dataframe if "feature" in one.value.columns)
    assert len(values) == 30
    assert miss_words(own_run.curve(row), EXAMPLE_ALPHA) in said(page)
    assert "does not contain how μ varies from one training seed" in said(page)


def test_a_link_to_a_held_out_row_says_why_it_has_no_influence(app, own_run):
    held_out = min(set(range(569)) - set(ranked(own_run)))
    page = app(own_run.home, "review")
    page.query_params["row"] = str(held_out)
    page.run()
    assert not page.exception
    assert "held out for validation" in said(page)


# --- deciding ---


def test_a_decision_is_logged_on_the_shown_row_and_the_next_row_comes(review, own_run):
    first, second, third = ranked(own_run)[:3]
    assert shown_row(review) == first
    review.selectbox(key="reason").set_value("wrong label").run()
    review.text_input(key=f"reason_note_{first}").set_value("looks malignant").run()
    button(review, "mark_delete").click().run()
    assert f"Row {first} marked for deletion" in said(review)
    assert shown_row(review) == second
    button(review, "mark_keep").click().run()
    button(review, "mark_review").click().run()
    marked = own_run.log.current().to_pylist()
    assert {one["row_number"]: one["decision"] for one in marked} == {
        first: "delete",
        second: "keep",
        third: "review",
    }
    reasons = {one["row_number"]: one["reason"] for one in marked}
    assert reasons[first] == "wrong label: looks malignant"
    assert reasons[second] == "", "a row that is kept has no fault"
    assert "1 delete · 1 keep · 1 review" in said(review)
    assert listed(review)["decision"].tolist()[:3] == [
        theme.DECISION_SIGN[one] for one in ("delete", "keep", "review")
    ]


def test_undo_and_redo_take_the_decision_back_and_show_its_row(review, own_run):
    first = ranked(own_run)[0]
    button(review, "mark_delete").click().run()
    button(review, "undo").click().run()
    assert own_run.log.current().num_rows == 0
    assert shown_row(review) == first
    assert f"Undone: row {first}" in said(review)
    button(review, "redo").click().run()
    assert own_run.log.counts()["delete"] == 1
    button(review, "undo").click().run()
    button(review, "undo").click().run()
    assert "nothing to undo" in said(review)


def test_the_same_press_delivered_twice_marks_once(own_run, monkeypatch):
    """Streamlit may run a callback again that another press has cut short."""
    from finine_app.components.review import decide

    kept = {}
    monkeypatch.setattr(decide.st, "session_state", kept)
    monkeypatch.setattr(decide.state, "note_action", lambda _: None)
    monkeypatch.setattr(decide, "go_to", lambda *_: None)
    seen = own_run.log.version()
    kept[decide._DRAWN] = 3
    decide._mark(own_run, 3, "delete", None, seen)
    decide._mark(own_run, 3, "delete", None, seen)
    assert len(own_run.decisions()) == 1
    seen = own_run.log.version()
    decide._flip(own_run, "undo", seen)
    decide._flip(own_run, "undo", seen)
    assert [one.kind for one in own_run.decisions()] == ["mark", "undo"]


def test_a_press_on_the_picture_of_a_row_that_is_gone_marks_nothing(own_run, monkeypatch):
    from finine_app.components.review import decide

    gone_to = []
    monkeypatch.setattr(decide.st, "session_state", {decide._DRAWN: 8})
    monkeypatch.setattr(decide, "go_to", lambda row, _: gone_to.append(row))
    decide._mark(own_run, 3, "delete", 8, own_run.log.version())
    assert own_run.decisions() == []
    assert gone_to == [8]


def test_next_and_previous_go_on_over_the_end_of_a_page(app, own_run):
    rows = ranked(own_run)
    review = app(own_run.home, "review")
    review.session_state["page_number"] = 2
    review.query_params["row"] = str(rows[25])
    review.run()
    button(review, "previous_row").click().run()
    assert shown_row(review) == rows[24]
    assert listed(review)["row_number"].tolist() == rows[:25]
    button(review, "next_row").click().run()
    assert shown_row(review) == rows[25]
    assert listed(review)["row_number"].tolist() == rows[25:50]


def test_a_row_leaves_the_list_of_the_undecided_when_it_is_decided(review, own_run):
    first, second, third = ranked(own_run)[:3]
    review.selectbox(key="filter_decision").set_value("undecided").run()
    button(review, "mark_keep").click().run()
    assert listed(review)["row_number"].tolist()[:2] == [second, third]
    assert shown_row(review) == second
    assert first not in listed(review)["row_number"].tolist()


def test_a_bulk_decision_needs_a_look_and_a_confirmation(review, own_run):
    review.toggle(key="filter_disagree").set_value(True).run()
    wanted = own_run.scores(where="label <> predicted")["row_number"]
    review.selectbox(key="bulk_decision").set_value("delete").run()
    assert own_run.decisions() == [], "choosing is not yet marking"
    preview_table = next(
        o.value for o in review.dataframe if "rows in this list" in o.value.columns
    )
    assert preview_table["rows in this list"].sum() == len(wanted)
    apply = next(one for one in review.button if (one.key or "").startswith("bulk_apply"))
    assert f"{len(wanted):,} rows" in apply.label
    apply.click().run()
    marked = own_run.log.current()
    assert sorted(marked["row_number"].to_pylist()) == sorted(wanted)
    assert own_run.decisions()[0].selection == "label differs from prediction"
    button(review, "undo").click().run()
    assert own_run.log.current().num_rows == 0, "one undo brings all of them back"


# --- comparing ---


def test_pinned_rows_are_compared_and_are_part_of_the_address(review, own_run):
    rows = ranked(own_run)[:2]
    button(review, "pin_row").click().run()
    assert in_address(review, "pins") == str(rows[0])
    button(review, "next_row").click().run()
    button(review, "pin_row").click().run()
    assert in_address(review, "pins") == ",".join(map(str, rows))
    button(review, "pin_row").click().run()
    assert in_address(review, "pins") == str(rows[0]), "pressed again, it unpins"


def test_the_top_three_are_pinned_with_their_misses_at_the_chosen_alpha(compare, own_run):
    assert "No rows are pinned yet" in said(compare)
    button(compare, "compare_top").click().run()
    table = next(one.value for one in compare.dataframe if "β, Gaussian" in one.value.columns)
    top = ranked(own_run)[:3]
    assert table["row"].tolist() == top
    compare.slider(key="compare_alpha").set_value(0.2).run()
    table = next(one.value for one in compare.dataframe if "β, Gaussian" in one.value.columns)
    curves = [own_run.curve(row) for row in top]
    assert table["β at α = 0.20"].tolist() == pytest.approx(
        [float(one.curve().at(0.2)) for one in curves]
    )
    assert table["β, Gaussian"].tolist() == pytest.approx(
        [float(gaussian_beta(one.mu, 0.2)) for one in curves]
    )
    assert pair_words(curves[0], curves[1]) in said(compare)


def test_rows_are_added_by_number_and_removed_and_a_wrong_number_is_explained(compare, own_run):
    row = ranked(own_run)[5]
    compare.number_input(key="compare_add").set_value(row).run()
    assert compare.multiselect(key="compare_pins").value == [row]
    compare.number_input(key="compare_add").set_value(10_000).run()
    assert "There is no row 10000" in said(compare)
    assert compare.multiselect(key="compare_pins").value == [row]
    compare.multiselect(key="compare_pins").set_value([]).run()
    assert "No rows are pinned yet" in said(compare)


def test_no_more_than_ten_rows_are_pinned(app, own_run):
    rows = ranked(own_run)[:11]
    page = app(own_run.home, "compare")
    page.query_params["pins"] = ",".join(map(str, rows[:10]))
    page.run()
    page.number_input(key="compare_add").set_value(rows[10]).run()
    assert "10 rows are pinned already" in page.error[0].value
    assert len(page.multiselect(key="compare_pins").value) == 10


# --- when there is nothing to show ---


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


# --- words and looks ---


def curve_of(row, mu, beta=None):
    alpha = np.linspace(0, 1, 201)
    smooth = gaussian_beta(mu, alpha)
    return RowCurve(row, "self", mu, mu, mu, alpha, smooth if beta is None else beta, smooth)


def test_pairs_are_told_as_dominating_equal_or_crossing():
    weak, strong = curve_of(1, 0.5), curve_of(2, 2.0)
    assert "Row 2** is easier to detect than **row 1" in pair_words(weak, strong)
    assert "Row 2** is easier to detect than **row 1" in pair_words(strong, weak)
    assert "cannot be told apart" in pair_words(weak, dataclasses.replace(weak, row_number=3))
    alpha = weak.alpha
    steep = np.maximum(0.5 - 0.5 * alpha, 0.0)  # easy for a strict tester, hard for a lax one
    bent = np.maximum(1 - 2.5 * alpha, 0.0)
    words = pair_words(curve_of(4, 1, steep), curve_of(5, 1, bent))
    assert "cross at α ≈ 0.25" in words
    assert "a stricter tester detects row 4 more easily" in words


def test_odd_filters_become_sql_that_says_what_they_say():
    where = Filter(text="it's", label='"', mu_max=-0.5, sql="mu > 1 -- note").where(["text"])
    assert "'it''s'" in where
    assert where.endswith("\nmu > 1 -- note\n)"), "a comment must not swallow the bracket"


def test_a_preview_is_one_short_line():
    line = {"text": "line one\nline two " * 1000}
    assert len(preview(line, Content(("text",), (), ()))) == 40
    assert "\n" not in preview(line, Content(("text",), (), ()))
    assert data_name(["mu", "data_label"], "label") == "data_label"


@pytest.mark.parametrize(
    ("lines", "ground"),
    [(theme.LINES_LIGHT, theme.GROUND_LIGHT), (theme.LINES_DARK, theme.GROUND_DARK)],
)
def test_every_line_stands_out_from_its_ground_by_three_to_one(lines, ground):
    def luminance(colour):
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for colour in lines:
        high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3, colour
