"""Marks that land while a page is drawn, and presses that come before it has drawn the last one."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.runtime.scriptrunner import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from finine_app import state
from finine_app.components import pressing, reader
from finine_app.components.review import bulk, decide
from finine_core import api
from finine_core.curation.decisions import DecisionLog
from finine_core.errors import FinineError
from finine_core.verification import VerifyState
from tests.app.looking import FLIPS, button, healthy, ranked, said, shown_row


@pytest.fixture
def review(app, own_run):
    return healthy(app(own_run.home, "review").run())


def lands_after(monkeypatch, place, name, mark):
    """Let `mark` be made right after the page has read by that function, once."""
    read, left = getattr(place, name), [mark]

    def reads(*args, **kwargs):
        found = read(*args, **kwargs)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(place, name, reads)


@pytest.mark.parametrize(
    ("place", "name"),
    [(DecisionLog, "counts"), (reader, "tally"), (reader, "lines"), (reader, "curve")],
    ids=["counts", "lists", "rows", "curve"],
)
def test_a_mark_that_lands_while_the_page_is_drawn_is_shown_and_told(
    app, own_run, monkeypatch, place, name
):
    row = ranked(own_run)[0]
    page = healthy(app(own_run.home, "review").run())
    assert "0 delete" in said(page)
    lands_after(monkeypatch, place, name, lambda: own_run.log.mark([row], "delete", reviewer="ada"))
    # Before its end the page looks once whether it shows everything, as it does every few seconds.
    healthy(page.run())
    assert "1 delete" in said(page)
    assert "ada decided meanwhile" in said(page)


def test_decisions_of_others_are_told_whatever_the_page_is_drawn_for(review, own_run):
    first, second, third = ranked(own_run)[:3]
    own_run.log.mark([third], "keep", reviewer="ada")
    button(review, "mark_delete").click().run()
    assert f"Row {first} marked for deletion. ada decided meanwhile" in said(review)
    assert shown_row(review) == second
    healthy(review.run())
    assert "ada decided meanwhile" in said(review), "until the next action"
    button(review, "mark_keep").click().run()
    assert "meanwhile" not in said(review)


def test_undo_takes_nothing_back_that_was_not_seen(review, own_run):
    first, second = ranked(own_run)[:2]
    button(review, "mark_delete").click().run()
    own_run.log.mark([second], "keep", reviewer="ada")
    button(review, "undo").click().run()
    assert "Nothing was undone: ada decided meanwhile" in said(review)
    assert own_run.log.counts()["keep"] == 1
    button(review, "undo").click().run()
    assert own_run.log.counts()["keep"] == 0, "now it was seen"
    assert own_run.log.current()["row_number"].to_pylist() == [first]


def test_the_same_decision_of_two_people_is_in_the_log_of_both(review, own_run):
    first = ranked(own_run)[0]
    own_run.log.mark([first], "delete", reviewer="ada", selection=f"rows {first}")
    button(review, "mark_delete").click().run()
    ours, others = own_run.decisions()[1], own_run.decisions()[0]
    assert (ours.decision, ours.selection) == (others.decision, others.selection)
    assert ours.reviewer != others.reviewer == "ada"


def test_presses_on_one_picture_decide_on_its_row_and_the_last_one_holds(own_run, monkeypatch):
    monkeypatch.setattr(decide.st, "session_state", {decide._DRAWN: 3})
    monkeypatch.setattr(decide, "go_to", lambda *_: None)
    seen = own_run.log.version()
    for word in ("delete", "delete", "keep", "delete"):
        decide._mark(own_run, 3, word, 8, seen)
    assert [one.decision for one in own_run.decisions()] == ["delete", "keep", "delete"]
    assert own_run.log.current()["row_number"].to_pylist() == [3]


def test_a_press_on_a_row_that_is_gone_marks_nothing_and_says_so(own_run, monkeypatch):
    """The page has gone on to row 8 already, but the browser kept the buttons of row 3."""
    gone_to, told = [], []
    monkeypatch.setattr(decide.st, "session_state", {decide._DRAWN: 8})
    monkeypatch.setattr(decide, "go_to", lambda row, _: gone_to.append(row))
    monkeypatch.setattr(decide.state, "note_action", told.append)
    decide._mark(own_run, 3, "delete", 8, own_run.log.version())
    decide._pin(3, True)
    assert own_run.decisions() == []
    assert gone_to == [8, 8]
    assert all("Row 3 was gone already" in one for one in told)


def interrupted(action, *places):
    """Run a callback into which newer messages come at these touches of the state."""
    waiting, touched = set(places), [0]

    def touch():
        touched[0] += 1
        if touched[0] in waiting:
            raise RerunException(RerunData(query_string=f"message {touched[0]}"))

    with pytest.raises(RerunException) as newest:
        pressing.whole(lambda: action(touch))()
    return newest.value.rerun_data.query_string


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_callback_comes_to_its_end_and_the_newer_message_is_answered_after_it(place):
    done = []

    def action(touch):
        touch()
        if "marked" not in done:
            done.append("marked")
        touch()
        touch()
        done.append("gone on")

    assert interrupted(action, place) == f"message {place}"
    assert done == ["marked", "gone on"]


def test_a_bulk_decision_is_refused_when_other_rows_meet_the_condition(review, own_run):
    rows = ranked(own_run)
    own_run.log.mark(rows[:3], "review", reviewer="ada")
    review.selectbox(key="filter_decision").set_value("review").run()
    review.selectbox(key="bulk_decision").set_value("delete").run()
    own_run.log.mark(rows[:1], "keep", reviewer="ada")
    own_run.log.mark(rows[5:6], "review", reviewer="ada")  # as many rows as before
    apply = next(one for one in review.button if (one.key or "").startswith("bulk_apply"))
    assert "3 rows" in apply.label
    apply.click().run()
    assert "1 row left it, 1 row came" in review.error[0].value
    assert own_run.log.counts()["delete"] == 0
    with pytest.raises(FinineError, match="changed meanwhile"):
        bulk._rows_as_shown(own_run.review(), "self", None, np.array([1, 2]))


# What stands in a field counts, also where the press comes in the same message as the value.


def test_a_label_that_was_just_chosen_is_the_one_that_is_corrected_to(app, own_run):
    row = int(own_run.scores(by="suspicion", where="suggested_label = ''")["row_number"].iloc[0])
    review = app(own_run.home, "review")
    review.query_params["row"] = str(row)
    healthy(review.run())
    button(review, "relabel_other").click().run()
    assert "No label was chosen" in review.error[0].value
    assert own_run.decisions() == []
    chosen = review.selectbox(key=f"relabel_to_{row}").select_index(0)
    button(review, "relabel_other").click().run()
    (event,) = own_run.decisions()
    assert (event.selection, event.label) == (f"rows {row}", chosen.value)


def test_a_verification_starts_with_the_number_that_was_just_typed(app, own_run, wait_for):
    own_run.mark(top=12, decision="delete")
    page = healthy(app(own_run.home, "verify").run())
    page.number_input(key="verify_repeats_2_10").set_value(2)
    page.button(key="start_verify").click().run()
    assert own_run.verify_status().total == 6
    own_run.stop_verify(own_run.running_verifications()[0].key)
    wait_for(lambda: own_run.verify_status().state is not VerifyState.RUNNING)


def test_a_verification_of_marks_that_were_not_shown_is_not_started(app, own_run):
    own_run.mark(top=12, decision="delete")
    page = healthy(app(own_run.home, "verify").run())
    own_run.mark(top=14, decision="delete", reviewer="ada")
    page.button(key="start_verify").click().run()
    assert "changed meanwhile" in page.error[0].value
    assert own_run.running_verifications() == []
    assert "14 rows marked" in said(page)


def test_a_run_starts_with_the_number_that_was_just_typed(app, tmp_path):
    page = app(tmp_path, "run")
    page.query_params["data"] = str(FLIPS.path)
    healthy(page.run())
    page.number_input(key="epochs").set_value(2)
    page.button(key="start_run").click().run()
    (run,) = api.runs(tmp_path)
    assert run.record()["config"]["epochs"] == 2
    run.cancel()


def test_a_press_that_could_not_start_a_run_starts_none_later(app, tmp_path):
    page = app(tmp_path, "run")
    page.query_params["data"] = str(FLIPS.path)
    healthy(page.run())
    page.checkbox(key="target_self").set_value(False)
    page.checkbox(key="target_validation").set_value(False)
    page.button(key="start_run").click().run()
    assert "Choose at least one target" in page.warning[-1].value
    page.checkbox(key="target_self").set_value(True).run()
    assert page.button(key="start_run")
    assert api.runs(tmp_path) == []


def test_an_export_is_prepared_with_the_box_that_was_just_ticked(app, own_run):
    own_run.mark(top=3, decision="delete")
    page = healthy(app(own_run.home, "export").run())
    page.checkbox(key="spreadsheet_safe").set_value(True)
    page.button(key="prepare_export").click().run()
    assert page.button(key="prepare_export").label == "Prepare it again"
    assert page.get("download_button")


def test_the_export_page_stands_for_one_moment(app, own_run, monkeypatch):
    own_run.mark(top=3, decision="delete")
    page = app(own_run.home, "export")
    lands_after(
        monkeypatch, api.Run, "export_plan",
        lambda: own_run.log.mark([ranked(own_run)[5]], "delete", reviewer="ada"),
    )  # fmt: skip
    healthy(page.run())
    told = {one.label: one.value for one in page.metric}
    assert told["Will be removed"] == "3"
    groups = next(one.value for one in page.dataframe if "Decided by" in one.value.columns)
    assert groups["Rows"].sum() == 3


def test_the_group_that_was_just_chosen_is_restored(app, own_run):
    rows = ranked(own_run)
    for name in ("first", "second"):
        group = own_run.save_group(name, rows=rows[:12])
        own_run.groups.trash(group.group_id)
    page = healthy(app(own_run.home, "groups").run())
    chooser = page.selectbox(key="group_in_trash")
    (other,) = {one.group_id for one in own_run.groups.all(trashed=True)} - {chooser.value}
    chooser.set_value(other)
    page.button(key="group_restore").click().run()
    assert [one.group_id for one in own_run.groups.all()] == [other]


def test_a_group_of_ticked_rows_gets_the_name_that_was_just_typed(app, own_run):
    rows = ranked(own_run)[:2]
    page = app(own_run.home, "review")
    page.query_params["tick_several"] = "true"
    page.session_state["_ticked_rows"] = (own_run.run_id, rows)
    healthy(page.run())
    page.text_input(key="ticked_name").set_value("odd two")
    button(page, "ticked_save").click().run()
    assert [(one.name, one.rows) for one in own_run.groups.all()] == [("odd two", 2)]


def test_ticks_that_came_later_stay_and_are_not_decided_on(own_run, monkeypatch):
    from finine_app.components.review import ticked

    first, second, third = ranked(own_run)[:3]
    kept = {"_ticked_rows": (own_run.run_id, [first, second, third])}
    monkeypatch.setattr(ticked.st, "session_state", kept)
    monkeypatch.setattr(state, "note_action", lambda _: None)
    ticked._mark(own_run, [first, second], "delete", own_run.log.version())
    assert own_run.log.current()["row_number"].to_pylist() == sorted([first, second])
    assert ticked.ticked(own_run) == [third]
