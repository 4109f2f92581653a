#!/usr/bin/env bash
# Title:   TracInCPFast and TracInCP on the same last layer are different scores: one has no bias
# Package: captum==0.9.0, torch==2.13.0
# Seen:    2026-11-30
# Guess:   TracInCPFast is the quick way to what TracInCP(layers=[the last one]) gives.
# Happens: the product of the inputs of the layer lacks the one that belongs to the bias: scores are
#          those of the weights alone, exactly. TracInCP counts weights and bias.
# Matters: the bias's part is the product of two rows' errors in probability, half of self-influence in
#          the example. Scores of the two classes must not be compared with each other, nor one taken
#          to check the other.
# finine:  not affected: a linear map's rule counts its bias, and every layer kind is held against
#          autograd (tests/gradients/test_layers.py). Its benchmarks use TracInCP only.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install torch==2.13.0 numpy==2.4.6 tqdm==4.70.1 packaging==26.4 matplotlib==3.11.2
install --no-deps captum==0.9.0

observe <<'PY'
from importlib.metadata import version

import torch
from captum.influence import TracInCP, TracInCPFast
from torch import nn
from torch.utils.data import TensorDataset

print("captum", version("captum"))
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).double()
x, y = torch.randn(40, 6).double(), torch.randint(3, (40,))
given = {
    "checkpoints": ["as it is"],
    "checkpoints_load_func": lambda _model, _path: 1.0,  # nothing to load; learning rate 1
    "loss_fn": nn.CrossEntropyLoss(reduction="sum"),
    "batch_size": 8,
}
rows = TensorDataset(x, y)
fast = TracInCPFast(model, model[2], rows, **given).influence((x, y))
slow = TracInCP(model, rows, layers=["2"], sample_wise_grads_per_batch=True, **given).influence((x, y))


def products(*parameters):
    """⟨g_i, g_j⟩ by autograd, one row at a time."""
    found = []
    for row, label in zip(x, y, strict=True):
        loss = nn.functional.cross_entropy(model(row[None]), label[None])
        found.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, parameters)]))
    gradients = torch.stack(found)
    return gradients @ gradients.T


def close(one, other):
    return "equal" if torch.allclose(one, other) else "different"


weights, both = products(model[2].weight), products(model[2].weight, model[2].bias)
print("TracInCP     and gradients of weights and bias:", close(slow, both))
print("TracInCPFast and gradients of weights and bias:", close(fast, both))
print("TracInCPFast and gradients of weights alone:   ", close(fast, weights))
print(f"the bias's share of self-influence, mean over rows: {(1 - fast.diag() / slow.diag()).mean():.2f}")
PY

expect <<'TXT'
captum 0.9.0
TracInCP     and gradients of weights and bias: equal
TracInCPFast and gradients of weights and bias: different
TracInCPFast and gradients of weights alone:    equal
the bias's share of self-influence, mean over rows: 0.51
TXT
