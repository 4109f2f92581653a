"""The tour, the glossary, and what a browser remembers."""

from __future__ import annotations

from finine_app.components.glossary import GLOSSARY
from finine_app.components.tour import STEPS
from tests.app.looking import button, healthy, said


def test_the_tour_goes_over_every_page_can_be_skipped_and_comes_back(app, tmp_path):
    page = app(tmp_path, "data").run()
    for place, step in enumerate(STEPS, start=1):
        assert f"{place} of {len(STEPS)} · {step.title}" in said(healthy(page))
        button(page, "tour_next").click().run()
    assert f" of {len(STEPS)} · " not in said(page)
    button(page, "tour_restart").click().run()
    assert STEPS[0].title in said(page)
    button(page, "tour_skip").click().run()
    assert STEPS[0].text not in said(healthy(page))


def test_the_glossary_explains_every_word_and_is_a_page(app, tmp_path):
    page = healthy(app(tmp_path, "glossary").run())
    assert [one.value for one in page.subheader] == list(GLOSSARY)
    for needed in ("μ", "Type I error", "Type II error", "Trade-off curve"):
        assert any(needed in word for word in GLOSSARY)
