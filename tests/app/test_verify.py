"""What a person sees and can do on the Verify page."""

from __future__ import annotations

from finine_core import api
from finine_core.verification import VerifyState
from tests.app.looking import FLIPS, healthy, table, words


def keys(page):
    return {one.key for one in page.button}


def test_verify_without_a_run_or_with_an_unfinished_one_says_what_to_do(app, tmp_path):
    assert "No run yet" in words(healthy(app(tmp_path, "verify").run()))
    run = api.run(FLIPS.path, label=FLIPS.label, home=tmp_path, epochs=50_000, block=False)
    run.cancel()
    assert "no scores yet" in words(healthy(app(tmp_path, "verify").run()))


def test_with_nothing_marked_it_leads_to_review(app, own_run):
    page = healthy(app(own_run.home, "verify").run())
    assert "Nothing is marked for deletion" in words(page)
    assert "start_verify" not in keys(page)


def test_marks_of_held_out_rows_are_told_and_not_trained_without(app, own_run):
    held_out = own_run.scores(by="suspicion", where="mu IS NULL", top=3)["row_number"].tolist()
    own_run.mark(rows=held_out, decision="delete")
    text = words(healthy(app(own_run.home, "verify").run()))
    assert "3 further marks are of held-out rows" in text
    assert "Nothing is marked for deletion" in text
    own_run.mark(top=2, decision="delete")
    text = words(healthy(app(own_run.home, "verify").run()))
    assert "3 further marks are of held-out rows" in text
    assert "2 rows marked for deletion" in text


def test_marks_are_verified_stopped_shown_and_taken_into_the_export(app, own_run, wait_for):
    own_run.mark(top=12, decision="delete", reviewer="ann")
    page = healthy(app(own_run.home, "verify").run())
    assert "12 rows marked for deletion" in words(page)
    assert "30 trainings" in words(page)
    page.number_input(key="verify_repeats_2_10").set_value(40).run()
    page.button(key="start_verify").click().run()
    assert "Verifying 12 rows marked for deletion" in words(healthy(page))
    page.button(key="stop_verify").click().run()
    assert own_run.verify_status().state is VerifyState.STOPPED
    page.run()
    assert "They are kept" in page.warning[0].value
    assert page.number_input(key="verify_repeats_2_40").value == 40, (
        "it goes on with what was asked"
    )
    assert "-" not in page.caption[1].value
    page.number_input(key="verify_repeats_2_40").set_value(2).run()
    page.button(key="start_verify").click().run()
    wait_for(lambda: own_run.verify_status().state is not VerifyState.RUNNING)
    healthy(page.run())
    found = own_run.verification()
    assert found.repeats == 2
    assert "2 retrainings each" in words(page)
    assert "What this does not show" in words(page)
    assert "random rows" in words(page)
    assert len(table(page, "95 % interval")) == len(found.changes)
    assert page.number_input(key="verify_repeats_3_4").value == 4
    assert "Checked by training again." in words(healthy(app(own_run.home, "export").run()))

    own_run.mark(top=14, decision="delete")  # other marks: what was found is not about them
    page = healthy(app(own_run.home, "verify").run())
    assert "14 rows marked" in words(page)
    assert "Other verifications" in page.expander[0].label
    assert "Checked by training again." not in words(healthy(app(own_run.home, "export").run()))


def test_marks_that_change_meanwhile_leave_a_verification_that_can_be_stopped(app, own_run):
    own_run.mark(top=12, decision="delete")
    own_run.start_verify(repeats=400)
    own_run.mark(top=14, decision="delete")
    page = healthy(app(own_run.home, "verify").run())
    assert "A verification of other marks is going on (12 rows)" in words(page)
    assert "start_verify" not in keys(page)
    page.button(key="stop_verify").click().run()
    assert own_run.running_verifications() == []
    assert "start_verify" in keys(healthy(page.run()))
