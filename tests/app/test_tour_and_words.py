"""The tour, the glossary, and what a browser remembers."""

from __future__ import annotations

from finine_app.components.glossary import GLOSSARY
from finine_app.components.tour import STEPS
from tests.app.looking import button, healthy, said
from tests.app.test_every_page import PAGES


def test_the_tour_stands_on_every_page_is_skipped_and_comes_back(app, tmp_path):
    for place, step in enumerate(STEPS, start=1):
        page = healthy(app(tmp_path, step.page).run())
        assert f"{place} of {len(STEPS)} · {step.title}" in said(page)
    page = healthy(app(tmp_path, "data").run())
    assert button(page, "tour_next").label == "Next: Run"
    button(page, "tour_skip").click().run()
    assert STEPS[0].text not in said(healthy(page))
    page = healthy(app(tmp_path, "glossary").run())
    assert not any((one.key or "") == "tour_next" for one in page.button)


def test_the_tour_goes_through_the_pages_in_the_order_of_the_sidebar():
    pages = [name for name in PAGES if name != "glossary"]
    assert [step.page for step in STEPS] == pages


def test_the_glossary_explains_every_word_and_is_a_page(app, tmp_path):
    page = healthy(app(tmp_path, "glossary").run())
    assert [one.value for one in page.subheader] == list(GLOSSARY)
    for needed in ("μ", "Type I error", "Type II error", "Trade-off curve"):
        assert any(needed in word for word in GLOSSARY)
