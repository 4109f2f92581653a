"""Text of files and people reads on every page as it is, in a real browser."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect

from tests.app.test_every_page import PAGES as EVERY_PAGE
from tests.e2e.steps import ACTION_MS, LOOK_MS, no_error_is_shown, settled
from tests.trained import trained

# Each was shown as something else: arrows, dashes, another letter, a link, a picture, a heading.
CLASSES = ("-> b", "1. one &amp; two <- :smile:")
CELLS = [
    "from ann.b+c@lab-one.org <-> www.lab.org",
    "a -- b >= c <= d ~= e",
    "first\r# second\r\n- third\n1) fourth",
    ":material/home: :streamlit: :+1: :red[r]",
    "https://lab.org/a?b=c&d=e mailto:ann@lab.org",
    "--- &lt;b&gt; &#35; $x$ `code` *i* __b__ ~~s~~",
    "==",
    "\\* [a](b) ![a](b) | c:\\new | 10:30:45",
]
NAME = "ann@lab.org -> :smile: &amp; -- www.lab.org"
GROUP = "- >= group <- :+1: &lt; bob@lab.org"
REASON = "<-> &copy; https://lab.org :material/home:"
REVIEWER = "eve@lab.org --"
LABEL, TEXT, NUMBER = "label -> &amp;", "text :smile: ann@lab.org", "1. x --"
PAGES = [name for name in EVERY_PAGE if name != "glossary"]  # which shows nothing of the data
FILE = "a -- b &amp; :smile: x@lab.org.csv"
# What each page writes of these as Markdown; tables and charts draw letters and are not read here.
WRITTEN = {
    "data": (FILE, LABEL),
    "run": (NAME, FILE),
    "review": (NAME, REVIEWER, f"class:{CLASSES[0]}"),
    "groups": (NAME, GROUP, REVIEWER),
    "map": (NAME,),
    "compare": (),
    "verify": (NAME,),
    "export": (NAME,),
}


def test_the_table_of_what_is_written_knows_every_page():
    assert set(WRITTEN) == set(PAGES)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A home with a run on such data, with a group, marks and names of the same kind."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("data")
    data = folder / FILE
    with data.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([TEXT, NUMBER, LABEL])
        for k in range(120):
            cell = "\n".join([*CELLS, f"{k * 3 % 7} words"])
            writer.writerow([cell, k * 7 % 13, CLASSES[k * 5 % 7 % 2]])
    run = trained(data, label=LABEL, text=[TEXT], features=[NUMBER], home=home, name=NAME,
                  targets=("self", "validation", f"class:{CLASSES[0]}"),
                  epochs=2)  # fmt: skip
    rows = run.scores(by="suspicion", top=8)["row_number"].tolist()
    run.mark(rows=rows[:3], decision="delete", reason=REASON, reviewer=REVIEWER)
    run.save_group(GROUP, rows=rows, reviewer=REVIEWER)
    return home, run, data, rows


TRIES = 150  # of 0.2 seconds each
# Words of the page's own icons are text of the page, too.
READ = "() => document.querySelector('[data-testid=stMain]').innerText"
MADE = """() => [...document.querySelectorAll('[data-testid=stMain] :is(a, img, em, del, code)')]
    .filter(one => /lab\\.org|Streamlit logo/.test(one.outerHTML)
        && !(one.href || '').startsWith(location.origin) && !one.closest('[class*=stCode]'))
    .map(one => one.outerHTML.slice(0, 200))"""


def same(text):
    """Text with one space wherever there is white space, as a browser draws it."""
    return " ".join(text.split())


def drawn(page, wanted):
    """What the page reads, once it holds the texts; or what it holds when it came to rest."""
    for _ in range(TRIES):  # widgets are drawn by parts that a browser loads when they are needed
        read = same(page.evaluate(READ))
        if all(text in read for text in wanted):
            break
        page.wait_for_timeout(LOOK_MS)
    return read


def test_every_page_writes_text_as_it_is(browser, serve, odd):
    home, run, data, rows = odd
    base = serve(home)
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    context.add_cookies([{"name": "finine_tour", "value": "over", "url": base}])
    page = context.new_page()
    page.set_default_timeout(ACTION_MS)
    label = run.scores(by="suspicion").set_index("row_number").loc[rows[0], "label"]
    pins = ",".join(map(str, rows[:2]))
    for name in PAGES:
        more = f"&data={data}".replace("&amp;", "%26amp;") if name == "data" else f"&pins={pins}"
        page.goto(f"{base}/{name}?run={run.run_id}{more}&row={rows[0]}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        settled(page)
        no_error_is_shown(page)
        more = {"review": [label, *CELLS], "map": [label]}.get(name, [])
        wanted = [same(text) for text in (*WRITTEN[name], *more)]
        read = drawn(page, wanted)
        for text in wanted:
            assert text in read, f"{name} does not write {text!r} as it is: {read}"
        assert page.evaluate(MADE) == [], f"{name} made something of the data"
    context.close()
