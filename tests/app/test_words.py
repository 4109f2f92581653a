"""How numbers, filters and curves become words and lines."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from finine_app import theme
from finine_app.components.content import Content, data_name, preview
from finine_app.components.named_curve import of_row
from finine_app.components.review.filters import Filter
from finine_app.components.words import pair_words
from finine_core.influence import RowCurve
from finine_core.tradeoff import gaussian_beta


def curve_of(row, mu, beta=None):
    alpha = np.linspace(0, 1, 201)
    smooth = gaussian_beta(mu, alpha)
    beta = smooth if beta is None else beta
    return of_row(RowCurve(alpha, beta, smooth, beta, beta, row, "self", mu, mu, mu))


def test_pairs_are_told_as_dominating_equal_or_crossing():
    weak, strong = curve_of(1, 0.5), curve_of(2, 2.0)
    assert "Row 2** is easier to detect than **row 1" in pair_words(weak, strong)
    assert "Row 2** is easier to detect than **row 1" in pair_words(strong, weak)
    assert "cannot be told apart" in pair_words(weak, dataclasses.replace(weak, name="row 3"))
    alpha = weak.alpha
    steep = np.maximum(0.5 - 0.5 * alpha, 0.0)  # easy for a strict tester, hard for a lax one
    bent = np.maximum(1 - 2.5 * alpha, 0.0)
    words = pair_words(curve_of(4, 1, steep), curve_of(5, 1, bent))
    assert "cross at α ≈ 0.25" in words
    assert "a stricter tester detects row 4 more easily" in words


def test_an_order_of_curves_whose_bands_overlap_is_called_uncertain():
    weak, strong = curve_of(1, 0.5), curve_of(2, 2.0)
    assert "not certain" not in pair_words(weak, strong)
    wide = dataclasses.replace(strong, beta_high=weak.beta + 0.01)
    assert "not certain" in pair_words(weak, wide)
    assert "not certain" in pair_words(wide, weak)


def test_a_name_from_people_is_no_markup_in_a_sentence():
    named = dataclasses.replace(curve_of(1, 2.0), name="group **$x$**")
    assert "group \\*\\*\\$x\\$\\*\\*" in pair_words(named, curve_of(2, 0.5)).casefold()


def test_odd_filters_become_sql_that_says_what_they_say():
    where = Filter(text="it's", label='"', mu_max=-0.5, sql="mu > 1 -- note").where(
        lambda _: ["text"]
    )
    assert "'it''s'" in where
    assert where.endswith("\nmu > 1 -- note\n)"), "a comment must not swallow the bracket"


def test_a_word_is_not_looked_for_among_numbers_and_a_number_is():
    content = Content((), ("width",), ("kind",), frozenset({"width"}))
    assert "width" not in Filter(text="wide").where(content.searched)
    assert "width" in Filter(text="-1.5e3").where(content.searched)
    only_numbers = Content((), ("width",), (), frozenset({"width"}))
    assert Filter(text="wide").where(only_numbers.searched) == "(false)"


def test_a_preview_is_one_short_line():
    line = {"text": "line one\nline two " * 1000}
    assert len(preview(line, Content(("text",), (), ()))) == 40
    assert "\n" not in preview(line, Content(("text",), (), ()))
    assert data_name(["mu", "data_label"], "label") == "data_label"


@pytest.mark.parametrize(
    ("lines", "ground"),
    [(theme.LINES_LIGHT, theme.GROUND_LIGHT), (theme.LINES_DARK, theme.GROUND_DARK)],
)
def test_every_line_stands_out_from_its_ground_by_three_to_one(lines, ground):
    def luminance(colour):
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for colour in lines:
        high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3, colour
