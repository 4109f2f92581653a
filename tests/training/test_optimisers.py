"""Our optimisers move parameters as torch's do, bit for bit, and remember the same."""

import subprocess

import pytest
import torch
from torch import nn

from finine_core.errors import FinineError
from finine_core.processes import child_environment, python_code
from finine_core.training.optimisers import MOMENTUM, optimiser_named

THEIRS = {
    "sgd": lambda p, lr, decay: torch.optim.SGD(p, lr=lr, momentum=MOMENTUM, weight_decay=decay),
    "adam": lambda p, lr, decay: torch.optim.Adam(p, lr=lr, weight_decay=decay),
}


def models():
    torch.manual_seed(3)
    ours, theirs = (nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    for one in (ours, theirs):
        one[0].bias.requires_grad_(False)  # has no gradient
    return ours, theirs


def gradients(model, step):
    x = torch.randn(11, 5, generator=torch.Generator().manual_seed(step))
    model(x).square().sum().backward()


def same(one, other):
    assert one.keys() == other.keys()
    return all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", ["sgd", "adam"])
@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_parameters_and_what_is_remembered_are_those_of_torch(name, decay):
    ours, theirs = models()
    mine = optimiser_named(name, ours.parameters(), 0.03, decay)
    other = THEIRS[name](theirs.parameters(), 0.03, decay)
    for step in range(25):
        mine.forget_gradients()
        other.zero_grad()
        gradients(ours, step)
        gradients(theirs, step)
        mine.step()
        other.step()
    assert same(ours.state_dict(), theirs.state_dict())
    remembered = {
        f"{place}.{key}": value
        for place, named in other.state_dict()["state"].items()
        for key, value in named.items()
    }
    assert same(mine.slots(), remembered)


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_one_that_is_restored_goes_on_to_the_same_bits(name):
    ours, theirs = models()
    one = optimiser_named(name, ours.parameters(), 0.03, 0.01)
    for step in range(6):
        one.forget_gradients()
        gradients(ours, step)
        one.step()
        if step == 2:
            theirs.load_state_dict(ours.state_dict())
            other = optimiser_named(name, theirs.parameters(), 0.03, 0.01)
            other.restore(one.slots())
    for step in (3, 4, 5):
        other.forget_gradients()
        gradients(theirs, step)
        other.step()
    assert same(ours.state_dict(), theirs.state_dict())
    assert same(one.slots(), other.slots())


def test_an_unknown_one_is_refused_by_name():
    with pytest.raises(FinineError, match="There is no optimiser 'adagrad'"):
        optimiser_named("adagrad", [], 0.1, 0.0)


def test_training_does_not_load_the_compiler():
    code = """
import sys
import numpy as np, torch
from finine_core.runs.work.pipeline import make_torch_repeatable
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer
make_torch_repeatable()
x, y = torch.randn(20, 3), torch.arange(20) % 2
settings = Settings(epochs=2, batch_size=5, learning_rate=0.1, weight_decay=0.0,
                    optimizer="adam", seed=0)
Trainer(torch.nn.Linear(3, 2), x, y, x, y, settings).run()
assert torch.are_deterministic_algorithms_enabled()
print([one for one in ("torch._dynamo", "torch._inductor") if one in sys.modules])
"""
    done = subprocess.run(
        python_code(code), env=child_environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr
