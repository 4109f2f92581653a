#!/usr/bin/env bash
# Title:   Influence by the explicit inverse Hessian hangs on the batch size of the loader it is given
# Package: dattri==0.3.0, torch==2.13.0
# Seen:    2026-11-30
# Guess:   cache() takes a loader only to walk over the training rows; its batch size is about memory.
# Happens: the Hessian of each batch is inverted by itself, and the products are summed. With one batch
#          scores are those of the textbook; with six batches of ten rows they are 16.5 times as large
#          and rank rows differently. IFAttributorCG does the same.
# Matters: two people with the same model and data get other rankings because one had less memory, and
#          a comparison of methods is decided by a loader's argument.
# finine:  not affected: memory budgets and chunks do not change its products
#          (tests/gradients/test_rows.py). Its benchmarks give dattri one convention and say which
#          (benchmarks/gradients/README.md); they use no inverse Hessian of dattri's.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install torch==2.13.0 numpy==2.4.6 scipy==1.17.1 PyYAML==6.0.4 tqdm==4.70.1
install --no-deps dattri==0.3.0

observe <<'PY'
from importlib.metadata import version

import torch
from dattri.algorithm.influence_function import IFAttributorCG, IFAttributorExplicit
from dattri.task import AttributionTask
from scipy.stats import spearmanr
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

print("dattri", version("dattri"))
torch.manual_seed(0)
x = torch.randn(60, 3)
y = x[:, :1] - x[:, 1:2] + 0.3 * torch.randn(60, 1)
model = nn.Linear(3, 1)
with_one = torch.cat([x, torch.ones(60, 1)], dim=1).double()
best = torch.linalg.lstsq(with_one, y.double()).solution  # least squares: the fitted model
model.load_state_dict({"weight": best[:3].T.float(), "bias": best[3].float()})

gradients = 2 * (with_one @ best - y.double()) * with_one
hessian = 2 * with_one.T @ with_one / 60
textbook = gradients @ torch.linalg.solve(hessian, gradients[0])  # of every row on row 0


def loss(parameters, batch):
    inputs, targets = batch
    outputs = torch.func.functional_call(model, parameters, (inputs,))
    return nn.functional.mse_loss(outputs, targets)


rows = TensorDataset(x, y)
for method in (IFAttributorExplicit, IFAttributorCG):
    for size in (60, 30, 10):
        task = AttributionTask(loss_func=loss, model=model, checkpoints=model.state_dict())
        attributor = method(task=task)
        attributor.cache(DataLoader(rows, batch_size=size))
        found = attributor.attribute(
            DataLoader(rows, batch_size=60), DataLoader(TensorDataset(x[:1], y[:1]))
        )[:, 0].detach().double()
        ratio = (found / textbook).median().item()
        print(f"{method.__name__}, cached in batches of {size}: {ratio:.1f} times the textbook's"
              f" (median), rank correlation {spearmanr(found, textbook)[0]:.2f}")
PY

expect <<'TXT'
dattri 0.3.0
IFAttributorExplicit, cached in batches of 60: 1.0 times the textbook's (median), rank correlation 1.00
IFAttributorExplicit, cached in batches of 30: 2.0 times the textbook's (median), rank correlation 1.00
IFAttributorExplicit, cached in batches of 10: 16.5 times the textbook's (median), rank correlation 0.72
IFAttributorCG, cached in batches of 60: 1.0 times the textbook's (median), rank correlation 1.00
IFAttributorCG, cached in batches of 30: 2.0 times the textbook's (median), rank correlation 1.00
IFAttributorCG, cached in batches of 10: 16.5 times the textbook's (median), rank correlation 0.72
TXT
