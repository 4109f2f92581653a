"""Data, names and labels full of markup, in a real browser: all of it is text, none of it acts."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect

from tests.app.test_every_page import PAGES as EVERY_PAGE
from tests.e2e.steps import ACTION_MS, no_error_is_shown, settled
from tests.trained import trained

# Each of these, were it read as more than text, would fetch EVIL, open a dialog or make an element.
EVIL = "http://evil.invalid"
MARKUP = [
    f"<img src='{EVIL}/1.png' onerror='alert(1)'>",
    "<script>alert(2)</script>",
    f"![picture]({EVIL}/3.png)",
    f"[press me]({EVIL}/4)",
    f"<a href='{EVIL}/5'>link</a> <b id='made-by-data'>bold</b>",
    ":red[red] :material/delete: :smile: $\\frac{1}{2}$ `code` # heading",
    f"{EVIL}/7.png",
    "</style></script><iframe src='javascript:alert(8)'></iframe>",
    "\x1b[31mred\x1b[0m {{7*7}} ${7*7} %{color:red}",
    '=HYPERLINK("http://evil.invalid", "x")',
]
LABELS = (f"<img src={EVIL}/l.png onerror=alert(9)>", f"![dog]({EVIL}/d.png) $x$ :red[d]")
TEXT, NUMBER = f"text ![c]({EVIL}/c.png)", "<b>number</b>"
PAGES = [name for name in EVERY_PAGE if name != "glossary"]  # which shows nothing of the data


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A home with a run on such data, its name, group, reviewer and reason of the same kind."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("data")
    data = folder / "a<b>![x](y).csv"
    with data.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([TEXT, NUMBER, "<i>label</i>"])
        for k in range(120):
            writer.writerow([f"{MARKUP[k % len(MARKUP)]} {k}", k * 7 % 13, LABELS[k * 5 % 7 % 2]])
    run = trained(data, label="<i>label</i>", text=[TEXT], features=[NUMBER], home=home,
                  name=MARKUP[0] + MARKUP[2], epochs=2)  # fmt: skip
    rows = run.scores(by="suspicion", top=6)["row_number"].tolist()
    run.mark(rows=rows[:3], decision="delete", reason=MARKUP[2], reviewer=MARKUP[0])
    run.save_group(MARKUP[2] + MARKUP[0], rows=rows, reviewer=MARKUP[3])
    return home, run, data, rows


def test_no_page_runs_fetches_or_draws_what_stands_in_the_data(browser, serve, hostile):
    home, run, data, rows = hostile
    base = serve(home)
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    context.add_cookies([
        {"name": "finine_tour", "value": "over", "url": base},
        {"name": "finine_reviewer", "value": "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
         "url": base},
    ])  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(ACTION_MS)
    asked, dialogs = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    pins = ",".join(map(str, rows[:3]))
    for name in PAGES:
        more = f"&data={data}" if name == "data" else f"&pins={pins}&row={rows[0]}"
        page.goto(f"{base}/{name}?run={run.run_id}{more}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        settled(page)
        no_error_is_shown(page)
        made = page.evaluate(
            "() => [...document.querySelectorAll('#made-by-data, iframe, [onerror], .katex,"
            ' a[href^="http://evil"], img[src*="evil"], image[href*="evil"]\')]'
            ".map(one => one.outerHTML.slice(0, 200))"
        )
        assert made == [], f"{name} made elements of the data"
        if name == "review":
            expect(page.get_by_text("evil.invalid").first).to_be_visible()
    foreign = [url for url in asked if not url.startswith((base, "data:", "blob:"))]
    assert foreign == [], "a page called somebody else"
    assert dialogs == []
    cookies = {one["name"]: one for one in context.cookies()}
    assert cookies["finine_reviewer"]["sameSite"] in ("Strict", "Lax")
    context.close()
