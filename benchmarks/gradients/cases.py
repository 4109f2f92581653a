"""Which models and rows are the contestants given?

Every case is a small classifier in eval mode with seeded random weights, n training rows and m
probes of seeded random content: the arithmetic takes the same time whatever the numbers say. The
loss is the cross-entropy of each row.

Activations and pooling are smooth. With ReLU, one of the larger MLP's million units lay 2e-8 from
zero: float32 rounding, which depends on how rows are batched, switched it on, and one row's norm
was off by 3e-3 in whichever contestant happened to round that way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

SEED = 20240
CLASSES = 10
VOCABULARY, SEQUENCE, WIDTH, HEADS, BLOCKS = 1000, 32, 64, 4, 4


@dataclass(frozen=True)
class Work:
    """What a contestant gets: rows (n, ...), labels (n,), probes (m, ...), their labels (m,)."""

    model: nn.Module
    inputs: Tensor
    labels: Tensor
    probe_inputs: Tensor
    probe_labels: Tensor


@dataclass(frozen=True)
class Size:
    """Rows, probes and the batch sizes every contestant may choose from."""

    rows: int
    probes: int
    batches: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One model, and the sizes of a full and of a quick run."""

    name: str
    model: Callable[[], nn.Module]
    inputs: Callable[[int], Tensor]
    full: Size
    quick: Size


def build(case: Case, rows: int, probes: int) -> Work:
    """The case's model and rows; equal arguments give equal numbers in every process.

    Examples:
        >>> work = build(CASES["mlp-109k"], rows=3, probes=2)
        >>> work.inputs.shape, parameter_count(work.model)
        (torch.Size([3, 784]), 109386)
    """
    torch.manual_seed(SEED)
    model = case.model().eval()
    inputs = case.inputs(rows + probes)
    labels = torch.randint(CLASSES, (rows + probes,))
    return Work(model, inputs[:rows], labels[:rows], inputs[rows:], labels[rows:])


def parameter_count(model: nn.Module) -> int:
    """How many parameters take part: those that are not frozen."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def _mlp(*widths: int) -> nn.Module:
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        layers += [nn.Linear(n_in, n_out), nn.GELU()]
    return nn.Sequential(*layers[:-1])


def _cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.GELU(),
        nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.GELU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, CLASSES),
    )


class _Block(nn.Module):
    """A pre-norm transformer block of plain `nn.Linear`, the layer kind every contestant knows.

    `nn.MultiheadAttention` hides its parameters from hooks, which would bar most peers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before_attention, self.before_mlp = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.before_attention(x)
        q, k, v = (
            layer(normed).unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(-3, -2)
            for layer in (self.query, self.key, self.value)
        )
        weights = (q @ k.transpose(-2, -1) / math.sqrt(WIDTH // HEADS)).softmax(dim=-1)
        x = x + self.out((weights @ v).transpose(-3, -2).flatten(-2))
        return x + self.down(gelu(self.up(self.before_mlp(x))))


class _Transformer(nn.Module):
    """Token embedding, fixed sinusoidal positions, four blocks, mean over positions, classes."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.blocks = nn.Sequential(*(_Block() for _ in range(BLOCKS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES)
        angle = torch.arange(SEQUENCE)[:, None] / 10_000 ** (torch.arange(0, WIDTH, 2) / WIDTH)
        self.register_buffer("positions", torch.stack([angle.sin(), angle.cos()], -1).flatten(-2))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.blocks(self.tokens(tokens) + self.positions)
        return self.head(self.norm(x).mean(dim=-2))


def _linears_only(model: nn.Module) -> nn.Module:
    """The model with everything but `nn.Linear` frozen: what Linear-only peers can compute."""
    for layer in model.modules():
        if isinstance(layer, nn.Embedding | nn.LayerNorm):
            layer.requires_grad_(False)
    return model


def _token_rows(n: int) -> Tensor:
    return torch.randint(VOCABULARY, (n, SEQUENCE))


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case(
            "mlp-109k",
            lambda: _mlp(784, 128, 64, CLASSES),
            lambda n: torch.randn(n, 784),
            full=Size(2048, 64, (32, 128, 512)),
            quick=Size(128, 8, (64,)),
        ),
        Case(
            "mlp-1.86m",
            lambda: _mlp(784, 1024, 1024, CLASSES),
            lambda n: torch.randn(n, 784),
            full=Size(512, 64, (8, 32, 128)),
            quick=Size(16, 4, (8,)),
        ),
        Case(
            "cnn-20k",
            _cnn,
            lambda n: torch.randn(n, 1, 28, 28),
            full=Size(512, 64, (16, 64, 256)),
            quick=Size(32, 8, (16,)),
        ),
        Case(
            "transformer",
            _Transformer,
            _token_rows,
            full=Size(256, 64, (8, 32, 128)),
            quick=Size(16, 8, (8,)),
        ),
        Case(
            "transformer-linears",
            lambda: _linears_only(_Transformer()),
            _token_rows,
            full=Size(256, 64, (8, 32, 128)),
            quick=Size(16, 8, (8,)),
        ),
    )
}
