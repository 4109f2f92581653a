"""The slow truth that every fast product is checked against."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from finine_core.gradients import RowGradients

CROSS_ENTROPY = nn.CrossEntropyLoss(reduction="none")


def exact_gradients(model, loss, inputs, labels, chosen=None, loop=False):
    """Per-row gradients by vmap(grad), or row by row, flattened: shape (n, parameters)."""
    parameters = {
        name: p.detach()
        for name, p in model.named_parameters()
        if p.requires_grad and (chosen is None or chosen(name, p))
    }
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)

    def value(parameters, label, *row):
        outputs = functional_call(model, parameters, tuple(x[None] for x in row))
        return loss(outputs, label[None]).sum()

    if loop:
        rows = [
            grad(value)(parameters, labels[i], *(x[i] for x in inputs)) for i in range(len(labels))
        ]
        per_row = {name: torch.stack([row[name] for row in rows]) for name in parameters}
    else:
        per_row = vmap(grad(value), in_dims=(None, 0, *(0 for _ in inputs)))(
            parameters, labels, *inputs
        )
    return torch.cat([per_row[name].flatten(1) for name in parameters], dim=1).detach()


def flat(direction):
    return torch.cat([value.flatten() for value in direction.values()])


def relative_error(found, exact):
    assert found.shape == exact.shape
    return float((found - exact).norm() / exact.norm().clamp_min(1e-300))


def check_all_products(
    model,
    inputs,
    labels,
    *,
    loss=CROSS_ENTROPY,
    tolerance=1e-10,
    chosen=None,
    loop=False,
    **options,
):
    """Every product of `RowGradients` equals that of exact gradients; gives what was built."""
    exact = exact_gradients(model, loss, inputs, labels, chosen, loop)
    gradients = RowGradients(model, loss, parameters=chosen, **options)
    half = len(labels) // 2 + 1
    some = tuple(x[:half] for x in inputs) if isinstance(inputs, tuple) else inputs[:half]
    probe = gradients.probe(some, labels[:half])
    random = torch.Generator().manual_seed(5)
    directions = [
        {
            name: torch.randn(p.shape, generator=random).to(p)
            for name, p in model.named_parameters()
            if p.requires_grad and (chosen is None or chosen(name, p))
        }
        for _ in range(3)
    ]
    matrix = torch.stack([flat(direction) for direction in directions], dim=1)
    found = gradients.products(
        inputs, labels, probes=probe, directions=directions, norms=True, mean=True
    )
    alone = gradients.products(inputs, labels, directions=directions[:1])
    for name, mine, truth in [
        ("norms", found.norms, exact.square().sum(1)),
        ("pairs", found.pairs, exact @ exact[:half].T),
        ("along", found.along, exact @ matrix),
        ("mean", flat(found.mean), exact.mean(0)),
        ("one direction", alone.along[:, 0], exact @ matrix[:, 0]),
    ]:
        assert relative_error(mine, truth) <= tolerance, name
    return gradients


@pytest.fixture(scope="session")
def check():
    return check_all_products


@pytest.fixture(scope="session")
def exact():
    return exact_gradients


@pytest.fixture(scope="session")
def error():
    return relative_error


@pytest.fixture(scope="session")
def cross_entropy():
    return CROSS_ENTROPY
