"""Studies of fidelity: their fast retraining is the real one, and small versions of them run."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer, predict
from tests.benchmarks.studies import BENCHMARKS, study

sys.path.insert(0, str(BENCHMARKS / "fidelity"))

from ensemble import Problem, Run, losses_after, orders
from truth import spread, true_mu


@pytest.fixture(scope="module")
def problem():
    random = np.random.default_rng(0)
    x = random.normal(size=(70, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    settings = Settings(3, 16, 0.05, "sgd", 1e-2, 0)
    return Problem("mlp", x[:50], y[:50], x[50:], y[50:], settings)


class InOrderOf(Trainer):
    """A trainer that visits the rows in a given order."""

    def __init__(self, order, *arguments):
        super().__init__(*arguments)
        self.order = order

    @property
    def rows(self):
        return len(self.order[0])

    def _batches(self, epoch, skip):
        order, size = self.order[epoch], self.settings.batch_size
        for start in range(skip * size, len(order), size):
            yield order[start : start + size]


def trained_alone(problem, run):
    model = model_kind("mlp").seeded((4,), 2, run.seed)
    arrays = (problem.x, problem.y, problem.test_x, problem.test_y)
    settings = replace(problem.settings, seed=run.seed)
    trainer = InOrderOf(orders(problem, run), model, *map(torch.from_numpy, arrays), settings)
    trainer.run()
    outputs = (predict(trainer.model, x) for x in (trainer.train_x, trainer.validation_x))
    losses = map(trainer.loss, outputs, (trainer.train_y, trainer.validation_y))
    return torch.cat(list(losses)).numpy()


def test_runs_side_by_side_end_where_each_would_end_alone(problem):
    # without 18 rows a run has 32, two full batches; the others have a fourth, short one
    runs = [Run(3), Run(4), Run(3, (7,)), Run(5, tuple(range(18)))]
    together = losses_after(problem, runs)
    for run, losses in zip(runs, together, strict=True):
        np.testing.assert_allclose(losses, trained_alone(problem, run), rtol=1e-4, atol=1e-5)


def test_a_run_of_all_rows_is_the_one_that_the_worker_trains(problem):
    order = np.random.default_rng([3, 1]).permutation(50)
    np.testing.assert_array_equal(orders(problem, Run(3))[1], order)
    assert 7 not in orders(problem, Run(3, (7,)))[1]


def test_the_true_mu_of_shifted_normals_is_their_distance():
    random = np.random.default_rng(0)
    one, other = random.normal(size=2000), 0.8 + random.normal(size=2000)
    error = spread(one[:200], other[:200])
    assert abs(true_mu(one, other) - 0.8) < 0.08
    assert 0.08 < error < 0.16, "the standard error of a difference of 200 and 200 is about .11"
    assert true_mu(np.exp(one), np.exp(other)) == true_mu(one, other), "losses may be transformed"


@pytest.fixture
def study_of(tmp_path):
    """Give `study_of(name, *options)`: what a study of this folder writes."""
    return lambda name, *options: study(f"fidelity/{name}", tmp_path / "out.json", *options)


def test_flipped_rows_truly_matter_more_and_the_default_estimator_sees_it(study_of, tmp_path):
    small = ("--rows", "10", "--repeats", "6", "--seeds", "1", "--epochs", "20")
    gold = study_of("gold.py", *small)
    assert gold["median true μ, flipped rows"] > gold["median true μ, other rows"]
    assert gold["estimators"]["μ self (carried)"]["pearson"] > 0.5
    (tmp_path / "truth.json").write_text(json.dumps(gold))
    again = study_of("gold.py", *small, "--truth", str(tmp_path / "truth.json"))
    assert again["estimators"] == gold["estimators"], "the truth is taken as it was stored"


def test_groups_of_flipped_rows_hurt_truly_and_as_estimated(study_of):
    small = ("--groups", "8", "--repeats", "5", "--seeds", "1", "--epochs", "20")
    found = study_of("groups.py", *small)
    assert found["estimators"]["carried, refilled"]["spearman with change"] > 0.5


def test_sizes_stay_right_in_a_long_run_of_a_convex_model(study_of):
    case = "breast_cancer:logistic:100"
    small = ("--rows", "6", "--repeats", "4", "--seeds", "1")
    figures = study_of("lengths.py", *small, "--case", case)["cases"][case]["estimators"]
    assert figures["μ self (carried)"]["pearson"] > 0.8
    assert 0.5 < figures["μ self (carried)"]["size"] < 2


def test_an_auxiliary_run_is_held_against_the_stored_truth(study_of):
    found = study_of("auxiliary.py", "--seeds", "1", "--model", "logistic")["estimators"]
    assert found["μ self (carried), mean of both runs"]["pearson"] > 0.85
    assert found["μ self (carried), mean of both runs"] != found["μ self (carried), run alone"]


def test_where_there_is_nothing_little_is_said_and_wide_intervals_hold_the_truth():
    import null

    lines = null.estimates(rows=150, true_mus=(0.0, 1.0), autocorrelations=(0.0,))
    by_case = {(one["true μ"], one["estimator"]): one for one in lines}
    assert by_case[0.0, "gaussian"]["mean |μ|"] < 0.15
    assert by_case[1.0, "carried"]["coverage"] > 0.9
    assert abs(by_case[1.0, "gaussian"]["mean"] - 1) < 0.15
    for line in null.false_discoveries(rows=600, repeats=3, autocorrelations=(0.0,)):
        assert line["realised"] < 2 * line["rate"]
