"""Groups in a real browser: a condition becomes a saved group, is marked, undone and compared."""

from playwright.sync_api import expect

from tests.e2e.steps import by_key, no_error_is_shown, pick, settled

WHERE = "mean_loss > 0.3"


def test_a_condition_is_saved_marked_undone_pinned_and_put_into_the_trash(page, serve, own_run):
    run, base = own_run, serve(own_run.home)
    wanted = set(run.select(where=WHERE, target="validation").tolist())
    page.goto(f"{base}/groups?run={run.run_id}")
    expect(page.get_by_text("No group is saved yet")).to_be_visible()
    field = page.get_by_role("textbox", name="Rows with")
    field.fill("no_such_column > 1")
    field.press("Enter")
    expect(page.get_by_text("does not work", exact=False)).to_be_visible()
    field.fill(WHERE)
    field.press("Enter")
    name = page.get_by_role("textbox", name="Save these rows as")
    name.fill("hard rows")
    name.press("Enter")
    settled(page)
    by_key(page, "group_save").get_by_role("button").click()
    expect(by_key(page, "last_action")).to_contain_text(f"{len(wanted)} rows saved")
    assert run.log.counts()["delete"] == 0, "looking and saving must not mark"

    settled(page)
    pick(page.get_by_role("combobox", name=f"Mark all {len(wanted)} rows of this group …"),
         "for deletion")  # fmt: skip
    expect(page.get_by_text("Preview.", exact=False)).to_be_visible()
    by_key(page, "bulk_apply").get_by_role("button").click()
    expect(by_key(page, "last_action")).to_contain_text(f"{len(wanted)} rows marked for deletion")
    marked = run.select(where="decision = 'delete'", target="validation")
    assert set(marked.tolist()) == wanted, "these rows and no others"
    settled(page)
    by_key(page, "undo").get_by_role("button").click()
    expect(by_key(page, "last_action")).to_contain_text("Undone")
    assert run.log.counts()["delete"] == 0

    settled(page)
    page.get_by_role("button", name="Pin for Compare").first.click()
    expect(by_key(page, "last_action")).to_contain_text("pinned for comparison")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Compare").click()
    expect(page.get_by_text("hard rows").first).to_be_visible()
    page.goto(f"{base}/groups?run={run.run_id}")
    page.get_by_role("button", name="To the trash").click()
    expect(by_key(page, "last_action")).to_contain_text("in the trash")
    assert run.groups.all() == []
    settled(page)
    no_error_is_shown(page)
