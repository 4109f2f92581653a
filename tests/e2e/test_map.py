"""The map in a real browser: a lasso drawn by the mouse, what it gives, a row, and back."""

import math
import re

import pytest
from playwright.sync_api import TimeoutError, expect

from finine_core import api
from finine_sample_data import SAMPLES


def by_key(page, key):
    return page.locator(f'[class*="st-key-{key}"]')


WHERE_A_POINT_IS = """() => {
    const chart = document.querySelector('.js-plotly-plot');
    const {xaxis, yaxis} = chart._fullLayout, points = chart._fullData[0];
    const k = Math.floor(points.x.length / 2);
    const area = chart.querySelector('.nsewdrag').getBoundingClientRect();
    return [area.x + xaxis.l2p(points.x[k]), area.y + yaxis.l2p(points.y[k])];
}"""


@pytest.fixture(scope="module")
def flips(tmp_path_factory):
    """A home with one finished run, and its run."""
    home, sample = tmp_path_factory.mktemp("home"), SAMPLES["breast_cancer_flips"]
    return home, api.run(
        sample.path, label=sample.label, id=sample.id, home=home, epochs=6, record_steps=8
    )


def settled(page):
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_lasso_group_mark_undo_save_row_and_back(page, serve, shot, flips):
    home, run = flips
    page.goto(f"{serve(home)}/map?run={run.run_id}&target=validation")
    area = page.locator(".st-key-map_chart .nsewdrag").first
    expect(area).to_be_visible()
    settled(page)
    box = area.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x + 0.45 * box["width"], y)
    page.mouse.down()
    for step in range(1, 32):  # around the middle, almost to the edges
        page.mouse.move(
            x + 0.45 * box["width"] * math.cos(step / 5),
            y + 0.45 * box["height"] * math.sin(step / 5),
        )
    page.mouse.up()
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
    for _ in range(5):  # Plotly finds the nearest point some time after the mouse rests
        x, y = page.evaluate(WHERE_A_POINT_IS)
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y)
        page.wait_for_timeout(1000)
        page.mouse.down()
        page.mouse.up()
        try:
            heading.wait_for(timeout=6_000)
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
