"""The Review page's lists, corrected labels, and how a row compares with others."""

from __future__ import annotations

import pytest

from tests.app.looking import (
    button,
    healthy,
    in_address,
    listed,
    ranked,
    said,
    selected,
    shown_row,
    words,
)


@pytest.fixture
def review(app, own_run):
    return healthy(app(own_run.home, "review").run())


def at_row(app, run, row):
    page = app(run.home, "review")
    page.query_params["row"] = str(row)
    return healthy(page.run())


def tab(page):
    return page.button_group(key="review_tab")


def test_each_list_has_its_rows_and_its_count(review, own_run):
    suspicious = own_run.scores(by="suspicion", where="suspicious")["row_number"].tolist()
    assert 0 < len(suspicious) < len(ranked(own_run))
    labels = tab(review).options
    assert f"All {len(ranked(own_run))}" in str(labels)
    assert f"Suspicious 0 / {len(suspicious)}" in str(labels)
    tab(review).set_value("suspicious").run()
    assert in_address(review, "tab") == "suspicious"
    assert listed(review)["row_number"].tolist() == suspicious[:25]
    bar = review.get("progress")[0].proto
    assert bar.text == f"0 of {len(suspicious)} suspicious rows decided"

    button(review, "mark_delete").click().run()
    button(review, "mark_keep").click().run()
    assert f"Suspicious 2 / {len(suspicious)}" in str(tab(review).options)
    for name, rows in (
        ("marked", suspicious[:2]), ("kept", suspicious[1:2]), ("trash", suspicious[:1])
    ):  # fmt: skip
        tab(review).set_value(name).run()
        assert listed(healthy(review))["row_number"].tolist() == rows


def test_a_row_is_restored_from_the_trash(review, own_run):
    first = ranked(own_run)[0]
    button(review, "mark_delete").click().run()
    tab(review).set_value("trash").run()
    assert shown_row(review) == first
    button(review, "mark_clear").click().run()
    assert own_run.log.current().num_rows == 0
    assert "Nothing is marked for deletion" in said(review)


def test_a_bulk_decision_on_a_list_takes_its_rows_and_says_which_list(review, own_run):
    suspicious = own_run.scores(by="suspicion", where="suspicious")["row_number"].tolist()
    tab(review).set_value("suspicious").run()
    review.selectbox(key="bulk_decision").set_value("review").run()
    apply = next(one for one in review.button if (one.key or "").startswith("bulk_apply"))
    apply.click().run()
    assert sorted(own_run.log.current()["row_number"].to_pylist()) == sorted(suspicious)
    assert own_run.decisions()[0].selection == "list Suspicious, all rows"


def test_the_suggested_label_is_taken_with_one_press_and_undone_with_another(app, own_run):
    line = own_run.scores(by="suspicion", where="suggested_label <> ''").iloc[0]
    row = int(line["row_number"])
    review = at_row(app, own_run, row)
    offered = button(review, "mark_relabel")
    assert offered.label == f"Correct to {line['suggested_label']}"
    offered.click().run()
    (mark,) = own_run.log.current().to_pylist()
    assert (mark["row_number"], mark["decision"], mark["label"]) == (
        row, "relabel", line["suggested_label"],
    )  # fmt: skip
    assert f"given a corrected label: {line['suggested_label']}" in said(review)
    button(review, "undo").click().run()
    assert own_run.log.current().num_rows == 0
    assert shown_row(review) == row


def test_any_other_label_can_be_chosen_and_none_is_suggested_where_the_model_agrees(app, own_run):
    row = int(own_run.scores(by="suspicion", where="suggested_label = ''")["row_number"].iloc[0])
    review = at_row(app, own_run, row)
    assert not any((one.key or "").startswith("mark_relabel") for one in review.button)
    review.selectbox(key=f"relabel_to_{row}").select_index(0).run()
    button(review, "relabel_other").click().run()
    (mark,) = own_run.log.current().to_pylist()
    label = own_run.scores(by="suspicion", where=f"row_number = {row}")["label"][0]
    assert mark["label"] in {"benign", "malignant"} - {label}


def test_one_goes_on_where_the_review_was_left(app, own_run):
    rows = ranked(own_run)
    own_run.mark(rows=rows[:30], decision="keep")
    page = healthy(app(own_run.home, "review").run())
    assert shown_row(page) == rows[0]
    button(page, "continue").click().run()
    assert shown_row(page) == rows[30], "the first row of the list that nobody decided on"
    assert listed(page)["row_number"].tolist() == rows[25:50], "and its page is turned to"
    own_run.mark(rows=rows[30:], decision="keep")
    page.run()
    button(page, "continue").click().run()
    assert "Every row of this list has a decision" in said(page)


def test_a_condition_is_put_together_without_sql(review, own_run):
    review.selectbox(key="add_column").set_value("mean radius").run()
    review.number_input(key="add_value_mean radius").set_value(15.0).run()
    button(review, "add_condition").click().run()
    assert review.text_input(key="filter_sql").value == '"mean radius" >= 15.0'
    review.selectbox(key="add_column").set_value("label").run()
    review.selectbox(key="add_sign_label").set_value("≠").run()
    review.text_input(key="add_value_label").set_value("benign").run()
    button(review, "add_condition").click().run()
    wanted = own_run.scores(by="suspicion", where="\"mean radius\" >= 15 AND label <> 'benign'")
    assert listed(healthy(review))["row_number"].tolist() == wanted["row_number"].tolist()[:25]


def test_the_list_sorts_by_any_column_both_ways(review, own_run):
    review.selectbox(key="sort_by").set_value("mean radius").run()
    table = own_run.review()
    for descending in (True, False):
        wanted = table.row_numbers(
            target="suspicion", order_by="mean radius", descending=descending
        )
        assert listed(review)["row_number"].tolist() == wanted[:25].tolist()
        review.toggle(key="sort_reverse").set_value(True).run()


def test_values_are_compared_with_the_label_and_the_most_unusual_come_first(review):
    values = next(one.value for one in review.dataframe if "feature" in one.value.columns)
    among = [name for name in values.columns if name.startswith("among ")]
    assert among
    odd = (2 * values[among[0]] - 1).abs().tolist()
    assert odd == sorted(odd, reverse=True)


def test_the_nearest_rows_are_shown_with_their_labels(review, own_run):
    row = shown_row(review)
    nearest = own_run.neighbours(row, 6)
    table = next(one.value for one in review.dataframe if "distance" in one.value.columns)
    assert table["row"].tolist() == nearest["row_number"].tolist()
    assert "nearest rows" in said(review)


def test_a_list_is_corrected_to_what_the_model_suggests_and_each_label_is_undone(review, own_run):
    suggested = own_run.scores(by="suspicion", where="suggested_label <> ''")
    suggested = suggested.set_index("row_number")
    review.selectbox(key="bulk_decision").set_value("relabel").run()
    apply = next(one for one in review.button if (one.key or "").startswith("bulk_apply"))
    assert f"{len(suggested):,} rows" in apply.label
    apply.click().run()
    marks = {one["row_number"]: one["label"] for one in own_run.log.current().to_pylist()}
    assert marks == suggested["suggested_label"].to_dict()
    for _ in set(marks.values()):
        button(review, "undo").click().run()
    assert own_run.log.current().num_rows == 0


def test_who_comes_back_is_told_what_undo_takes_back_and_goes_on_with_what_is_left(app, own_run):
    rows = own_run.scores(by="suspicion", where="suspicious")["row_number"].tolist()
    own_run.mark(rows=rows[:2], decision="delete", reviewer="ben")
    page = healthy(app(own_run.home, "review").run())
    assert "Newest decision: 2 rows marked for deletion (ben" in said(page)
    button(page, "continue_suspicious").click().run()
    assert in_address(page, "tab") == "suspicious"
    assert shown_row(page) == rows[2]
    assert listed(page)["row_number"].tolist() == rows[2:27]


def test_a_corrected_label_stands_in_the_list(app, own_run):
    row = ranked(own_run)[0]
    given = own_run.scores(by="suspicion", top=1)["label"][0]
    label = {"benign": "malignant", "malignant": "benign"}[given]
    own_run.mark(rows=[row], decision="relabel", label=label)
    page = healthy(app(own_run.home, "review").run())
    assert listed(page)["decision"][0] == f"✎ → {label}"


def test_ticked_rows_of_two_pages_are_decided_on_in_one_step_and_undone_in_one(app, own_run):
    rows = own_run.review().row_numbers(target="suspicion").tolist()
    wanted = [rows[1], rows[3], rows[40]]  # the last is on another page
    page = app(own_run.home, "review").run()
    page.toggle(key="tick_several").set_value(True).run()
    assert "Tick rows in the first column" in words(page)
    page.session_state["_ticked_rows"] = (own_run.run_id, wanted)
    page.run()
    assert "3 rows ticked** (1 not on this page)" in words(page)
    assert selected(page) == [1, 3]
    button(page, "ticked_delete").click().run()
    assert own_run.log.current().column("row_number").to_pylist() == sorted(wanted)
    assert "3 ticked rows marked for deletion" in words(page)
    button(page, "undo").click().run()
    assert own_run.log.current().num_rows == 0
    assert "Tick rows in the first column" in words(healthy(page)), "they are not ticked again"


def test_ticked_rows_become_a_group(app, own_run):
    rows = own_run.review().row_numbers(target="suspicion", top=2).tolist()
    page = app(own_run.home, "review").run()
    page.toggle(key="tick_several").set_value(True).run()
    page.session_state["_ticked_rows"] = (own_run.run_id, rows)
    page.run()
    page.text_input(key="ticked_name").set_value("odd two").run()
    button(page, "ticked_save").click().run()
    (group,) = own_run.groups.all()
    assert (group.name, own_run.groups.rows_of(group.group_id).tolist()) == (
        "odd two",
        sorted(rows),
    )
    assert "Group odd two saved with 2 rows" in words(healthy(page))
