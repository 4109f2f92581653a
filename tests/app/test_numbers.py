"""Every page on a run that learned a number: its words, its errors, and no classes."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from finine_sample_data import SAMPLES
from tests.app.looking import button, healthy, metrics, said, widget
from tests.app.test_every_page import PAGES
from tests.trained import trained

SAMPLE = SAMPLES["diabetes_outliers"]


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """A finished run on diabetes_outliers, with two marks."""
    run = trained(SAMPLE.path, label=SAMPLE.label, id=SAMPLE.id, epochs=6,
                  home=tmp_path_factory.mktemp("home"))  # fmt: skip
    run.mark(top=2, target="self")
    return run


@pytest.mark.parametrize("name", PAGES)
def test_no_page_speaks_of_accuracy_or_offers_to_correct_a_label(app, numbers, name):
    page = healthy(app(numbers.home, name).run())
    text = said(page)
    if name != "glossary":
        assert "accuracy" not in text.casefold()
    assert not [one.key for one in page.button if one.key and one.key.startswith("mark_relabel")]


def test_a_row_is_shown_with_its_error(app, numbers):
    line = numbers.scores("self").iloc[0]
    page = healthy(app(numbers.home, "review").run())
    text = said(page)
    assert f"Predicted **{line['predicted']}** instead of **{line['label']}**" in text
    assert "errors by size" in text


@pytest.mark.parametrize("colour", ["label", "disagree"])
def test_the_map_colours_numbers_along_a_scale(app, numbers, colour):
    page = healthy(app(numbers.home, "map").run())
    widget(page.selectbox, "map_colour").set_value(colour).run()
    healthy(page)
    (chart,) = [one for one in page.get("plotly_chart") if "coloraxis" in one.proto.spec]
    scale = json.loads(chart.proto.spec)["layout"]["coloraxis"]
    if colour == "label":
        given = pd.to_numeric(numbers.scores("self")["label"])
        assert given.min() <= scale["cmin"] < scale["cmax"] <= given.max()
    else:
        assert scale["cmin"] == -scale["cmax"] < 0, "too little and too much are told apart"
        assert "predicted" in scale["colorbar"]["title"]["text"]


def test_the_export_counts_numbers_in_bands(app, numbers):
    page = healthy(app(numbers.home, "export").run())
    assert metrics(page)["Will be removed"] == "2"
    assert "bands of about as many training rows" in said(page)
    assert not button(page, "prepare_export").disabled
