"""The model and the epochs are those that a slow search over whole trainings finds."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from finine_core.errors import FinineError
from finine_core.training.models import model_kind
from finine_core.training.objectives import objective_named
from finine_core.training.selection import (
    LEAST_EPOCHS,
    LEAST_STEPS,
    MOST_PATIENCE,
    Tried,
    best_of,
    try_out,
)
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer, predict

ROWS, HELD_OUT, WIDTH = 480, 200, 6
MOST = 40


@pytest.fixture(scope="module")
def rows():
    """Training and held-out rows of a question that is not linear, some of the first ones wrong."""
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS + HELD_OUT, WIDTH)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    wrong = random.random(ROWS) < 0.1
    y[:ROWS][wrong] = 1 - y[:ROWS][wrong]
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    return x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:]


def trainer(rows, model="mlp", epochs=MOST, rate=0.02):
    x, y, held_x, held_y = rows
    settings = Settings(epochs, 16, rate, "sgd", 1e-3, seed=3)
    built = model_kind(model).seeded((WIDTH,), 2, seed=3)
    return Trainer(built, x, y, held_x[:0], held_y[:0], settings, objective_named("cross_entropy"))


def test_the_epochs_are_those_of_the_best_of_all_whole_trainings(rows):
    _, _, held_x, held_y = rows
    weights = np.linspace(0, 1, HELD_OUT)
    (found,) = try_out({"mlp": trainer(rows)}, held_x, held_y, weights)
    losses = {}
    for epochs in range(LEAST_EPOCHS, found.epochs + MOST_PATIENCE + 1):
        whole = trainer(rows, epochs=epochs)
        whole.run()
        each = whole.loss(predict(whole.model, held_x), held_y).double().numpy()
        losses[epochs] = float(np.average(each, weights=weights))
    assert found.epochs == min(losses, key=losses.__getitem__)
    assert found.loss == losses[found.epochs]
    assert LEAST_EPOCHS < found.epochs < MOST - MOST_PATIENCE, "else nothing was ended"
    assert found.trained == found.epochs + MOST_PATIENCE


def test_a_model_that_does_better_replaces_the_first(rows):
    _, _, held_x, held_y = rows
    alike = np.ones(HELD_OUT)
    tried = try_out(
        {name: trainer(rows, name) for name in ("logistic", "mlp")}, held_x, held_y, alike
    )
    assert [one.model for one in tried] == ["logistic", "mlp"]
    assert best_of(tried, alike).model == "mlp", "the question is not linear"


def tried(model, right, losses):
    right, losses = np.asarray(right, float), np.asarray(losses, float)
    return Tried(model, 5, 9, float(losses.mean()), float(right.mean()), losses, right)


def test_right_answers_count_before_losses_and_rows_before_chance():
    weights, few, most = np.ones(100), np.arange(100) < 50, np.arange(100) < 90
    first = tried("mlp", few, np.full(100, 0.5))
    assert best_of([first, tried("logistic", most, np.full(100, 0.9))], weights).model == "logistic"
    worse = tried("logistic", np.arange(100) < 40, np.full(100, 0.1))
    assert best_of([first, worse], weights).model == "mlp"
    swapped = tried("logistic", np.arange(100) >= 50, np.linspace(0, 0.9, 100))
    assert best_of([first, swapped], weights).model == "logistic", "the loss decides: 0.45"
    lucky = tried("logistic", np.arange(100) >= 50, np.where(few, 0, 0.98))
    assert best_of([first, lucky], weights).model == "mlp", "0.49 is within a standard error"
    doubted = np.where(np.arange(100) < 50, 1.0, 0.0)  # only rows that both are right on count
    assert best_of([first, tried("logistic", most, np.full(100, 0.9))], doubted).model == "mlp"


def test_a_candidate_that_diverges_is_passed_over_and_told(rows):
    _, _, held_x, held_y = rows
    alike = np.ones(HELD_OUT)
    wild = trainer(rows, rate=1e5)
    both = try_out({"mlp": wild, "logistic": trainer(rows, "logistic")}, held_x, held_y, alike)
    assert math.isinf(both[0].loss)
    assert best_of(both, alike).model == "logistic"
    with pytest.raises(FinineError, match="Training diverged"):
        try_out({"mlp": trainer(rows, rate=1e5)}, held_x, held_y, alike)


def test_of_few_rows_there_are_enough_steps_all_the_same(rows):
    x, y, held_x, held_y = rows
    few = trainer((x[:32], y[:32], held_x, held_y), rate=0.5)  # 2 steps an epoch, soon by heart
    (found,) = try_out({"mlp": few}, held_x, held_y, np.ones(HELD_OUT))
    assert found.epochs == MOST < LEAST_STEPS / 2


def test_given_epochs_are_all_trained_and_compared_after_the_last(rows):
    _, _, held_x, held_y = rows
    (found,) = try_out({"mlp": trainer(rows)}, held_x, held_y, np.ones(HELD_OUT), stop=False)
    whole = trainer(rows)
    whole.run()
    losses = whole.loss(predict(whole.model, held_x), held_y).double().numpy()
    assert (found.epochs, found.trained, found.loss) == (MOST, MOST, float(losses.mean()))


def test_what_a_training_was_before_it_diverged_counts(rows):
    _, _, held_x, held_y = rows
    late = trainer(rows)

    class Spoiled:
        def loss(self, outputs, targets):
            found = real(outputs, targets)
            return found * math.inf if late.step > 200 else found

    real = late.loss
    late.loss = Spoiled().loss
    (found,) = try_out({"mlp": late}, held_x, held_y, np.ones(HELD_OUT))
    assert LEAST_EPOCHS < found.epochs <= found.trained < MOST
    assert math.isfinite(found.loss)


def test_where_classes_count_alike_the_loss_decides(rows):
    x, y, held_x, held_y = rows
    balanced = objective_named("balanced_cross_entropy").fitted(y, 2)
    settings = Settings(4, 16, 0.02, "sgd", 1e-3, seed=3)
    built = model_kind("mlp").seeded((WIDTH,), 2, seed=3)
    one = Trainer(built, x, y, held_x[:0], held_y[:0], settings, balanced)
    (found,) = try_out({"mlp": one}, held_x, held_y, np.ones(HELD_OUT))
    assert found.right is None


def test_whoever_watches_can_end_it(rows):
    _, _, held_x, held_y = rows
    seen = []

    def watch(model, epoch, epochs):
        seen.append((model, epoch, epochs))
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_out({"mlp": trainer(rows)}, held_x, held_y, np.ones(HELD_OUT), watch)
    assert seen == [("mlp", 1, MOST), ("mlp", 2, MOST)]


def test_numbers_are_chosen_by_their_loss():
    random = np.random.default_rng(0)
    x = torch.from_numpy(random.normal(size=(400, 3)).astype(np.float32))
    y = x[:, :1] - 2 * x[:, 1:2]
    squared = objective_named("squared").fitted(y[:300], 1)

    def built(model):
        settings = Settings(20, 16, 0.01, "sgd", 0.0, seed=0)
        return Trainer(model, x[:300], y[:300], x[:0], y[:0], settings, squared)

    torch.manual_seed(0)
    linear = built(nn.Linear(3, 1))
    blind = built(nn.Sequential(nn.Linear(3, 1), nn.Hardtanh(-0.1, 0.1)))
    found = try_out({"blind": blind, "linear": linear}, x[300:], y[300:], np.ones(100))
    assert best_of(found, np.ones(100)).model == "linear"
    assert all(one.right is None for one in found)
