"""One verdict: right corrections are not called harm, and a ruined class is named."""

import numpy as np
import pandas as pd
import pytest

from finine_core.verification import headline
from finine_core.verification.verdict import Said, verdict
from tests.trained import trained


def run_on(tmp_path, x, labels, **options):
    frame = pd.DataFrame(np.round(x, 3)).add_prefix("x").assign(label=labels)
    frame.to_csv(tmp_path / "d.csv", index=False)
    options = {"label": "label", "home": tmp_path / "home", "model": "logistic", **options}
    return trained(tmp_path / "d.csv", epochs=6, lr=0.05, **options)


@pytest.fixture
def points():
    """Two classes apart, one in five of the second; and their labels."""
    random = np.random.default_rng(1)
    second = random.random(700) < 0.2
    return random.normal(size=(700, 4)) + 2.2 * second[:, None], np.where(second, "yes", "no")


def test_right_corrections_are_better_though_held_out_labels_are_wrong_too(tmp_path, points):
    x, true = points
    flip = np.random.default_rng(2).random(len(true)) < 0.2
    given = np.where(flip, np.where(true == "yes", "no", "yes"), true)
    run = run_on(tmp_path, x, given)
    for label in ("yes", "no"):
        rows = np.flatnonzero(flip & (true == label))
        run.mark(rows=rows.tolist(), decision="relabel", label=label)
    found = run.verify(repeats=4, processes=1)
    assert verdict(found).said is Said.BETTER
    assert headline(found).startswith("Better")


def test_a_class_that_is_corrected_away_is_named_as_the_worse_for_it(tmp_path, points):
    x, true = points
    run = run_on(tmp_path, x, true)
    rows = np.flatnonzero(true == "yes")
    run.mark(rows=rows[: len(rows) * 3 // 4].tolist(), decision="relabel", label="no")
    found = run.verify(repeats=4, processes=1)
    assert verdict(found).said is Said.WORSE
    assert "Worse for yes" in headline(found)


def test_marks_that_change_nothing_cannot_be_told(tmp_path, points):
    x, true = points
    run = run_on(tmp_path, x, true)
    run.mark(rows=np.flatnonzero(true == "no")[:3].tolist(), decision="delete")
    found = run.verify(repeats=4, processes=1)
    assert verdict(found).said is Said.CANNOT_TELL
