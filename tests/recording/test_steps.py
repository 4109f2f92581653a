"""What hooks keep of training steps gives the gradients that these steps had, row by row."""

import copy
import gc

import pytest
import torch
from torch import nn

from finine_core.errors import FinineError
from finine_core.gradients import RowGradients
from finine_core.gradients.capture import Captured
from finine_core.recording import buffer as buffering
from finine_core.recording.buffer import StepBuffer
from finine_core.recording.hooks import StepHooks
from tests.recording.models import (
    BATCH_NORM,
    BY_RULES,
    WITH_DROPOUT,
    WITHOUT_RULES,
    Own,
    built,
    numbers,
)

LOSS = nn.CrossEntropyLoss(reduction="none")
STEPS = [slice(0, 8), slice(8, 16), slice(16, 22)]  # the last one is smaller
ALL = {**BY_RULES, **WITHOUT_RULES, **BATCH_NORM, **WITH_DROPOUT}
pytestmark = pytest.mark.filterwarnings("ignore::finine_core.gradients.FallbackWarning")


def optimizer_of(model):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def trained_on(model, optimizer, x, y):
    """Forward and back; gives losses and outputs."""
    optimizer.zero_grad()
    outputs = model(x)
    losses = LOSS(outputs, y)
    losses.mean().backward()
    return losses.detach(), outputs.detach()


def structure_of(model, x, y):
    model.eval()
    gradients = RowGradients(model, LOSS)
    return gradients, gradients.learned(x, y)


def direction(model):
    random = torch.Generator().manual_seed(3)
    return {
        name: torch.randn(p.shape, generator=random).to(p) for name, p in model.named_parameters()
    }


def close(found, expected, what):
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11, msg=lambda m: f"{what}: {m}")


@pytest.mark.parametrize("kind", [*BY_RULES, *WITHOUT_RULES, *BATCH_NORM])
@pytest.mark.parametrize("together", [True, False], ids=["joined", "one by one"])
def test_products_are_those_of_each_steps_own_parameters(kind, together, monkeypatch):
    if not together:
        monkeypatch.setattr(buffering, "BUFFER_BYTES", 1)
    model, x, y = built(ALL[kind])
    gradients, structure = structure_of(model, x[:8], y[:8])
    assert structure.by_rules == (kind not in WITHOUT_RULES)
    held, along = gradients.probe(x[:5], y[:5]).rows, [direction(model)]
    twin = copy.deepcopy(model)
    exactly = RowGradients(twin, LOSS)
    waiting, found, expected = StepBuffer(structure), [], []

    def work_off(rows):
        taken = waiting.taken()
        now = gradients.of_captured(taken, (x[rows],), y[rows])
        totals, _ = now.totals(norms=True, probe=held, directions=along)
        found.append((taken.losses, totals.norms, totals.pairs, totals.along))

    optimizer = optimizer_of(model)
    with StepHooks(model, structure) as hooks:
        for rows in STEPS:
            twin.load_state_dict(model.state_dict())
            products = exactly.products(x[rows], y[rows], probes=held, directions=along, norms=True)
            expected.append((products.losses, products.norms, products.pairs, products.along))
            hooks.begin(len(y[rows]))
            captured = hooks.seen(*trained_on(model, optimizer, x[rows], y[rows]))
            assert waiting.fits(captured)
            waiting.add(captured)
            if waiting.full:
                work_off(rows)
            optimizer.step()
    if len(waiting):
        work_off(STEPS[-1])
    by_steps = not together or kind in WITHOUT_RULES or kind in BATCH_NORM
    assert len(found) == (len(STEPS) if by_steps else 1)
    for place, name in enumerate(("losses", "norms", "pairs", "along")):
        mine, theirs = (torch.cat([one[place] for one in every]) for every in (found, expected))
        close(mine, theirs, name)


@pytest.mark.parametrize("kind", [*BY_RULES, "a layer without a rule", *BATCH_NORM, *WITH_DROPOUT])
def test_in_training_mode_the_sum_of_rows_is_the_steps_own_gradient(kind):
    model, x, y = built(ALL[kind])
    gradients, structure = structure_of(model, x[:8], y[:8])
    optimizer = optimizer_of(model)
    with StepHooks(model, structure) as hooks:
        for rows in STEPS:
            model.train()
            hooks.begin(len(y[rows]))
            waiting = StepBuffer(structure)
            waiting.add(hooks.seen(*trained_on(model, optimizer, x[rows], y[rows])))
            ghosts = gradients.of_captured(waiting.taken(), (x[rows],), y[rows])
            model.eval()
            found = ghosts.summed_gradient()
            for name, p in model.named_parameters():
                exact = torch.zeros_like(p) if p.grad is None else p.grad * len(y[rows])
                close(found[name], exact, name)
            optimizer.step()


@pytest.mark.parametrize("kind", list(ALL))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["single", "double"])
def test_hooks_change_no_bit_of_training(kind, dtype):
    ends = []
    for watched in (True, False):
        model, x, y = built(ALL[kind], dtype)
        _, structure = structure_of(model, x[:8], y[:8])
        optimizer = optimizer_of(model)
        torch.manual_seed(1)
        hooks = StepHooks(model, structure)
        if watched:
            hooks.__enter__()
        for rows in STEPS:
            model.train()
            hooks.begin(len(y[rows]))
            trained_on(model, optimizer, x[rows], y[rows])
            optimizer.step()
        hooks.__exit__(None, None, None)
        ends.append(model.state_dict())
    for name, value in ends[0].items():
        assert torch.equal(value, ends[1][name]), name


@pytest.mark.parametrize(
    "kind",
    [
        "linear",
        "causal attention",
        "tied weights",
        "a layer used twice",
        "checkpointed blocks",
        "batch norm",
        *WITHOUT_RULES,
    ],
)
def test_nothing_stays_at_the_model_and_nothing_grows(kind):
    model, x, y = built(ALL[kind])
    before = attached(model)
    gradients, structure = structure_of(model, x[:8], y[:8])
    optimizer = optimizer_of(model)
    counts = []
    for _ in range(3):  # windows
        with StepHooks(model, structure) as hooks:
            waiting = StepBuffer(structure)
            for rows in STEPS:
                model.train()
                hooks.begin(len(y[rows]))
                waiting.add(hooks.seen(*trained_on(model, optimizer, x[rows], y[rows])))
                if waiting.full:
                    gradients.of_captured(waiting.taken(), (x[rows],), y[rows])
                optimizer.step()
        del hooks, waiting
        assert attached(model) == before
        gc.collect()
        counts.append(sum(isinstance(one, torch.Tensor) for one in gc.get_objects()))
    assert counts[1] == counts[2]


def attached(model):
    """Hooks, and forwards of an instance's own."""
    return [
        (name, len(layer._forward_hooks), "forward" in vars(layer))
        for name, layer in model.named_modules()
    ]


def test_what_was_seen_of_a_step_is_let_go_without_the_garbage_collector():
    model, x, y = built(BY_RULES["linear"])
    _, structure = structure_of(model, x[:8], y[:8])
    optimizer = optimizer_of(model)
    gc.collect()
    gc.disable()
    try:
        with StepHooks(model, structure) as hooks:
            counts = []
            for _ in range(4):
                hooks.begin(8)
                hooks.seen(*trained_on(model, optimizer, x[:8], y[:8]))
                counts.append(sum(isinstance(one, torch.Tensor) for one in gc.get_objects()))
        assert counts[1] == counts[3]
    finally:
        gc.enable()


def test_an_error_in_the_middle_of_a_step_leaves_no_hook():
    model, x, y = built(WITH_DROPOUT["a transformer's layer"])
    before = attached(model)
    _, structure = structure_of(model, x[:8], y[:8])
    with pytest.raises(KeyboardInterrupt), StepHooks(model, structure) as hooks:  # noqa: PT012
        hooks.begin(8)
        model(x[:8])
        raise KeyboardInterrupt
    assert attached(model) == before
    model(x[:8])  # and it still runs


def test_layers_that_run_again_before_the_step_is_over_are_seen_once():
    model, x, y = built(WITH_DROPOUT["checkpointed blocks"])
    _, structure = structure_of(model, x[:8], y[:8])
    with StepHooks(model, structure) as hooks:
        hooks.begin(8)
        captured = hooks.seen(*trained_on(model, optimizer_of(model), x[:8], y[:8]))
    names = [use[0] for use in captured.uses]
    assert sorted(names) == ["first", "inner", "last", "places"]
    assert all(seen.delta is not None for seen in captured.uses.values())


def test_a_model_that_runs_beside_the_steps_is_not_watched():
    """Followed parameters and validation run the model while hooks are there."""
    model, x, y = built((Own, numbers(3, 4)))
    _, structure = structure_of(model, x[:8], y[:8])
    with StepHooks(model, structure) as hooks:
        hooks.begin(8)
        captured = hooks.seen(*trained_on(model, optimizer_of(model), x[:8], y[:8]))
        uses = {use: (seen.a.clone(), seen.delta.clone()) for use, seen in captured.uses.items()}
        outputs = model(x[:3])
        assert outputs.shape == (3, 3), "rows that share places are not spread over another number"
        for use, seen in captured.uses.items():
            assert torch.equal(seen.a, uses[use][0])
            assert torch.equal(seen.delta, uses[use][1])
        assert len(captured.uses) == len(uses)


def test_inputs_that_are_overwritten_in_place_are_refused_by_name():
    class Overwriting(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 3)

        def forward(self, x):
            x = torch.sin(x) if self.training else torch.sin(x).clone()
            y = self.one(x)
            return self.two(y + (x.detach().mul_(2) if self.training else 2 * x))

    model, x, y = built((Overwriting, numbers(4)))
    _, structure = structure_of(model, x[:8], y[:8])
    model.train()
    with StepHooks(model, structure) as hooks:
        hooks.begin(8)
        outputs = model(x[:8])
        with pytest.raises(FinineError, match="'one' were overwritten"):
            hooks.seen(LOSS(outputs, y[:8]).detach(), outputs.detach())


def test_steps_of_other_shapes_are_not_joined():
    model, x, y = built(BY_RULES["linear on sequences"])
    _, structure = structure_of(model, x[:8], y[:8])
    optimizer, waiting = optimizer_of(model), StepBuffer(structure)
    with StepHooks(model, structure) as hooks:
        seen: list[Captured] = []
        for part in (x[:8], x[8:16, :2]):
            hooks.begin(8)
            seen.append(hooks.seen(*trained_on(model, optimizer, part, y[:8])))
    waiting.add(seen[0])
    assert not waiting.fits(seen[1])
