"""μ, its interval and paired changes against what is known; words against made-up measurements."""

import json

import numpy as np
import pytest
from scipy import stats

from finine_core.tradeoff import Curve, gaussian_beta
from finine_core.verification import Arm, headline, sentences
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


def found(
    accuracy, loss=None, *, repeats=6, marked=2, corrected=0, validation_rows=50, repeat_noise=0.001
):
    """A verification with these mean accuracies of the arms with, without and random."""
    loss = loss or [1 - one for one in accuracy]
    noise = np.random.default_rng(0).normal(0, repeat_noise, size=(repeats, 3))
    labels = np.repeat([0, 1], 20)
    plan = Plan(
        run_id="r",
        classes=("a", "b"),
        labels=labels,
        marked=np.arange(marked),
        corrected=np.arange(10, 10 + corrected),
        new_labels=np.ones(corrected, dtype=np.int64),
        validation_rows=validation_rows,
        content={"seed": 0, "settings": {}},
    )
    trainings = {
        (repeat, arm): Training(
            repeat,
            arm,
            {
                "validation_loss": loss[k] - noise[repeat - 1, k],
                "validation_accuracy": accuracy[k] + noise[repeat - 1, k],
                "marked_loss": 0.5,
            },
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
    assert "so removing these 2 rows raises it" in said
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
    assert record.change("validation_accuracy", Arm.WITHOUT).shown
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


def test_corrected_labels_are_told_beside_removed_rows_and_alone():
    both = " ".join(sentences(found((0.7, 0.8, 0.7), marked=2, corrected=3)))
    assert "Removing these 2 rows and correcting 3 labels raised validation accuracy" in both
    assert "removing 2 random rows of the same classes and giving 3 random rows" in both
    assert "better than the same with random rows" in both
    alone = sentences(found((0.7, 0.7, 0.7), marked=0, corrected=1, repeat_noise=0.01))
    assert alone[0].startswith("No effect of correcting this label on validation accuracy")
    assert "giving a random row of the same class these other labels" in alone[0]
    assert "without random rows" not in " ".join(alone)


def regression(rmse, noise=0.2, repeats=6):
    """A verification of a run on numbers, with these mean RMSE of the arms."""
    random = np.random.default_rng(0).normal(0, noise, size=(repeats, 3))
    plan = Plan(
        run_id="r",
        classes=("1 … 5", "6 … 9"),
        labels=np.repeat([0, 1], 20),
        marked=np.arange(4),
        corrected=np.empty(0, dtype=np.int64),
        new_labels=np.empty(0, dtype=np.int64),
        validation_rows=50,
        content={"seed": 0, "settings": {}},
        task="regression",
    )
    trainings = {
        (repeat, arm): Training(
            repeat,
            arm,
            {
                "validation_rmse": rmse[k] + random[repeat - 1, k],
                "validation_mae": 0.8 * rmse[k] + random[repeat - 1, k],
                "validation_loss": (rmse[k] + random[repeat - 1, k]) / 100,
                "marked_loss": 0.5,
            },
        )
        for repeat in range(1, repeats + 1)
        for k, arm in enumerate(Arm)
    }
    return summarise(plan, trainings, repeats, targets=["self"])


def test_numbers_are_told_by_their_error_in_their_own_units_and_less_is_better():
    record = regression([55.0, 52.0, 55.0])
    said = sentences(record)
    assert said[0].startswith("Removing these 4 rows lowered validation RMSE by 2.9")
    assert "points" not in " ".join(said)
    assert "removing 4 random rows with like values" in said[0]
    assert "better than removing random rows" in said[1]
    assert said[2].startswith("Validation MAE (lower is better) changed by −2.")
    assert headline(record) == "RMSE fell, more than without random rows."
    assert record.gain(Arm.WITHOUT).low > 0 > record.change("validation_rmse", Arm.WITHOUT).high
    worse = regression([52.0, 55.0, 52.0])
    assert headline(worse).startswith("RMSE rose: look at the marks again")
    assert "worse than removing random rows" in sentences(worse)[1]


def test_a_record_of_before_other_measures_reads_as_it_did(tmp_path):
    record = found([0.9, 0.92, 0.9])
    earlier = {**record.model_dump(mode="json"), "schema_version": 2}
    del earlier["task"]
    path = tmp_path / "result.json"
    path.write_text(json.dumps(earlier))
    assert sentences(read_verification(path)) == sentences(record)
