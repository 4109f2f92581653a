"""Every page is a link, at two widths in both themes: nothing broken or wider than the window.

With FININE_SCREENSHOTS all four are drawn and kept as pictures for the docs; without, one of them.
"""

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from finine_sample_data import SAMPLES
from tests.app.test_every_page import PAGES
from tests.e2e.steps import ACTION_MS, no_error_is_shown, settled
from tests.trained import trained

FOLDER = os.environ.get("FININE_SCREENSHOTS")
LOOKS = [(1280, "light"), (1280, "dark"), (768, "light"), (768, "dark")] if FOLDER else [
    (768, "dark")
]  # fmt: skip
TALLEST = 2400  # pixels of a picture; the rest of a long page is more of the same


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory):
    """A home with a run on tweets, decisions of every kind, a saved group, and a verification."""
    sample, home = SAMPLES["tweets"], tmp_path_factory.mktemp("home")
    run = trained(sample.path, label=sample.label, text=sample.text, id=sample.id, home=home,
                  epochs=None if FOLDER else 3)  # fmt: skip
    run.mark(where="suspicious AND rank <= 60", target="self", decision="delete",
             reason="wrong label", reviewer="ada")  # fmt: skip
    wrong = run.scores(by="suspicion", where="suggested_label <> '' AND decision = ''").iloc[:12]
    for label, part in wrong.groupby("suggested_label"):
        run.mark(rows=part["row_number"].tolist(), decision="relabel", label=str(label),
                 reason="wrong label", reviewer="ada")  # fmt: skip
    run.mark(where="rank BETWEEN 61 AND 80 AND decision = ''", target="self", decision="keep",
             reviewer="ben")  # fmt: skip
    run.save_group("laughing", where="text LIKE '%haha%'", reviewer="ada")
    if FOLDER:
        run.verify(repeats=8)
    return home, run


def address_of(page_name, run):
    rows = run.scores("validation")["row_number"]
    pins = ",".join(str(rows.iloc[k]) for k in (0, 200, len(rows) - 1))
    more = {
        "review": "&tab=suspicious",
        "compare": f"&target=validation&pins={pins}",
        "data": f"&data={SAMPLES['tweets'].path}",
        "map": "&target=validation",
    }.get(page_name, "")
    return f"/{page_name}?run={run.run_id}{more}"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_a_link_and_fits_its_window(browser, serve, reviewed, width, scheme):
    home, run = reviewed
    base = serve(home)
    context = browser.new_context(
        viewport={"width": width, "height": 1000}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([{"name": "finine_tour", "value": "over", "url": base}])
    page = context.new_page()
    page.set_default_timeout(ACTION_MS)
    for name in PAGES:
        page.goto(base + address_of(name, run))
        settled(page)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Page not found")).to_have_count(0)
        assert f"/{name}" in page.url
        assert run.run_id in page.url
        no_error_is_shown(page)
        wide = page.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]');"
            " return m.scrollWidth - m.clientWidth }"
        )
        assert wide <= 1, f"{name} is {wide} pixels wider than its window of {width}"
        if FOLDER:
            picture(page, name, width, scheme)
    page.goto(base)  # the plain address leads to the results
    page.wait_for_url("**/review?*")
    no_error_is_shown(page)
    context.close()


def picture(page, name, width, scheme):
    """Save a picture of the whole page."""
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    tall = page.evaluate(
        "() => document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
    )
    page.set_viewport_size({"width": width, "height": min(int(tall) + 40, TALLEST)})
    page.mouse.move(width // 2, 5)
    page.wait_for_timeout(2500)  # charts fade in; for the picture only
    folder = Path(FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{width}-{scheme}.png"
    page.screenshot(path=str(path))
    with Image.open(path) as drawn:  # 256 colours: a third of the size, for the repository
        drawn.convert("RGB").quantize(256).save(path, optimize=True)
    page.set_viewport_size({"width": width, "height": 1000})
