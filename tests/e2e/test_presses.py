"""Presses that come faster than the page is drawn: each decides on the row that was in sight."""

from playwright.sync_api import expect

from tests.e2e.steps import by_key, no_error_is_shown, settled, strike

# Milliseconds before each press: as fast as keys can be struck, and as slow as the page is drawn.
PAUSES = (0, 30, 120, 0, 250, 60, 400, 0, 0, 90, 700, 20, 180, 40, 0, 1000, 10, 300)
LETTERS = {"d": "delete", "k": "keep", "n": "review"}
# What was on the screen at each stroke, and how many rows' buttons there ever were at once.
WATCH = """() => {
    const rows = () => [...document.querySelectorAll('[class*="st-key-mark_delete_"]')].map(
        one => Number([...one.classList].join(" ").match(/mark_delete_(\\d+)/)[1]));
    window.struck = []; window.most = 0;
    addEventListener("keydown", event => struck.push([event.key, rows()]), {capture: true});
    new MutationObserver(() => { most = Math.max(most, new Set(rows()).size) })
        .observe(document.body, {childList: true, subtree: true});
}"""


def opened(page, serve, run):
    page.context.add_cookies([{"name": "finine_tour", "value": "over", "url": serve(run.home)}])
    page.goto(f"{serve(run.home)}/review?run={run.run_id}")
    first = run.scores("self", top=1)["row_number"].tolist()[0]
    expect(page.get_by_role("heading", name=f"Row {first}")).to_be_visible()
    settled(page)
    page.get_by_role("heading", name=f"Row {first}").click()
    page.evaluate(WATCH)


def test_each_key_decides_on_the_row_that_was_shown_and_none_is_lost(page, serve, own_run):
    run = own_run
    opened(page, serve, run)
    for place, pause in enumerate(PAUSES):
        page.wait_for_timeout(pause)
        page.keyboard.press("dkn"[place % 3])
    page.wait_for_timeout(500)
    settled(page)
    struck, most = page.evaluate("[struck, most]")
    assert most == 1, "the keys of two rows were bound at once"
    wanted = {}
    for letter, rows in struck:
        if rows:
            wanted[rows[0]] = LETTERS[letter]
    marked = {one["row_number"]: one["decision"] for one in run.log.current().to_pylist()}
    assert marked == wanted
    assert len(marked) > 2
    no_error_is_shown(page)


def test_one_key_struck_twice_decides_on_no_row_that_was_not_seen(page, serve, own_run):
    run = own_run
    opened(page, serve, run)
    first = run.scores("self", top=1)["row_number"].tolist()[0]
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")
    strike(page, "n")
    expect(by_key(page, "decision_counts")).to_contain_text("1 review")
    assert run.log.counts()["delete"] == 1
    assert run.log.events()[0].selection == f"rows {first}"
