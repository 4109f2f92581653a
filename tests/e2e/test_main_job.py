"""The whole main job in a real browser: data, run, review, compare, export.

Each scenario ends with what must not happen.
"""

import json
import re

import pytest
from playwright.sync_api import expect

from finine_core import api
from finine_sample_data import sample
from tests.e2e.steps import (
    by_key,
    comes,
    export,
    go,
    no_error_is_shown,
    pick,
    press,
    settled,
    strike,
    without_row,
)
from tests.trained import trained

ROWS, FINISHED = 600, 1000  # of the uploaded texts; of the run that is there
LISTED = FINISHED  # every row is judged, held out or not


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A home with one finished run of few epochs on some of the tweets, and its run."""
    home, chosen = tmp_path_factory.mktemp("home"), sample("tweets")
    data = tmp_path_factory.mktemp("data") / "tweets.csv"
    data.write_bytes(first_lines(chosen.path, FINISHED))
    run = trained(data, label=chosen.label, text=chosen.text, id=chosen.id, home=home,
                  epochs=8)  # fmt: skip
    return home, run


def first_lines(path, rows):
    """The header and so many rows of a file in which each row is a line."""
    return b"".join(path.read_bytes().splitlines(keepends=True)[: rows + 1])


def test_from_an_upload_to_a_downloaded_zip(page, serve, shot, tmp_path):
    original = first_lines(sample("tweets").path, ROWS)
    data = tmp_path / "my texts.csv"
    data.write_bytes(original)
    page.goto(serve(tmp_path / "home"))

    # Data: an empty home opens here; upload, roles, classes
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    shot("data_empty")
    page.get_by_text("Upload a file", exact=True).click()
    by_key(page, "upload").locator("input[type=file]").set_input_files(data)
    expect(page.get_by_text(f"{ROWS}", exact=True).first).to_be_visible()
    expect(page.get_by_text("Ready:", exact=False)).to_be_visible()
    press(page, "go_to_run")

    # Run: started once, watched to its end
    expect(by_key(page, "start_run")).to_be_visible()
    shot("run_new")
    press(page, "start_run")
    comes(by_key(page, "open_review"), tmp_path / "home")
    shot("run_done")
    no_error_is_shown(page)
    assert len(api.runs(tmp_path / "home")) == 1, "one click must not start two runs"
    press(page, "open_review")

    # Review: mark two rows, undo one
    run = api.open_run("latest", tmp_path / "home")
    first, second = (int(row) for row in run.scores(by="suspicion", top=2)["row_number"])
    expect(page.get_by_role("heading", name=f"Row {first}")).to_be_visible()
    press(page, "mark_delete")
    expect(page.get_by_role("heading", name=f"Row {second}")).to_be_visible()
    press(page, "mark_delete")
    expect(by_key(page, "decision_counts")).to_contain_text("2 delete")
    press(page, "undo")
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")
    no_error_is_shown(page)

    # Export: the zip holds the file less one row, byte for byte
    with export(page) as packed:
        cleaned = packed.read("cleaned.csv")
        manifest = json.loads(packed.read("manifest.json"))
    assert cleaned == without_row(original, first)
    assert manifest["removed_rows"] == [first]
    assert data.read_bytes() == original, "the original must not change"


def test_review_by_keyboard_filter_and_reload(page, serve, finished):
    home, run = finished
    page.goto(serve(home))
    top = [int(row) for row in run.scores(by="suspicion", top=3)["row_number"]]
    expect(page.get_by_role("heading", name=f"Row {top[0]}")).to_be_visible()
    page.get_by_role("heading", name=f"Row {top[0]}").click()  # focus on the page, not a field
    strike(page, "d")
    expect(page.get_by_role("heading", name=f"Row {top[1]}")).to_be_visible()
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")
    strike(page, "k")
    expect(by_key(page, "decision_counts")).to_contain_text("1 keep")
    expect(page.get_by_role("heading", name=f"Row {top[2]}")).to_be_visible()
    strike(page, "z")
    expect(by_key(page, "decision_counts")).to_contain_text("0 keep")
    strike(page, "y")
    expect(by_key(page, "decision_counts")).to_contain_text("1 keep")

    # what was decided is in the log under the row that was shown, and survives a reload
    current = run.log.current().to_pylist()
    assert {(one["row_number"], one["decision"]) for one in current} == {
        (top[0], "delete"),
        (top[1], "keep"),
    }
    page.reload()
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")

    by_key(page, "filter_text").get_by_role("textbox").fill("love")
    page.keyboard.press("Enter")
    matching = run.review().count(target="suspicion", where="contains(lower(text), 'love')")
    assert 0 < matching < LISTED
    expect(by_key(page, "shown_count")).to_contain_text(f"{matching:,} of {LISTED:,}")
    by_key(page, "filter_text").get_by_role("textbox").fill("'; DROP TABLE x; --")
    page.keyboard.press("Enter")
    expect(by_key(page, "shown_count")).to_contain_text(f"0 of {LISTED:,}")
    no_error_is_shown(page)


def test_compare_pinned_rows_and_the_view_is_a_link(page, serve, finished):
    home, run = finished
    scores = run.scores()
    rows = [int(scores["row_number"].iloc[k]) for k in (0, 40, 400)]
    address = serve(home)
    pins = ",".join(map(str, rows))
    page.goto(f"{address}/compare?run={run.run_id}&pins={pins}")
    for row in rows:
        expect(page.get_by_text(f"{row}", exact=False).first).to_be_visible()
    curves = by_key(page, "compare_curves")
    expect(curves.locator("svg.main-svg").first).to_be_visible()
    expect(by_key(page, "compare_alpha").get_by_role("slider")).to_be_visible()
    settled(page)
    before = by_key(page, "compare_words").inner_text()
    assert before.strip()
    no_error_is_shown(page)
    go(page, "Review")
    go(page, "Compare")
    assert f"pins={rows[0]}" in page.url.replace("%2C", ","), "pins must not be lost on the way"


def test_marks_are_verified_in_the_page_and_a_reload_in_between_loses_nothing(
    page, serve, finished
):
    home, run = finished
    run.mark(top=60, decision="delete", reason="wrong label", reviewer="ada")
    address = f"{serve(home)}/verify?run={run.run_id}"
    page.goto(address)
    expect(page.get_by_text("60 rows marked for deletion")).to_be_visible()
    repeats = page.get_by_role("spinbutton", name="Retrainings of each kind")
    repeats.fill("400")
    repeats.press("Enter")
    expect(page.get_by_text("1200 trainings")).to_be_visible()
    press(page, "start_verify")
    expect(page.get_by_text("Verifying 60 rows marked for deletion")).to_be_visible()
    expect(page.get_by_text(re.compile(r"training \d+ of 1200"))).to_be_visible()
    page.goto("about:blank")  # the person leaves; the trainings go on
    page.goto(address)
    press(page, "stop_verify")
    expect(page.get_by_text("They are kept", exact=False)).to_be_visible()
    repeats.fill("3")
    repeats.press("Enter")
    expect(page.get_by_text(" trainings, ", exact=False)).to_be_visible()
    press(page, "start_verify")
    comes(page.get_by_text("What this does not show", exact=False), home)
    expect(page.get_by_text("random rows of the same classes", exact=False).first).to_be_visible()
    settled(page)
    no_error_is_shown(page)
    assert run.verification().repeats == 3
    run.undo()


def test_export_page_shows_what_goes(page, serve, finished):
    home, run = finished
    run.mark(top=60, decision="delete", reason="wrong label", reviewer="ada")
    page.goto(f"{serve(home)}/export?run={run.run_id}")
    expect(page.get_by_text("What will be removed")).to_be_visible()
    settled(page)
    no_error_is_shown(page)
    run.undo()


def test_wrong_files_are_told_with_the_mend_and_never_as_a_traceback(page, serve, tmp_path):
    page.goto(serve(tmp_path / "home"))
    page.get_by_text("A file on this machine", exact=True).click()
    for name, content, words in [
        ("empty.csv", "", "empty"),
        ("ragged.csv", "a,y\n1,x\n2,y,9\n", "3"),
        ("one_class.csv", "a,label\n1.5,x\n2.5,x\n1.5,x\n", "class"),
    ]:
        path = tmp_path / name
        path.write_text(content)
        by_key(page, "data_path").get_by_role("textbox").fill(str(path))
        page.keyboard.press("Enter")
        if name == "one_class.csv":  # no column suggests itself: the person chooses
            chooser = page.get_by_role("combobox", name="Which column is the label", exact=False)
            pick(chooser, "label")
        expect(page.get_by_role("alert").filter(has_text=words).first).to_be_visible()
        no_error_is_shown(page)
    by_key(page, "data_path").get_by_role("textbox").fill(str(tmp_path / "missing.csv"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="missing.csv").first).to_be_visible()
