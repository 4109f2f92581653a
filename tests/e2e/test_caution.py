"""Before many rows are deleted by a model that has learned nothing, somebody must have read so."""

from playwright.sync_api import expect

from finine_core.runs.cautions import GRAVE
from tests.e2e.steps import by_key, no_error_is_shown, pick, press, settled
from tests.trained import nothing_learned

ROWS = 400
READ = "I have read this and decide on these rows all the same"


def preview(page, decision):
    settled(page)
    pick(page.get_by_role("combobox", name="Mark all", exact=False), decision)
    expect(page.get_by_text("Preview.", exact=False)).to_be_visible()
    settled(page)
    button = by_key(page, "bulk_apply").get_by_role("button")
    expect(button).to_be_visible()
    return button


def test_many_rows_are_deleted_only_when_the_caution_was_ticked_as_read(page, serve, tmp_path):
    run = nothing_learned(tmp_path, ROWS)
    (caution,) = run.cautions()
    assert caution.name in GRAVE
    page.goto(f"{serve(run.home)}/review?run={run.run_id}")
    expect(by_key(page, "cautions_review").get_by_text(caution.words)).to_be_visible()

    apply = preview(page, "for deletion")
    box = page.get_by_test_id("stVerticalBlock").filter(has=apply).last
    expect(box.get_by_text(caution.words)).to_be_visible()
    expect(apply).to_be_disabled()
    apply.click(force=True)
    settled(page)
    assert run.log.events() == [], "nothing is marked before it was read"

    page.get_by_text(READ).click()
    expect(apply).to_be_enabled()
    press(page, "bulk_apply")
    expect(by_key(page, "last_action")).to_contain_text(f"{ROWS} rows marked for deletion")
    assert run.log.counts()["delete"] == ROWS
    press(page, "undo")
    expect(by_key(page, "last_action")).to_contain_text("Undone")
    assert run.log.counts()["delete"] == 0

    expect(preview(page, "for deletion")).to_be_disabled()  # read once is not read for good
    expect(preview(page, "to keep")).to_be_enabled()  # what takes nothing away needs no reading
    expect(page.get_by_text(READ)).to_have_count(0)
    no_error_is_shown(page)
