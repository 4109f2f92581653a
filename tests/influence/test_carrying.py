"""What is left of a kick at the end of a run, against runs that were really kicked."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from finine_core.errors import FinineError
from finine_core.gradients import RowGradients
from finine_core.influence import SignalStore, SignalWriter, default_estimator
from finine_core.influence.carrying import (
    Curvature,
    Kept,
    curvature_outside,
)
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.influence.response import Horizon
from finine_core.training.models import model_kind
from finine_core.training.objectives import objective_named
from finine_core.training.settings import Settings
from finine_core.training.trainer import MOMENTUM, Trainer

ROWS, KICK = 200, 1e-2
CROSS_ENTROPY = objective_named("cross_entropy")


def digits_run(model="mlp", optimizer="sgd", epochs=12):
    x, y = load_digits(return_X_y=True)
    x, y = torch.from_numpy((x / 16).astype(np.float32)), torch.from_numpy(y)
    settings = Settings(epochs, 32, 0.01, optimizer, 1e-3, seed=1)
    built = model_kind(model).seeded((64,), 10, seed=1)
    return Trainer(built, x[:ROWS], y[:ROWS], x[ROWS:400], y[ROWS:400], settings)


class Kicked:
    """Adds a little of g_i to the gradient of one step."""

    def __init__(self, run, step, row):
        self.run, self.step, self.row = run, step, row

    def before_step(self, step, *_):
        if step == self.step:
            run, one = self.run, slice(self.row, self.row + 1)
            run.model.eval()
            found = RowGradients(run.model, run.loss)
            gradient = found.mean_gradient(run.train_x[one], run.train_y[one])
            with torch.no_grad():
                for name, p in run.model.named_parameters():
                    velocity = run.optimizer.state[p]["momentum_buffer"]
                    velocity += KICK * gradient[name] / MOMENTUM

    def after_epoch(self, progress):
        pass


class CurvatureAt:
    """What the curvature at one step says is left of each row's kick along itself."""

    def __init__(self, run, step, count):
        self.run, self.step, self.count = run, step, count

    def before_step(self, step, *_):
        if step != self.step:
            return
        run, random = self.run, np.random.default_rng(0)
        run.model.eval()
        gradients = RowGradients(run.model, run.loss)
        x = run.train_x[random.choice(ROWS, self.count, replace=False)]
        drawn = CROSS_ENTROPY.curved(run.model(x), random)
        held = gradients.probe(x, drawn)
        own = gradients.products(x, drawn, probes=held).pairs
        found = gradients.products(run.train_x, run.train_y, probes=held, norms=True)
        settings, later = run.settings, run.total_steps - 1 - step
        curvature = Curvature(own, Horizon(
            settings.learning_rate, MOMENTUM, settings.weight_decay, (later, later + 1),
            run.total_steps, settings.steps_per_epoch(ROWS), run.convex,
        ))  # fmt: skip
        unit = KICK * settings.learning_rate * CROSS_ENTROPY.unit(found.losses)
        left = curvature.effect.own(curvature.coordinates(found.pairs), found.norms.double())
        self.margin_moves = (left * unit).numpy()
        self.stays_whole = (found.norms.double() * unit / (1 - MOMENTUM)).numpy()

    def after_epoch(self, progress):
        pass


def margins(run):
    losses = run.loss(run.model(run.train_x), run.train_y).detach().double()
    return -torch.log(torch.expm1(losses)).numpy()


@pytest.mark.parametrize(("model", "better"), [("logistic", 0.2), ("mlp", 0.7)])
def test_what_is_left_of_a_kick_is_what_a_kicked_run_ends_with(model, better):
    rows, step = range(0, ROWS, 16), 30
    plain = digits_run(model)
    said = CurvatureAt(plain, step, count=150)
    plain.run([said])
    before = margins(plain)
    moved = []
    for row in rows:
        run = digits_run(model)
        run.run([Kicked(run, step, row)])
        moved.append(margins(run)[row] - before[row])
    ratio = said.margin_moves[list(rows)] / moved
    as_if_all_stayed = said.stays_whole[list(rows)] / moved
    # The margin's own direction turns on the way, most with ten classes in a convex model.
    assert 0.7 < np.median(ratio) < 1.6
    off, off_before = (np.median(np.abs(np.log(one))) for one in (ratio, as_if_all_stayed))
    assert off < better * off_before


def test_a_row_along_the_curvature_fades_by_it_and_one_across_it_by_that_of_the_rest():
    g = torch.tensor([[3.0, 0, 0, 0], [0, 2.0, 0, 0], [3.0, 0, 1.0, 0], [0, 2.0, 1.0, 0]]).double()
    after = Horizon(0.1, 0.0, 0.01, (10, 11), 40, 4, convex=False)
    curvature = Curvature(g @ g.T, after, kept=4)
    # The first half of g spans axes 0 and 1; of both others (0, 0, 1, 0) is left over: 1² / 1.
    assert float(curvature_outside(g @ g.T, kept=2)) == pytest.approx(1.0)
    rows = torch.tensor([[1.0, 0, 0, 0], [1.0, 2.0, 3.0, 0], [1.0, 2.0, 3.0, 4.0]]).double()
    values, vectors = torch.linalg.eigh(g.T @ g / 4)
    values[0] = 1.0  # along axis 3, outside of the span of all of g
    a, products = curvature.coordinates(rows @ g.T), rows @ rows.T
    for kept, exponent in ((curvature.effect, 10), (curvature.noise, 10), (curvature.start, 80)):
        share = (1 - 0.1 * (values + 0.01)).clamp(min=0) ** exponent
        exact = rows @ (vectors @ torch.diag(share) @ vectors.T) @ rows.T
        torch.testing.assert_close(kept.between(a, a, products), exact)
        torch.testing.assert_close(kept.own(a, products.diagonal()), exact.diagonal())


@pytest.mark.parametrize("own", [torch.zeros(4, 4), torch.eye(3), torch.ones(1, 1)])
def test_rows_without_any_curvature_or_all_alike_are_no_error(own):
    after = Horizon(0.1, 0.9, 0.0, (10, 12), 40, 4, convex=True)
    curvature = Curvature(own, after)
    a = curvature.coordinates(own)
    assert torch.isfinite(curvature.noise.own(a, own.diagonal().double())).all()


def test_fisher_labels_pull_with_the_fisher_matrix_of_the_outputs():
    outputs = torch.log(torch.tensor([[0.7, 0.25, 0.05, 0.0]], dtype=torch.float64))
    chances = outputs.softmax(dim=1)
    pull = chances - CROSS_ENTROPY.curved(outputs.expand(50_000, 4), np.random.default_rng(2))
    fisher = torch.diag(chances[0]) - chances.T @ chances
    torch.testing.assert_close(pull.T @ pull / 50_000, fisher, rtol=0, atol=0.003)
    assert pull.sum(dim=1).abs().max() < 1e-12
    given = outputs.clone().requires_grad_()
    label = CROSS_ENTROPY.curved(outputs, np.random.default_rng(3))
    torch.nn.functional.cross_entropy(given, label, reduction="sum").backward()
    torch.testing.assert_close(given.grad, chances - label)


def test_two_classes_pull_equally_whatever_is_drawn():
    outputs = torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    pull = outputs.softmax(dim=1) - CROSS_ENTROPY.curved(outputs, np.random.default_rng(4))
    torch.testing.assert_close(pull[:, 0].square(), outputs.softmax(dim=1).prod(dim=1))


def test_margins_move_by_the_scaled_loss():
    losses = torch.tensor([0.01, 0.5, 3.0], dtype=torch.float64)
    margin = lambda loss: -torch.log(torch.expm1(loss))  # noqa: E731
    step = 1e-6
    slope = (margin(losses) - margin(losses + step)) / step
    torch.testing.assert_close(CROSS_ENTROPY.unit(losses), slope, rtol=1e-4, atol=0)
    assert torch.isfinite(CROSS_ENTROPY.unit(torch.zeros(1))).all()


def test_a_kept_matrix_never_gives_a_negative_square():
    kept = Kept(torch.tensor([1e-9], dtype=torch.float64), 1.0)
    a = torch.tensor([[1.0000001]], dtype=torch.float64)
    assert kept.own(a, torch.tensor([1.0], dtype=torch.float64)) >= 0


@pytest.mark.parametrize("model", ["mlp", "logistic"])
def test_a_run_by_sgd_carries_its_signals_and_adam_says_it_does_not(tmp_path, model):
    for optimizer in ("sgd", "adam"):
        run = digits_run(model, optimizer, epochs=3)
        writer = SignalWriter(tmp_path / optimizer, plan_for(run, ("self", "validation")))
        run.run([Recorder(run, writer)])
        writer.flush()
        store = SignalStore(tmp_path / optimizer)
        chosen = default_estimator(store.plan.carried)
        mu = chosen.mu(store.target("self", carried=chosen.carried))
        assert np.isfinite(mu).all()
        assert (mu > 0).all()
        assert chosen.name == ("carried" if optimizer == "sgd" else "gaussian")
        if optimizer == "adam":
            with pytest.raises(FinineError, match="not carried to its end"):
                store.target("self", carried=True)
        else:
            shared = store.target("validation", carried=True)
            mean = np.asarray(shared.signal).mean(axis=1) * store.plan.batch
            np.testing.assert_allclose(mean, shared.trend[:, 0], rtol=1e-3, atol=1e-9)
