"""Models that run blocks again in the backward pass, to save memory, keep their gradients."""

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from finine_core.gradients import RowGradients


class Blocks(nn.Module):
    """Tokens and places, attention, a layer without a rule, and linear maps, in two blocks."""

    def __init__(self, checkpointed):
        super().__init__()
        self.checkpointed = checkpointed
        self.tokens, self.places = nn.Embedding(11, 6), nn.Embedding(5, 6)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.norm = nn.LayerNorm(6)
        self.pair = nn.Bilinear(6, 6, 6)
        self.inner, self.outer = nn.Linear(6, 8), nn.Linear(8, 6)
        self.last = nn.Linear(6, 3)

    def placed(self, x):
        x = x + self.places(torch.arange(x.shape[1]))
        return self.norm(x + self.attention(x, x, x)[0])

    def mixed(self, x):
        return self.outer(torch.tanh(self.inner(self.pair(x, x))))

    def forward(self, rows):
        x = self.tokens(rows)
        for block in (self.placed, self.mixed):
            x = checkpoint(block, x, use_reentrant=False) if self.checkpointed else block(x)
        return self.last(x.mean(1))


def built(checkpointed):
    torch.manual_seed(0)
    return Blocks(checkpointed).double().eval()


@pytest.fixture
def rows():
    torch.manual_seed(1)
    return torch.randint(11, (7, 5)), torch.randint(3, (7,))


def products(model, loss, rows):
    gradients = RowGradients(model, loss)
    return gradients.products(*rows, probes=gradients.probe(rows[0][:3], rows[1][:3]), norms=True)


@pytest.mark.filterwarnings("ignore::finine_core.gradients.FallbackWarning")
def test_checkpointing_changes_no_product(cross_entropy, rows):
    plain = products(built(checkpointed=False), cross_entropy, rows)
    again = products(built(checkpointed=True), cross_entropy, rows)
    torch.testing.assert_close(again.norms, plain.norms, rtol=1e-10, atol=0)
    torch.testing.assert_close(again.pairs, plain.pairs, rtol=1e-10, atol=1e-12)


@pytest.mark.filterwarnings("ignore::finine_core.gradients.FallbackWarning")
def test_norms_are_those_of_the_gradients_that_training_has(cross_entropy, rows):
    model = built(checkpointed=True)
    norms = products(model, cross_entropy, rows).norms
    for place, (row, label) in enumerate(zip(*rows, strict=True)):
        model.zero_grad()
        cross_entropy(model(row[None]), label[None]).sum().backward()
        truth = sum(p.grad.square().sum() for p in model.parameters())
        torch.testing.assert_close(norms[place], truth, rtol=1e-10, atol=0)


@pytest.mark.filterwarnings("ignore::finine_core.gradients.FallbackWarning")
def test_nothing_stays_attached_to_the_model(cross_entropy, rows):
    model = built(checkpointed=True)
    products(model, cross_entropy, rows)
    assert not any(layer._forward_hooks for layer in model.modules())
    assert "forward" not in vars(model.attention)
