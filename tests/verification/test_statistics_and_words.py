"""μ, its interval and paired changes against what is known; words against made-up measurements."""

import numpy as np
import pytest
from scipy import stats

from finine_core.tradeoff import Curve, gaussian_beta
from finine_core.verification import Arm, Measure, sentences
from finine_core.verification.plan import Plan
from finine_core.verification.result import read_verification, summarise
from finine_core.verification.statistics import (
    mu_interval,
    paired_change,
    standardised_difference,
)
from finine_core.verification.store import Training


def test_mu_is_unbiased_signed_and_its_interval_holds_it():
    random = np.random.default_rng(0)
    for true in (0.0, 1.0, -1.0):
        null = random.normal(size=(300, 10))
        other = random.normal(size=(300, 10)) + true
        assert abs(standardised_difference(null, other).mean() - true) < 0.1
        held = [
            low <= true <= high
            for low, high in (mu_interval(p, q, 0) for p, q in zip(null, other, strict=True))
        ]
        assert np.mean(held) > 0.9


def test_there_is_no_interval_where_there_is_nothing_to_have_it_from():
    assert mu_interval(np.arange(4.0), np.arange(4.0) + 1, 0) is None
    assert mu_interval(np.zeros(10), np.ones(10), 0) is None
    assert standardised_difference(np.ones(3), np.ones(3)) == 0


def test_paired_changes_are_those_of_a_t_test():
    before, after = np.random.default_rng(1).normal(size=(2, 12))
    mean, low, high = paired_change(before, after)
    reference = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (low, high) == pytest.approx((reference.low, reference.high))
    assert mean == pytest.approx((after - before).mean())


def found(accuracy, loss=None, *, repeats=6, marked=2, validation_rows=50, repeat_noise=0.001):
    """A verification with these mean accuracies of the arms with, without and random."""
    loss = loss or [1 - one for one in accuracy]
    noise = np.random.default_rng(0).normal(0, repeat_noise, size=(repeats, 3))
    labels = np.repeat([0, 1], 20)
    plan = Plan(
        "r", ("a", "b"), labels, np.arange(marked), validation_rows, {"seed": 0, "settings": {}}
    )
    trainings = {
        (repeat, arm): Training(
            repeat, arm, loss[k] - noise[repeat - 1, k], accuracy[k] + noise[repeat - 1, k], 0.5
        )
        for repeat in range(1, repeats + 1)
        for k, arm in enumerate(Arm)
    }
    return summarise(plan, trainings, repeats, targets=["self"])


@pytest.mark.parametrize(
    ("accuracy", "first", "second"),
    [
        (
            [0.90, 0.92, 0.90],
            "raised validation accuracy by 2.0 points (95 % interval 1.",
            "better",
        ),
        (
            [0.90, 0.88, 0.90],
            "lowered validation accuracy by 2.0 points (95 % interval 1.",
            "worse",
        ),
        (
            [0.90, 0.90, 0.90],
            "No effect of removing these 2 rows on validation",
            "not shown to differ",
        ),
        ([0.90, 0.92, 0.92], "raised validation accuracy", "not shown to differ"),
    ],
)
def test_the_conclusion_says_no_more_than_was_measured(accuracy, first, second):
    said = sentences(found(accuracy))
    assert first in said[0]
    assert "6 retrainings each" in said[0]
    assert second in said[1]


def test_a_loss_that_rises_with_accuracy_a_large_overlap_and_few_repeats_are_said():
    said = " ".join(sentences(found([0.90, 0.92, 0.90], loss=[0.3, 0.9, 0.3])))
    assert "Loss rose although accuracy did not fall" in said
    assert "so removing the rows raises it" in said
    assert "share" not in said
    assert "share" in " ".join(sentences(found([0.9, 0.9, 0.9], marked=16)))
    assert "too few retrainings" in " ".join(sentences(found([0.9, 0.92, 0.9], repeats=3)))
    steady = " ".join(sentences(found([0.9, 0.92, 0.9], repeat_noise=0)))
    assert "μ cannot be told" in steady


def test_the_curve_is_that_of_the_two_samples_and_the_record_reads_back(tmp_path):
    record = found([0.9, 0.92, 0.9])
    influence = record.influence_of(Arm.WITHOUT)
    assert influence.mu < 0, "removing lowers the loss"
    curve = Curve(np.asarray(influence.alpha), np.asarray(influence.beta))
    assert curve.at(0.05) <= gaussian_beta(0, 0.05)
    assert record.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT).shown
    path = tmp_path / "result.json"
    path.write_text(record.model_dump_json())
    assert read_verification(path) == record


def test_equal_differences_of_few_repeats_are_not_certainty():
    mean, low, high = paired_change([0.9, 0.9], [0.8, 0.8], resolution=1 / 12)
    assert mean == pytest.approx(-0.1)
    assert low < -0.3
    assert high > 0.1, "two repeats on twelve rows show nothing"
    narrow = paired_change([0.9] * 10, [0.8] * 10, resolution=1 / 1000)
    assert narrow[2] < -0.099, "ten on a thousand do"
