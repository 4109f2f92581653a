"""Factors or spelled-out gradients: the cheaper form is taken, and both are right."""

import pytest
import torch
from torch import nn

from finine_core.gradients import RowGradients


def total(outputs, labels):
    """A loss that needs no labels."""
    return torch.tanh(outputs).reshape(len(labels), -1).square().sum(1)


def linear(inputs, outputs, positions, rows=6):
    torch.manual_seed(0)
    model = nn.Linear(inputs, outputs).double().eval()
    return model, torch.randn(rows, positions, inputs, dtype=torch.float64), torch.zeros(rows)


@pytest.mark.parametrize(
    ("shape", "form"),
    [((40, 40, 2), "Gram"), ((3, 4, 9), "instantiated")],
)
def test_short_sequences_use_factors_and_long_ones_spell_out(check, shape, form):
    gradients = check(*linear(*shape), loss=total)
    gradients.products(*linear(*shape)[1:], norms=True, probes=gradients.rows(*linear(*shape)[1:]))
    taken = gradients.explain().splitlines()
    assert f"norms: {form}" in taken[0]
    assert f"pairs: {form}" in taken[1]


def test_a_weight_too_large_for_the_probes_is_spelled_out_in_slices(check):
    # 64 probes of a 150 × 1024 weight are 79 MB in double precision: more than one slice.
    check(*linear(1024, 150, 16, rows=126), loss=total)


@pytest.mark.parametrize(("table", "width", "length"), [(500, 64, 1), (3, 2, 6)])
def test_few_tokens_are_compared_and_many_spelled_out(check, table, width, length):
    torch.manual_seed(0)
    model = nn.Embedding(table, width).double().eval()
    tokens = torch.randint(min(table, 8), (7, length))
    gradients = check(model, tokens, torch.zeros(7), loss=total)
    gradients.products(tokens, torch.zeros(7), probes=gradients.rows(tokens, torch.zeros(7)))
    assert ("Gram (" if length == 1 else "instantiated (") in gradients.explain()


class Clips(nn.Module):
    """Frames and positions are folded into the batch axis, as video and token models do."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 4, 2, groups=2), nn.GroupNorm(2, 4)
        self.linear = nn.Linear(4, 3)

    def forward(self, clips):
        n, frames = clips.shape[:2]
        x = self.norm(torch.tanh(self.conv(clips.flatten(0, 1))))  # (n·frames, 4, h, w)
        x = self.linear(x.flatten(2).transpose(1, 2).reshape(-1, 4))  # (n·frames·h·w, 3)
        return x.view(n, frames, -1)


def test_rows_that_are_folded_together_with_other_axes_are_told_apart(check):
    torch.manual_seed(0)
    clips = torch.randn(5, 3, 2, 3, 3, dtype=torch.float64)
    model = Clips().double().eval()
    assert not check(model, clips, torch.zeros(5), loss=total).fallbacks


class FramesFirst(Clips):
    def forward(self, clips):
        return super().forward(clips.transpose(0, 1)).transpose(0, 1)


def test_rows_folded_in_behind_another_axis_fall_back_rather_than_mix(check):
    torch.manual_seed(0)
    clips = torch.randn(5, 3, 2, 3, 3, dtype=torch.float64)
    with pytest.warns(UserWarning, match="row by row"):
        fallbacks = check(
            FramesFirst().double().eval(), clips, torch.zeros(5), loss=total
        ).fallbacks
    assert set(fallbacks) == {"conv", "norm", "linear"}


def test_shared_outputs_are_spread_over_rows(check):
    class Places(nn.Module):
        def __init__(self, leading):
            super().__init__()
            self.leading, self.places = leading, nn.Embedding(4, 3)
            self.last = nn.Linear(3, 2)

        def forward(self, x):
            at = torch.arange(4)
            return self.last(torch.tanh(x + self.places(at[None] if self.leading else at)))

    x = torch.randn(4, 4, 3, dtype=torch.float64)
    for leading in (False, True):
        model = Places(leading).double().eval()
        assert not check(model, x, torch.zeros(4), loss=total).fallbacks


def test_outputs_that_cannot_be_spread_fall_back(check):
    class Scales(nn.Module):
        """All rows are multiplied by the same matrix, which a layer computes."""

        def __init__(self):
            super().__init__()
            self.make = nn.Linear(3, 3)

        def forward(self, x):
            return x @ self.make(torch.eye(3, dtype=x.dtype)).T

    x = torch.randn(5, 3, dtype=torch.float64)
    with pytest.warns(UserWarning, match="row by row"):
        fallbacks = check(Scales().double().eval(), x, torch.zeros(5), loss=total).fallbacks
    assert set(fallbacks) == {"make"}


def test_explain_is_empty_where_factors_are_all_there_is(cross_entropy):
    model = nn.Linear(4, 3).eval()
    gradients = RowGradients(model, cross_entropy)
    gradients.products(torch.randn(5, 4), torch.zeros(5).long(), norms=True)
    assert gradients.explain() == ""
