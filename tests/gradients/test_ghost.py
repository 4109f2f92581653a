"""Ghost products are checked against slow exact per-row gradients."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import functional_call, grad, vmap

from finine_core.errors import FinineError
from finine_core.gradients import FallbackWarning, ghost_rows

LOSS = nn.CrossEntropyLoss(reduction="none")


def exact_gradients(model, x, y):
    """Per-row gradients by vmap(grad), flattened: the slow truth, shape (n, parameters)."""
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def loss(parameters, one_x, one_y):
        return LOSS(functional_call(model, parameters, (one_x[None],)), one_y[None]).sum()

    per_row = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x, y)
    return torch.cat([per_row[name].flatten(1) for name in parameters], dim=1)


def flat(direction, model):
    return torch.cat([direction[name].flatten() for name, _ in model.named_parameters()])


def example(sizes, rows, bias, seed, dtype=torch.float64):
    torch.manual_seed(seed)
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b, bias=bias), nn.Tanh()]
    model = nn.Sequential(*layers[:-1]).to(dtype).eval()
    return model, torch.randn(rows, sizes[0], dtype=dtype), torch.randint(sizes[-1], (rows,))


def error(found, exact):
    return float((found - exact).norm() / exact.norm().clamp_min(1e-300))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(2, 9), min_size=2, max_size=4),
    st.integers(1, 12),
    st.booleans(),
    st.integers(0, 1000),
)
def test_every_product_equals_the_exact_one(sizes, rows, bias, seed):
    model, x, y = example(sizes, rows, bias, seed)
    exact = exact_gradients(model, x, y)
    ghosts = ghost_rows(model, LOSS, x, y)
    other = ghost_rows(model, LOSS, x[: rows // 2 + 1], y[: rows // 2 + 1])
    total = ghosts.summed_gradient()
    assert error(ghosts.squared_norms(), exact.square().sum(1)) < 1e-10
    assert error(ghosts.pairs(other), exact @ exact[: rows // 2 + 1].T) < 1e-10
    assert error(flat(total, model), exact.sum(0)) < 1e-10
    direction = {name: torch.randn_like(p) for name, p in model.named_parameters()}
    assert error(ghosts.along(direction), exact @ flat(direction, model)) < 1e-10
    torch.testing.assert_close(ghosts.losses, LOSS(model(x), y).detach())


def test_single_precision_is_right_to_four_digits():
    model, x, y = example([30, 20, 5], 40, True, 0, torch.float32)
    exact = exact_gradients(model, x, y)
    ghosts = ghost_rows(model, LOSS, x, y)
    assert error(ghosts.pairs(ghosts), exact @ exact.T) < 1e-4


def test_a_model_of_one_linear_layer_works_too():
    torch.manual_seed(0)
    model = nn.Linear(4, 3).double().eval()
    x, y = torch.randn(6, 4, dtype=torch.float64), torch.randint(3, (6,))
    ghosts = ghost_rows(model, LOSS, x, y)
    exact = exact_gradients(model, x, y)
    assert error(ghosts.squared_norms(), exact.square().sum(1)) < 1e-10
    assert error(ghosts.along(ghosts.summed_gradient()), exact @ exact.sum(0)) < 1e-10


def test_a_model_in_training_mode_is_refused():
    model, x, y = example([4, 3], 2, True, 0)
    with pytest.raises(FinineError, match="eval"):
        ghost_rows(model.train(), LOSS, x, y)


def test_a_layer_without_a_rule_is_differentiated_row_by_row_and_named():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.PReLU(), nn.Linear(4, 2)).double().eval()
    x, y = torch.randn(5, 4, dtype=torch.float64), torch.randint(2, (5,))
    with pytest.warns(FallbackWarning, match="'1': PReLU"):
        ghosts = ghost_rows(model, LOSS, x, y)
    assert error(ghosts.squared_norms(), exact_gradients(model, x, y).square().sum(1)) < 1e-10


def test_a_loss_that_is_not_finite_names_its_rows():
    model = nn.Linear(2, 2).eval()
    x = torch.ones(4, 2)
    x[2] = float("inf")
    with pytest.raises(FinineError, match=r"\[2\]"):
        ghost_rows(model, LOSS, x, torch.tensor([0, 1, 0, 1]))
