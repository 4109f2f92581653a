"""What the recorder stores equals the formulas of docs/method.md, computed the slow exact way."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from finine_core.errors import FinineError
from finine_core.influence import SignalStore
from finine_core.influence.recorder import _CURVATURE_STREAM
from finine_core.influence.views import Step
from finine_core.training.trainer import MOMENTUM

LOSS = nn.CrossEntropyLoss(reduction="none")


def gradients(recorded, step, x, y):
    """Every row's gradient at the parameters before `step`, float64, (n, parameters)."""
    parameters = {k: v.double() for k, v in recorded.kept.at[step][0].items()}

    def loss(parameters, one_x, one_y):
        out = functional_call(recorded.trainer.model, parameters, (one_x[None],))
        return LOSS(out, one_y[None]).sum()

    per_row = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x.double(), y)
    return torch.cat([per_row[name].flatten(1) for name in parameters], dim=1).numpy()


def test_signals_on_the_row_itself_are_the_exact_ones(recorded):
    signals, trainer = recorded.store.target("self"), recorded.trainer
    for line, step in enumerate(recorded.plan.steps):
        _, batch, rate = recorded.kept.at[step]
        g = gradients(recorded, step, trainer.train_x, trainer.train_y)
        b = len(batch)
        np.testing.assert_allclose(signals.signal[line], rate * (g**2).sum(1) / b, rtol=1e-4)
        for row in (0, 7, int(batch[0]), 59):
            others = batch[batch != row]
            expected = rate * g[row] @ g[others].sum(0) / b
            assert signals.background[line, row] == pytest.approx(expected, rel=1e-3, abs=1e-7)
        probe = recorded.recorder.probe(Step(line, step, batch, rate))
        for row in (0, int(probe.index[0]), int(probe.index[-1])):
            others = probe.index != row
            products, w = g[row] @ g[probe.index[others]].T, probe.weights[others]
            mean = np.average(products, weights=w)
            trend = np.average(products, weights=probe.trend_weights[others])
            variance = w @ (products - mean) ** 2 / (w.sum() - (w**2).sum() / w.sum())
            assert signals.trend[line, row] == pytest.approx(rate * trend, rel=1e-3, abs=1e-7)
            assert signals.variance[line, row] == pytest.approx(rate**2 * variance / b, rel=1e-3)


@pytest.mark.parametrize("target", ["validation", "class:1"])
def test_signals_on_shared_targets_are_the_exact_ones(recorded, target):
    signals, trainer = recorded.store.target(target), recorded.trainer
    rows = torch.ones(10, dtype=torch.bool) if target == "validation" else trainer.validation_y == 1
    x, y = trainer.validation_x[rows], trainer.validation_y[rows]
    for line, step in enumerate(recorded.plan.steps):
        _, batch, rate = recorded.kept.at[step]
        g = gradients(recorded, step, trainer.train_x, trainer.train_y)
        v = gradients(recorded, step, x, y).mean(0)
        products, b = g @ v, len(batch)
        np.testing.assert_allclose(signals.signal[line], rate * products / b, rtol=1e-3, atol=1e-7)
        assert signals.variance[line, 0] == pytest.approx(
            rate**2 * products.var(ddof=1) / b, rel=1e-3
        )
        assert signals.trend[line, 0] == pytest.approx(rate * products.mean(), rel=1e-3, abs=1e-7)
        member = int(batch[0])
        of_row = recorded.store.row(target, member)
        expected = rate * v @ g[batch[batch != member]].sum(0) / b
        assert of_row.background[line, 0] == pytest.approx(expected, rel=1e-3, abs=1e-7)


def spanned(rows):
    """Orthonormal directions spanned by the rows, and F's eigenvalues along them."""
    _, lengths, directions = np.linalg.svd(rows, full_matrices=False)
    values = lengths**2 / len(rows)
    seen = values > 1e-6 * values[0]
    return directions[seen], values[seen]


def answers(curvature, rate, later):
    """What a gradient's deviation moved, over the learning rate, so many steps later."""
    velocity, x, moved = 1.0, -1.0, []
    for _ in range(max(later) + 1):
        moved.append(-x)
        velocity = MOMENTUM * velocity + curvature * rate * x
        x -= velocity
    return np.array([moved[k] for k in later])


def carried_exactly(recorded, line):
    """What is left of every g_i, of its effect and of noise; F spelled out, float64."""
    step = recorded.plan.steps[line]
    trainer, (parameters, _, rate) = recorded.trainer, recorded.kept.at[step]
    random = np.random.default_rng([trainer.settings.seed, _CURVATURE_STREAM, step])
    x = trainer.train_x[np.sort(random.choice(60, 60, replace=False))]
    drawn = trainer.objective.curved(functional_call(trainer.model, parameters, (x,)), random)
    of_curvature = gradients(recorded, step, x, drawn)
    directions, values = spanned(of_curvature)
    g = gradients(recorded, step, trainer.train_x, trainer.train_y)
    half, _ = spanned(of_curvature[:30])
    rest = of_curvature[30:] - (of_curvature[30:] @ half.T) @ half
    between = (rest @ rest.T)[~np.eye(30, dtype=bool)]
    outside = (between**2).mean() / (rest**2).sum(1).mean()
    inside = (g @ directions.T) @ directions
    later = range(*recorded.plan.left(line))
    left = [answers(c + trainer.settings.weight_decay, rate, later) for c in (*values, outside)]
    weight = len(later) * len(recorded.plan.steps) / trainer.total_steps
    noise = np.sqrt(weight * np.mean(np.square(left), axis=1))
    for shares in (weight * np.mean(left, axis=1), noise):
        yield (g @ directions.T) * shares[:-1] @ directions + shares[-1] * (g - inside)
    yield g


def test_carried_signals_are_the_exact_ones(recorded):
    trainer, plan = recorded.trainer, recorded.plan
    own = recorded.store.target("self", carried=True)
    shared = recorded.store.target("validation", carried=True)
    for line in (1, 4):
        step = plan.steps[line]
        parameters, batch, eta = recorded.kept.at[step]
        effect, noise, g = carried_exactly(recorded, line)
        losses = recorded.store.losses()[line].astype(np.float64)
        unit, b = 1 / -np.expm1(-losses), len(batch)
        expected = eta * unit * (g * effect).sum(1) / b
        np.testing.assert_allclose(own.signal[line], expected, rtol=2e-3)
        v = gradients(recorded, step, trainer.validation_x, trainer.validation_y).mean(0)
        outputs = functional_call(trainer.model, parameters, (trainer.validation_x,))
        loss = float(LOSS(outputs, trainer.validation_y).mean())
        along, along_noise = eta * effect @ v / loss, eta * noise @ v / loss
        np.testing.assert_allclose(shared.signal[line], along / b, rtol=5e-3, atol=1e-6)
        assert shared.trend[line, 0] == pytest.approx(along.mean(), rel=5e-3, abs=1e-6)
        # The variance is that of batches, of when a row takes part, and of the initial parameters.
        assert shared.variance[line, 0] > along_noise.var(ddof=1) / b
        for row in (0, 7):
            probe = recorded.recorder.probe(Step(line, step, batch, 0.0))
            others = probe.index != row
            products = eta * unit[row] * (noise[row] @ g[probe.index[others]].T)
            w = probe.weights[others]
            mean = np.average(products, weights=w)
            batches = w @ (products - mean) ** 2 / (w.sum() - (w**2).sum() / w.sum()) / b
            own_noise = eta * unit[row] * (noise[row] @ g[row]) / b
            timing = 0.5 * plan.epochs / plan.total_steps * own_noise**2
            assert batches + timing < own.variance[line, row] < 1.5 * (batches + timing) + 0.1


def test_losses_and_batches_are_those_of_the_step(recorded):
    line, step = 2, recorded.plan.steps[2]
    parameters, batch, _ = recorded.kept.at[step]
    outputs = functional_call(recorded.trainer.model, parameters, (recorded.trainer.train_x,))
    np.testing.assert_allclose(
        recorded.store.losses()[line],
        LOSS(outputs, recorded.trainer.train_y).detach().numpy(),
        rtol=1e-5,
    )
    stored = recorded.store.batches()[line]
    assert stored[stored >= 0].tolist() == batch.tolist()


def test_a_reader_cannot_write(recorded):
    with pytest.raises(ValueError, match="read-only"):
        recorded.store.target("self").signal[0, 0] = 1.0


def test_recording_does_not_change_training(recorded):
    from finine_core.training.models import model_kind
    from finine_core.training.trainer import Trainer

    old = recorded.trainer
    model = model_kind("mlp").seeded((5,), 2, seed=5)
    plain = Trainer(
        model, old.train_x, old.train_y, old.validation_x, old.validation_y, old.settings
    )
    plain.run()
    for mine, theirs in zip(model.parameters(), old.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_asking_for_a_target_that_was_not_recorded_names_the_recorded_ones(recorded, tmp_path):
    with pytest.raises(FinineError, match="It has: self, validation, class:1"):
        recorded.store.target("selfie")
    with pytest.raises(FinineError, match="No signals"):
        SignalStore(tmp_path)
