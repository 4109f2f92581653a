"""Presses that come faster than the page is drawn: each decides on the row in sight, or on none."""

from playwright.sync_api import expect

from tests.e2e.steps import by_key, no_error_is_shown, settled, strike

# Milliseconds before each press: as fast as keys can be struck, and as slow as the page is drawn.
PAUSES = (0, 30, 120, 0, 250, 60, 400, 0, 0, 90, 700, 20, 180, 40, 0, 1000, 10, 300)
LETTERS = {"d": "delete", "k": "keep", "n": "review"}
# The row in the heading at each stroke.
WATCH = """() => {
    const heading = () => document.querySelector(".st-key-row_detail h4").innerText;
    window.struck = [];
    const note = event => struck.push([event.key, Number(heading().match(/Row (\\d+)/)[1])]);
    addEventListener("keydown", note, {capture: true});
}"""


def opened(page, serve, run):
    page.context.add_cookies([{"name": "finine_tour", "value": "over", "url": serve(run.home)}])
    page.goto(f"{serve(run.home)}/review?run={run.run_id}")
    first = run.scores(by="suspicion", top=1)["row_number"].tolist()[0]
    expect(page.get_by_role("heading", name=f"Row {first}")).to_be_visible()
    settled(page)
    page.get_by_role("heading", name=f"Row {first}").click()
    page.evaluate(WATCH)


def decided(run):
    """What was decided, one after the other: row and decision."""
    return [(int(one.selection.removeprefix("rows ")), one.decision) for one in run.decisions()]


def test_fast_keys_decide_on_the_rows_that_were_shown_and_on_no_other(page, serve, own_run):
    run = own_run
    opened(page, serve, run)
    for place, pause in enumerate(PAUSES):
        page.wait_for_timeout(pause)
        page.keyboard.press("dkn"[place % 3])
    settled(page)
    struck = [(row, LETTERS[letter]) for letter, row in page.evaluate("struck")]
    assert len(struck) == len(PAUSES)
    found = decided(run)
    assert found[0] == struck[0], "the first stroke was lost"
    assert set(found) <= set(struck), "a row was decided on that was not the one shown"
    no_error_is_shown(page)


def test_one_key_struck_twice_decides_once_and_a_page_at_rest_loses_no_stroke(page, serve, own_run):
    run = own_run
    rows = run.scores(by="suspicion", top=4)["row_number"].tolist()
    opened(page, serve, run)
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name=f"Row {rows[1]}")).to_be_visible()
    for letter, row in zip("nkd", rows[1:], strict=True):
        expect(page.get_by_role("heading", name=f"Row {row}")).to_be_visible()
        strike(page, letter)
        expect(by_key(page, "decision_counts")).to_contain_text(
            f"{run.log.counts()[LETTERS[letter]]:,} {LETTERS[letter]}"
        )
    expect(by_key(page, "decision_counts")).to_contain_text("2 delete · 1 keep · 1 review")
    assert decided(run) == [
        (rows[0], "delete"), (rows[1], "review"), (rows[2], "keep"), (rows[3], "delete"),
    ]  # fmt: skip


def test_keys_struck_at_once_are_answered_in_their_order(page, serve, own_run):
    run = own_run
    row = run.scores(by="suspicion", top=1)["row_number"].tolist()[0]
    opened(page, serve, run)
    for key in "2dz":  # a reason, a decision, and back
        page.keyboard.press(key)
    expect(by_key(page, "last_action")).to_contain_text(f"Undone: row {row}")
    expect(page.get_by_role("heading", name=f"Row {row}")).to_be_visible()
    assert [(one.kind, one.reason) for one in run.log.events()] == [
        ("mark", "duplicate"), ("undo", ""),
    ]  # fmt: skip
