"""Every layer kind, in random shapes: its products equal those of exact per-row gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from finine_core.gradients import RowGradients
from tests.recording.models import Conv1D

EXAMPLES = settings(max_examples=12, deadline=None)
SEEDS = st.integers(0, 10_000)


class Head(nn.Module):
    """A layer, a non-linearity, and class scores from the mean over what is left of positions."""

    def __init__(self, layer, width, channels_first=False):
        super().__init__()
        self.layer, self.channels_first = layer, channels_first
        self.last = nn.Linear(width, 3)

    def forward(self, x):
        x = torch.tanh(self.layer(x))
        if self.channels_first:
            return self.last(x.flatten(2).mean(2) if x.dim() > 2 else x)
        return self.last(x.flatten(1, -2).mean(1) if x.dim() > 2 else x)


def built(make, seed):
    torch.manual_seed(seed)
    model = make().double().eval()
    with torch.no_grad():  # scales and shifts of norm layers start at 1 and 0
        for p in model.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return model


def labels_for(rows):
    return torch.randint(3, (rows,))


@EXAMPLES
@given(
    st.integers(1, 7), st.integers(1, 9), st.integers(1, 9),
    st.lists(st.integers(1, 9), max_size=2), st.booleans(), SEEDS,
)  # fmt: skip
def test_linear_on_vectors_and_sequences(check, rows, inputs, outputs, positions, bias, seed):
    model = built(lambda: Head(nn.Linear(inputs, outputs, bias=bias), outputs), seed)
    x = torch.randn(rows, *positions, inputs, dtype=torch.float64)
    assert not check(model, x, labels_for(rows)).fallbacks


@EXAMPLES
@given(
    st.integers(1, 6),
    st.integers(1, 9),
    st.integers(2, 12),
    st.integers(1, 6),
    st.booleans(),
    SEEDS,
)
def test_embedding_with_repeated_tokens_and_padding(
    check, rows, positions, table, width, padded, seed
):
    padding = 1 if padded else None
    model = built(lambda: Head(nn.Embedding(table, width, padding_idx=padding), width), seed)
    tokens = torch.randint(table, (rows, positions))
    assert not check(model, tokens, labels_for(rows)).fallbacks


CONVOLUTIONS = st.fixed_dictionaries(
    {
        "kernel_size": st.integers(1, 3),
        "stride": st.integers(1, 2),
        "dilation": st.integers(1, 2),
        "padding": st.sampled_from([0, 1, 2, "valid", "same"]),
        "padding_mode": st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]),
        "groups": st.sampled_from([1, 1, 2]),
        "bias": st.booleans(),
    }
)


@settings(max_examples=25, deadline=None)
@given(CONVOLUTIONS, st.sampled_from([1, 2]), st.integers(1, 5), st.integers(1, 2), SEEDS)
def test_convolutions_of_all_settings(check, options, axes, rows, channels, seed):
    if options["padding"] == "same":
        options["stride"] = 1
    kind = nn.Conv1d if axes == 1 else nn.Conv2d
    groups = options["groups"]
    model = built(
        lambda: Head(kind(channels * groups, 2 * groups, **options), 2 * groups, True), seed
    )
    x = torch.randn(rows, channels * groups, *(7, 6)[:axes], dtype=torch.float64)
    assert not check(model, x, labels_for(rows)).fallbacks


@EXAMPLES
@given(st.integers(1, 5), st.integers(2, 4), st.integers(1, 3), st.booleans(), SEEDS)
def test_norm_layers_over_the_last_axes(check, rows, positions, width, affine, seed):
    x = torch.randn(rows, positions, 2 * width, dtype=torch.float64)
    for kind in (nn.LayerNorm, nn.RMSNorm):
        model = built(
            lambda kind=kind: Head(kind(2 * width, elementwise_affine=affine), 2 * width), seed
        )
        assert not check(model, x, labels_for(rows)).fallbacks
    both = built(lambda: Head(nn.LayerNorm((positions, 2 * width)), 2 * width), seed)
    assert not check(both, x, labels_for(rows)).fallbacks


@EXAMPLES
@given(st.integers(1, 5), st.integers(2, 3), st.lists(st.integers(1, 4), max_size=2), SEEDS)
def test_norm_layers_over_channels(check, rows, half, axes, seed):
    channels = 2 * half
    kinds = [lambda: nn.GroupNorm(2, channels)]
    kinds.append(
        (lambda: nn.BatchNorm2d(channels)) if len(axes) == 2 else lambda: nn.BatchNorm1d(channels)
    )
    x = torch.randn(rows, channels, *axes, dtype=torch.float64)
    for kind in kinds:
        model = built(lambda kind=kind: Head(kind(), channels, True), seed)
        for layer in model.modules():
            if hasattr(layer, "running_mean"):
                layer.running_mean.normal_()
                layer.running_var.uniform_(0.5, 2)
        assert not check(model, x, labels_for(rows)).fallbacks


@EXAMPLES
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 7), st.integers(1, 7), SEEDS)
def test_hugging_face_conv1d(check, rows, positions, inputs, outputs, seed):
    model = built(lambda: Head(Conv1D(outputs, inputs), outputs), seed)
    x = torch.randn(rows, positions, inputs, dtype=torch.float64)
    assert not check(model, x, labels_for(rows)).fallbacks


class Attention(nn.Module):
    def __init__(self, width, cross, **options):
        super().__init__()
        self.cross = cross
        self.attention = nn.MultiheadAttention(width, 2, **options)
        self.last = nn.Linear(width, 3)

    def forward(self, x, other, padding):
        other = other if self.cross else x
        first = self.attention.batch_first
        x, other = (x, other) if first else (x.transpose(0, 1), other.transpose(0, 1))
        y, weights = self.attention(x, other, other, key_padding_mask=padding)
        y = y if first else y.transpose(0, 1)
        return self.last(y.mean(1)) + weights.flatten(1).sum(1, keepdim=True)


@EXAMPLES
@given(
    st.integers(1, 5), st.integers(1, 3), st.booleans(), st.booleans(), st.booleans(),
    st.booleans(), SEEDS,
)  # fmt: skip
def test_attention_through_its_linear_maps(
    check, rows, positions, cross, first, bias, separate, seed
):
    options = {"batch_first": first, "bias": bias}
    other_width = 4
    if separate and cross:
        options |= {"kdim": 6, "vdim": 6}
        other_width = 6
    model = built(lambda: Attention(4, cross, **options), seed)
    x = torch.randn(rows, positions, 4, dtype=torch.float64)
    other = torch.randn(rows, positions + cross, other_width, dtype=torch.float64)
    padding = torch.zeros(rows, positions + cross, dtype=torch.bool)
    padding[:, 1:] = torch.rand(rows, positions + cross - 1) < 0.3
    assert not check(model, (x, other, padding), labels_for(rows)).fallbacks


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_layer_has_rules_for_all_of_its_parts(check, first, norm_first):
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.places = nn.Embedding(11, 8), nn.Embedding(6, 8)
            self.layer = nn.TransformerEncoderLayer(
                8, 2, 12, dropout=0.1, batch_first=first, norm_first=norm_first
            )
            self.last = nn.Linear(8, 3)

        def forward(self, tokens):
            x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
            if not first:
                return self.last(self.layer(x.transpose(0, 1), src_mask=mask)[-1])
            return self.last(self.layer(x, src_mask=mask)[:, -1])

    model = built(Encoder, 0)
    # As many rows as positions: an axis taken for the other would go unnoticed by its length.
    assert not check(model, torch.randint(11, (6, 6)), labels_for(6)).fallbacks
    assert not check(model, torch.randint(11, (2, 2)), labels_for(2)).fallbacks


def test_single_precision_is_right_to_four_digits(check):
    for seed in range(3):
        model = built(lambda: Head(nn.Conv2d(3, 8, 3, padding=1), 8, True), seed).float()
        check(model, torch.randn(9, 3, 8, 8), labels_for(9), tolerance=1e-4)
        model = built(lambda: Head(nn.Linear(20, 30), 30), seed).float()
        check(model, torch.randn(9, 40, 20), labels_for(9), tolerance=1e-4)
        check(model, torch.randn(9, 20), labels_for(9), tolerance=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_accumulates_in_single(dtype, exact, cross_entropy, error):
    model = built(lambda: Head(nn.Linear(20, 16), 16), 0).to(dtype)
    x, y = torch.randn(12, 20).to(dtype), labels_for(12)
    truth = exact(model.double(), cross_entropy, x.double(), y)
    norms = RowGradients(model.to(dtype), cross_entropy).products(x, y, norms=True).norms
    assert norms.dtype == torch.float32
    assert error(norms.double(), truth.square().sum(1)) < 0.03
