"""The map in a real browser: a lasso drawn by the mouse, what it gives, a row, and back."""

import math
import re

from playwright.sync_api import TimeoutError, expect

from tests.e2e.steps import settled


def by_key(page, key):
    return page.locator(f'[class*="st-key-{key}"]')


WHERE_A_POINT_IS = """() => {
    const chart = document.querySelector('.js-plotly-plot');
    const {xaxis, yaxis} = chart._fullLayout, points = chart._fullData[0];
    const k = Math.floor(points.x.length / 2);
    const area = chart.querySelector('.nsewdrag').getBoundingClientRect();
    return [area.x + xaxis.l2p(points.x[k]), area.y + yaxis.l2p(points.y[k])];
}"""


def middle(page):
    """The middle of the map, its width and its height."""
    box = page.locator(".st-key-map_chart .nsewdrag").first.bounding_box()
    width, height = box["width"], box["height"]
    return box["x"] + width / 2, box["y"] + height / 2, width, height


def lasso(page, radius):
    """Draw around the middle; the radius is a share of the map's width and height."""
    x, y, width, height = middle(page)
    page.mouse.move(x + radius * width, y)
    page.mouse.down()
    for step in range(1, 32):
        page.mouse.move(
            x + radius * width * math.cos(step / 5), y + radius * height * math.sin(step / 5)
        )
    page.mouse.up()


MARK_BYTES = 30_000  # about 9,000 come: the panel's words, buttons and table
SEEN = """() => {
    const {xaxis, yaxis} = document.querySelector('.st-key-map_chart .js-plotly-plot').layout;
    return [...xaxis.range, ...yaxis.range].map(Math.round);
}"""


def test_zoom_stays_through_lassos_and_marks_and_a_mark_sends_no_figure(page, serve, own_run):
    run = own_run
    frames = []

    def take(frame):
        frames.append(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", take))

    def figures():
        """The bytes of each map's figure that came since somebody asked last."""
        settled(page)
        found = [len(one) for one in frames if isinstance(one, bytes) and b"scattergl" in one]
        frames.clear()
        return found

    page.goto(f"{serve(run.home)}/map?run={run.run_id}&target=validation")
    expect(page.locator(".st-key-map_chart .nsewdrag").first).to_be_visible()
    assert len(figures()) == 1
    everything = page.evaluate(SEEN)
    page.mouse.move(*middle(page)[:2])
    for _ in range(3):
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(100)  # as a hand turns it
    page.wait_for_timeout(1500)  # the wheel rests, and the part that is seen is reported
    seen = page.evaluate(SEEN)
    assert seen[1] - seen[0] < 0.9 * (everything[1] - everything[0])
    assert figures() == [], "a zoom must not send the figure"

    counts = []
    for radius in (0.4, 0.2):  # the second time on the chart that came after the first
        before = by_key(page, "map_count").inner_text() if counts else ""
        lasso(page, radius)
        expect(by_key(page, "map_count")).to_contain_text("selected")
        expect(by_key(page, "map_count")).not_to_have_text(before)
        assert len(figures()) == 1
        expect(page.locator(".st-key-map_chart .nsewdrag").first).to_be_visible()
        assert page.evaluate(SEEN) == seen
        words = by_key(page, "map_count").inner_text()
        counts.append(int(re.search(r"([\d,]+) rows?", words)[1].replace(",", "")))
    assert counts[0] > counts[1] > 0

    for press, said in (("map_mark_review", "rows"), ("undo", "Undone")):
        by_key(page, press).get_by_role("button").first.click()
        expect(page.locator(".st-key-last_action")).to_contain_text(said)
        settled(page)
        came = sum(len(one) for one in frames)
        assert figures() == [], f"{press} must not send the figure"
        assert 0 < came < MARK_BYTES
        assert page.evaluate(SEEN) == seen
    by_key(page, "map_clear").get_by_role("button").click()
    expect(by_key(page, "map_count")).to_have_count(0)
    expect(page.locator(".st-key-map_chart .nsewdrag").first).to_be_visible()
    assert page.evaluate(SEEN) == seen
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_lasso_group_mark_undo_save_row_and_back(page, serve, shot, own_run):
    run = own_run
    page.goto(f"{serve(run.home)}/map?run={run.run_id}&target=validation")
    area = page.locator(".st-key-map_chart .nsewdrag").first
    expect(area).to_be_visible()
    settled(page)
    lasso(page, 0.45)  # almost to the edges
    count = by_key(page, "map_count")
    expect(count).to_contain_text("rows selected")
    rows = int(re.search(r"([\d,]+) rows", count.inner_text())[1].replace(",", ""))
    assert 0 < rows <= len(run.scores())
    expect(by_key(page, "map_mu")).to_contain_text("μ =")
    shot("map_lasso")

    by_key(page, "map_mark_review").get_by_role("button").first.click()
    expect(page.locator(".st-key-last_action")).to_contain_text(f"{rows:,} rows")
    assert run.log.counts()["review"] == rows
    settled(page)
    page.locator(".st-key-undo").get_by_role("button").click()
    expect(page.locator(".st-key-last_action")).to_contain_text("Undone")
    assert run.log.counts()["review"] == 0
    settled(page)
    page.get_by_role("textbox", name="Save these rows as a group").fill("the middle")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".st-key-last_action")).to_contain_text("the middle")
    assert [(one.name, one.rows) for one in run.groups.all()] == [("the middle", rows)]

    page.reload()  # the selection is in the address
    expect(count).to_contain_text(f"{rows:,} rows selected")
    settled(page)
    page.get_by_role("radio", name="picks a row").or_(
        page.get_by_role("button", name="picks a row")
    ).first.click()
    settled(page)
    expect(page.locator(".st-key-map_chart .nsewdrag").first).to_be_visible()
    heading = by_key(page, "map_row").get_by_role("heading")
    for rest in range(1000, 11_000, 1000):  # Plotly finds the point some time after the mouse rests
        x, y = page.evaluate(WHERE_A_POINT_IS)
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y)
        page.wait_for_timeout(rest)
        page.mouse.down()
        page.mouse.up()
        try:
            heading.wait_for(timeout=10_000)
            break
        except TimeoutError:
            continue
    expect(heading).to_contain_text("Row ")
    row = int(re.search(r"Row (\d+)", heading.inner_text())[1])
    assert row in run.scores()["row_number"].tolist()
    page.get_by_role("link", name="Open in Review").click()
    expect(page.get_by_role("heading", name=f"Row {row}")).to_be_visible()
    settled(page)
    page.get_by_role("link", name="Show on the map").click()
    expect(by_key(page, "map_row").get_by_role("heading")).to_contain_text(f"Row {row}")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert run.log.counts()["delete"] == 0, "looking must not mark"
