"""Two people on one run at once, each in a browser of their own."""

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import ACTION_MS, by_key, no_error_is_shown, press, settled


@pytest.fixture
def two(browser):
    """Two browsers that share nothing, not even cookies."""
    view = {"width": 1280, "height": 900}
    contexts = [browser.new_context(viewport=view, reduced_motion="reduce") for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.set_default_timeout(ACTION_MS)
    yield pages
    for context in contexts:
        context.close()


def test_each_sees_the_marks_of_the_other_and_the_log_says_who(two, serve, own_run):
    run = own_run
    rows = run.scores(by="suspicion", top=2)["row_number"].tolist()
    address = f"{serve(run.home)}/review?run={run.run_id}"
    for page, name in zip(two, ("ada", "ben"), strict=True):
        page.goto(address)
        field = page.get_by_role("textbox", name="Your name")
        field.fill(name)
        field.press("Enter")
        page.get_by_role("button", name="Skip the tour").click()
        expect(page.get_by_role("heading", name=f"Row {rows[0]}")).to_be_visible()
        settled(page)
    ada, ben = two
    press(ada, "mark_delete")
    # ben touches nothing, and sees it
    expect(by_key(ben, "decision_counts")).to_contain_text("1 delete")
    expect(by_key(ben, "last_action")).to_contain_text("ada decided meanwhile")
    expect(ben.get_by_role("heading", name=f"Row {rows[0]}")).to_be_visible()
    press(ben, "next_row")
    expect(ben.get_by_role("heading", name=f"Row {rows[1]}")).to_be_visible()
    press(ben, "mark_keep")
    expect(by_key(ada, "decision_counts")).to_contain_text("1 keep")
    assert [(one.reviewer, one.decision) for one in run.decisions()] == [
        ("ada", "delete"), ("ben", "keep"),
    ]  # fmt: skip
    for page in two:  # a reload keeps the name, and the tour stays over
        page.reload()
    expect(ben.get_by_role("textbox", name="Your name")).to_have_value("ben")
    expect(by_key(ben, "tour")).to_have_count(0)
    for page in two:
        no_error_is_shown(page)
