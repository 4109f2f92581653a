"""Labels that may hold together: what is recorded equals the exact gradients of the summed loss."""

import numpy as np
import torch
from torch.func import functional_call, grad, vmap
from torch.nn.functional import binary_cross_entropy_with_logits

from finine_core.gradients import ghost_rows
from finine_core.training.models import model_kind
from finine_core.training.objectives import objective_named
from tests.influence.conftest import record, small_trainer

TRAIN, HELD_OUT, LABELS = 40, 10, 3
OBJECTIVE = objective_named("multi_label")


def rows():
    random = np.random.default_rng(3)
    x = random.normal(size=(TRAIN + HELD_OUT, 5)).astype(np.float32)
    y = (x[:, :LABELS] + 0.5 * random.normal(size=(len(x), LABELS)) > 0).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(y)


def exact_gradients(model, parameters, x, y):
    """Of the summed cross-entropies, written out anew; (n, parameters), float64."""
    parameters = {name: value.double() for name, value in parameters.items()}

    def loss(parameters, one_x, one_y):
        outputs = functional_call(model, parameters, (one_x[None],))[0]
        return binary_cross_entropy_with_logits(outputs, one_y, reduction="sum")

    per_row = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x.double(), y.double())
    return torch.cat([per_row[name].flatten(1) for name in parameters], dim=1).numpy()


def test_signals_of_every_row_are_those_of_exact_gradients(tmp_path):
    trainer = small_trainer(objective=OBJECTIVE, targets=lambda noisy: (noisy > 0).float())
    run = record(trainer, tmp_path)
    of_self, shared = run.store.target("self"), run.store.target("validation")
    rate, b = trainer.settings.learning_rate, run.plan.batch
    for window in run.plan.windows:
        parameters = run.kept.at[window.first][0]
        v = exact_gradients(
            trainer.model, parameters, trainer.validation_x, trainer.validation_y
        ).mean(0)
        for step in range(window.first, window.beyond):
            parameters, batch, _ = run.kept.at[step]
            g = exact_gradients(
                trainer.model, parameters, trainer.train_x[batch], trainer.train_y[batch]
            )
            found = of_self.signal[window.line, batch]
            np.testing.assert_allclose(found, rate * (g**2).sum(1) / b, rtol=1e-5)
            found = shared.signal[window.line, batch]
            np.testing.assert_allclose(found, rate * g @ v / b, rtol=1e-4, atol=1e-9)


def test_rows_for_the_curvature_have_the_exact_gradients_of_their_drawn_targets():
    x, y = rows()
    model = model_kind("mlp").seeded((5,), LABELS, seed=5).double().eval()
    drawn = OBJECTIVE.curved(model(x.double()), np.random.default_rng(0))
    assert drawn.shape == y.shape
    parameters = {name: value.detach() for name, value in model.named_parameters()}
    for targets in (y.double(), drawn):
        exact = exact_gradients(model, parameters, x, targets)
        ghosts = ghost_rows(model, OBJECTIVE.loss, x.double(), targets)
        np.testing.assert_allclose(ghosts.squared_norms(), (exact**2).sum(1), rtol=1e-9)
        np.testing.assert_allclose(ghosts.pairs(ghosts), exact @ exact.T, rtol=1e-8, atol=1e-10)


def test_drawn_targets_have_the_moments_of_a_bernoulli_draw_of_each_label():
    outputs = torch.tensor([[-2.0, 0.0, 1.5]], dtype=torch.float64)
    chances = outputs.sigmoid()
    drawn = OBJECTIVE.curved(outputs.repeat(20_000, 1), np.random.default_rng(0))
    residual = chances - drawn  # as p − y of labels y drawn from p
    torch.testing.assert_close(residual.mean(0), torch.zeros(3).double(), atol=0.02, rtol=0)
    second = residual.T @ residual / len(residual)
    torch.testing.assert_close(second, torch.diag((chances * (1 - chances))[0]), atol=0.01, rtol=0)
