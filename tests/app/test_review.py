"""The Review page on a real run: finding rows, deciding, taking back."""

from __future__ import annotations

import pytest

from finine_app import theme
from finine_app.components.words import EXAMPLE_ALPHA, miss_words
from tests.app.looking import button, in_address, listed, ranked, said, selected, shown_row


@pytest.fixture
def review(app, own_run):
    """The Review page, opened on a run of this test."""
    page = app(own_run.home, "review").run()
    assert not page.exception
    return page


def test_the_most_suspicious_rows_come_first_with_interval_and_baseline(review, own_run):
    table = listed(review)
    assert table["row_number"].tolist() == ranked(own_run)[:25]
    assert table["rank"].tolist() == list(range(1, 26))
    best = own_run.scores(by="suspicion", top=1).iloc[0]
    assert table["interval"][0] == f"{best['mu_low']:.2f} … {best['mu_high']:.2f}"
    assert table["mean_loss"][0] == pytest.approx(best["mean_loss"])
    assert f"{len(ranked(own_run)):,} of {len(ranked(own_run)):,} rows" in said(review)


def test_the_other_target_ranks_the_most_harmful_rows_first(review, own_run):
    review.button_group(key="review_target").set_value("validation").run()
    assert listed(review)["row_number"].tolist() == ranked(own_run, "validation")[:25]
    assert "Far below 0 is suspicious" in said(review)


def test_filters_narrow_the_list_and_say_how_many_rows_are_left(review, own_run):
    review.toggle(key="filter_disagree").set_value(True).run()
    wanted = own_run.scores(by="suspicion", where="label <> predicted")["row_number"].tolist()
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
    wanted = own_run.scores(by="suspicion")
    wanted = wanted.sort_values(["mean_loss", "rank"], ascending=[False, True])
    assert listed(review)["row_number"].tolist() == wanted["row_number"].tolist()[:25]
    review.session_state["page_number"] = 2
    review.run()
    assert listed(review)["row_number"].tolist() == wanted["row_number"].tolist()[25:50]
    review.selectbox(key="page_size").set_value(50).run()
    assert len(listed(review)) == 50


def test_the_shown_row_is_known_by_its_number_when_its_place_changes(app, own_run):
    wanted = ranked(own_run)[4]
    review = app(own_run.home, "review")
    review.query_params["row"] = str(wanted)
    review.run()
    assert selected(review) == [4]
    label = own_run.scores(by="suspicion", where=f"row_number = {wanted}")["label"][0]
    review.selectbox(key="filter_label").set_value(label).run()
    place = listed(review)["row_number"].tolist().index(wanted)
    assert place < 4, "rows of the other label are gone from before it"
    assert shown_row(review) == wanted
    assert selected(review) == [place]


def test_a_link_to_a_row_opens_it_with_all_its_values_and_its_curve_in_words(app, own_run):
    row = ranked(own_run)[40]
    page = app(own_run.home, "review")
    page.query_params["row"] = str(row)
    page.run()
    assert shown_row(page) == row
    values = next(one.value for one in page.dataframe if "feature" in one.value.columns)
    assert len(values) == 30
    assert miss_words(own_run.curve(row), EXAMPLE_ALPHA) in said(page)
    assert "held against real retraining" in said(page)


def test_a_link_to_a_held_out_row_says_why_it_has_no_influence(app, own_run):
    held_out = min(set(range(569)) - set(ranked(own_run, "self")))
    page = app(own_run.home, "review")
    page.query_params["row"] = str(held_out)
    page.run()
    assert not page.exception
    assert shown_row(page) == held_out
    assert "was held out: the model was not trained on it, so it has no influence" in said(page)
    assert "Suspicion" in said(page), "its label is judged all the same"


def test_a_decision_is_logged_on_the_shown_row_and_the_next_row_comes(review, own_run):
    first, second, third = ranked(own_run)[:3]
    assert shown_row(review) == first
    button(review, "reason_1").click().run()
    assert "✓ wrong label" in [one.label for one in review.button]
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
    wanted = own_run.scores(by="suspicion", where="label <> predicted")["row_number"]
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


def test_pinned_rows_are_compared_and_are_part_of_the_address(review, own_run):
    rows = ranked(own_run)[:2]
    button(review, "pin_row").click().run()
    assert in_address(review, "pins") == str(rows[0])
    button(review, "next_row").click().run()
    button(review, "pin_row").click().run()
    assert in_address(review, "pins") == ",".join(map(str, rows))
    button(review, "pin_row").click().run()
    assert in_address(review, "pins") == str(rows[0]), "pressed again, it unpins"
