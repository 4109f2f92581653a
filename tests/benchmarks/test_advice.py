"""The study of the advice: a small version of it, and the page that gives its figures."""

import json

import numpy as np
import pytest

from benchmarks.advice.__main__ import measure, out_of_fold
from benchmarks.advice.cases import make
from benchmarks.advice.table import (
    SINGLE,
    cleaning_table,
    coverage,
    mean_precision,
    precision_table,
    stated_table,
)
from tests.benchmarks.studies import BENCHMARKS

PAGE = BENCHMARKS.parent / "docs" / "suspicion.md"


def plain_confidence(x, codes):
    """cleanlab is no dependency of the tests: its self-confidence is the given label's chance."""
    return out_of_fold(x, codes)[np.arange(len(codes)), codes]


def test_suspicion_is_near_the_best_single_ranking_and_says_how_many_are_wrong(tmp_path):
    case = make("digits, class-dependent 30 %", tmp_path, 7, clean=False)
    found = measure(case, tmp_path / "home", plain_confidence)
    precision = found["average precision"]
    assert precision["suspicion"] > max(precision[name] for name in SINGLE) - 0.05
    assert precision["suspicion"] > precision["cleanlab"] + 0.1
    total = found["stated"][-1]
    assert total["low"] <= total["true"] <= total["high"]
    assert found["brier"]["suspicion"] < found["brier"]["cleanlab"]
    cleaned = found["cleaned"]
    assert cleaned["corrected by suspicion"] > cleaned["as it is"] + 0.05
    assert cleaned["deleted by suspicion"] > cleaned["deleted by random"] + 0.05


@pytest.fixture(scope="module")
def measured():
    return json.loads((BENCHMARKS / "advice.json").read_text(encoding="utf-8"))


def test_the_page_on_suspicion_gives_the_measured_figures(measured):
    page = PAGE.read_text(encoding="utf-8")
    for table in (precision_table, stated_table, cleaning_table):
        assert table(measured) in page, f"{table.__name__} differs"
    inside, said = coverage(measured)
    assert f"{inside} of {said} stated ranges hold" in page


def test_suspicion_is_ahead_of_every_single_ranking_on_average(measured):
    found = mean_precision(measured)
    means = {
        name: np.mean([one[name] for one in found.values()]) for name in ("suspicion", *SINGLE)
    }
    assert max(means, key=means.get) == "suspicion"
