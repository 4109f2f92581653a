"""Models as people build them: reused and tied layers, frozen parts, layers without a rule."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from finine_core.errors import FinineError
from finine_core.gradients import FallbackWarning, RowGradients


def built(model, seed=0):
    torch.manual_seed(seed)
    for p in model.parameters():
        nn.init.normal_(p, std=0.5)
    return model.double().eval()


def rows(n=5, width=4):
    return torch.randn(n, width, dtype=torch.float64), torch.randint(3, (n,))


def fallbacks_of(check, *given, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        return check(*given, **options).fallbacks


# --- used more than once -------------------------------------------------------------------------


class Recurrent(nn.Module):
    def __init__(self, times, conv=False):
        super().__init__()
        self.times = times
        self.again = nn.Conv2d(2, 2, 3, padding=1, groups=2) if conv else nn.Linear(4, 4)
        self.norm = nn.GroupNorm(1, 2) if conv else nn.LayerNorm(4)
        self.last = nn.Linear(8 if conv else 4, 3)

    def forward(self, x):
        for _ in range(self.times):
            x = torch.tanh(self.norm(self.again(x)))
        return self.last(x.flatten(1))


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 4), st.integers(1, 6), st.integers(0, 100))
def test_a_layer_that_runs_several_times_has_its_cross_terms(check, times, n, seed):
    model = built(Recurrent(times), seed)
    assert not check(model, *rows(n)).fallbacks
    model = built(Recurrent(times, conv=True), seed)
    images = torch.randn(n, 2, 2, 2, dtype=torch.float64)
    assert not check(model, images, torch.randint(3, (n,))).fallbacks


def test_layers_that_share_a_weight_but_not_their_bias_are_summed(check):
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3))
    model[2].weight = model[0].weight
    assert not check(built(model), *rows()).fallbacks
    model[2].bias = model[0].bias
    assert not check(built(model), *rows()).fallbacks


class LanguageModel(nn.Module):
    def __init__(self, tie, raw=False):
        super().__init__()
        self.table, self.middle = nn.Embedding(9, 4), nn.Linear(4, 4)
        self.raw = raw
        if not raw:
            self.scores = nn.Linear(4, 9, bias=False)
            if tie:
                self.scores.weight = self.table.weight

    def forward(self, tokens):
        x = torch.tanh(self.middle(self.table(tokens)))
        return nn.functional.linear(x, self.table.weight) if self.raw else self.scores(x)


def token_loss(outputs, labels):
    return nn.functional.cross_entropy(outputs.transpose(1, 2), labels, reduction="none").sum(1)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 100))
def test_a_table_that_also_gives_the_scores_is_summed(check, n, length, seed):
    model = built(LanguageModel(tie=True), seed)
    tokens = torch.randint(9, (n, length))
    assert not check(model, tokens, tokens.roll(1, 1), loss=token_loss).fallbacks


def test_a_weight_used_outside_of_its_layer_falls_back(check):
    model, tokens = built(LanguageModel(tie=True, raw=True)), torch.randint(9, (5, 3))
    found = fallbacks_of(check, model, tokens, tokens.roll(1, 1), loss=token_loss)
    assert list(found) == ["table"]
    assert "does not see" in found["table"]


def test_a_layer_with_a_forward_of_its_own_falls_back(check):
    class Doubled(nn.Linear):
        def forward(self, x):
            return super().forward(x) + x @ self.weight.T

    found = fallbacks_of(check, built(nn.Sequential(Doubled(4, 3))), *rows())
    assert list(found) == ["0"]


def test_an_activation_in_place_after_a_layer_does_no_harm(check):
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 3))
    assert not check(built(model), *rows()).fallbacks


def test_inputs_overwritten_in_place_are_refused_by_name(cross_entropy):
    class Overwriting(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 3)

        def forward(self, x):
            x = torch.tanh(x)
            y = self.one(x)
            return self.two(y + x.mul_(2))

    with pytest.raises(FinineError, match="'one' were overwritten"):
        RowGradients(built(Overwriting()), cross_entropy).products(*rows())


# --- parts of a model ----------------------------------------------------------------------------


def mlp():
    return built(
        nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
    )


@pytest.mark.parametrize("first", [0, 1, 2, 3, 4, 5])
def test_frozen_parameters_have_no_part_in_products(check, first):
    model = mlp()
    for p in list(model.parameters())[:first]:
        p.requires_grad_(False)
    gradients = check(model, *rows())
    assert len(gradients.mean_gradient(*rows())) == 6 - first


@pytest.mark.parametrize(
    "chosen",
    [
        lambda name, _: name.startswith("4."),
        lambda name, _: name.endswith("bias"),
        lambda name, _: name.endswith("weight"),
        lambda name, _: name in ("0.bias", "2.weight"),
    ],
)
def test_a_subset_of_parameters_can_be_chosen(check, chosen):
    model = mlp()
    check(model, *rows(), chosen=chosen)
    assert all(p.requires_grad for p in model.parameters()), "the model is left as it was"


def test_nothing_below_the_first_chosen_layer_is_differentiated(cross_entropy):
    class Watchful(torch.autograd.Function):
        @staticmethod
        def forward(_, x):
            return x.clone()

        @staticmethod
        def backward(*_):
            raise AssertionError("differentiated below the chosen layer")

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.below, self.last = nn.Linear(4, 4), nn.Linear(4, 3)

        def forward(self, x):
            return self.last(Watchful.apply(self.below(x)))

    gradients = RowGradients(
        built(Model()), cross_entropy, parameters=lambda name, _: name.startswith("last")
    )
    assert gradients.products(*rows(), norms=True).norms.shape == (5,)


def test_choosing_nothing_is_refused(cross_entropy):
    with pytest.raises(FinineError, match="None of the model's 6"):
        RowGradients(mlp(), cross_entropy, parameters=lambda *_: False)


# --- layers without a rule -----------------------------------------------------------------------


class Last(nn.Module):
    """Keeps the outputs of a recurrent layer at the last position."""

    def forward(self, x):
        return x[0][:, -1]


class Scaled(nn.Module):
    """Its own call gives a tuple, so the whole model is differentiated for its parameter."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return x * self.scale, x


class First(nn.Module):
    def forward(self, x):
        return x[0]


class Places(nn.Module):
    def __init__(self):
        super().__init__()
        self.places, self.scale = nn.Parameter(torch.zeros(3, 4)), nn.Parameter(torch.ones(4))
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        return self.last(torch.tanh((x + self.places) * self.scale).mean(1))


class Crossed(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.both = nn.Linear(4, 3), nn.Bilinear(3, 4, 3)

    def forward(self, x, y):
        return self.both(torch.tanh(self.first(x)), y)


def test_prelu_is_differentiated_row_by_row(check):
    model = built(nn.Sequential(nn.Linear(4, 5), nn.PReLU(5), nn.Linear(5, 3)))
    assert list(fallbacks_of(check, model, *rows())) == ["1"]


def test_bilinear_is_differentiated_row_by_row(check):
    x, y = rows()
    assert list(fallbacks_of(check, built(Crossed()), (x, x.flip(0)), y)) == ["both"]


def test_parameters_held_by_the_model_itself_are_differentiated_row_by_row(check):
    x = torch.randn(5, 3, 4, dtype=torch.float64)
    assert list(fallbacks_of(check, built(Places()), x, rows()[1])) == [""]


def test_a_model_that_lists_a_layer_twice_is_left_as_it_was(cross_entropy):
    again = nn.Linear(4, 4)
    model = built(nn.Sequential(again, nn.PReLU(), again, Scaled(), First(), nn.Linear(4, 3)))
    before = {name: p.clone() for name, p in model.named_parameters()}
    kinds = {name: type(p) for name, p in model.named_parameters()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        RowGradients(model, cross_entropy).products(*rows(), norms=True, mean=True)
    assert {name: type(p) for name, p in model.named_parameters()} == kinds
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_recurrent_layers_are_looped_over_rows(check):
    model = built(nn.Sequential(nn.GRU(4, 3, batch_first=True), Last(), nn.Linear(3, 3)))
    x = torch.randn(5, 3, 4, dtype=torch.float64)
    found = fallbacks_of(check, model, x, rows()[1], loop=True)
    assert list(found) == ["0"]


def test_a_custom_operation_that_refuses_vmap_is_looped(check):
    class Weighted(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(4))

        def forward(self, x):
            # .item() cannot be vectorised
            return x * self.w if float(x.sum()) > -1e9 else x

    model = built(nn.Sequential(Weighted(), nn.Linear(4, 3)))
    found = fallbacks_of(check, model, *rows(), loop=True)
    assert "looped" in found["0"]


def test_fallbacks_are_told_once(cross_entropy):
    gradients = RowGradients(built(nn.Sequential(nn.PReLU(), nn.Linear(4, 3))), cross_entropy)
    with pytest.warns(FallbackWarning, match="'0': PReLU: there is no rule"):
        gradients.products(*rows(), norms=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradients.products(*rows(), norms=True)
    assert "'0'" not in gradients.explain()
    assert "0: fallback, PReLU" in gradients.explain()
