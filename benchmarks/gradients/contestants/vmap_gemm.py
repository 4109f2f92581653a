"""Plain torch: `vmap(grad)` gives per-row gradients, one GEMM per parameter the products.

The same code in float64 is the exact answer that every contestant's numbers are compared with.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from cases import Work
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from contestants import Task

Gradients = dict[str, Tensor]


class VmapGemm:
    """Per-row gradients of one batch at a time; the probes' gradients are computed once."""

    packages: tuple[str, ...] = ()
    chooses_batch = False
    computes = True

    def prepare(self, work: Work, task: Task, batch: int) -> Callable[[], Tensor]:
        names = {name for name, p in work.model.named_parameters() if p.requires_grad}
        return lambda: products(work, task, batch, names)

    def covers(self, layer: nn.Module) -> bool:  # noqa: ARG002
        return True


def products(work: Work, task: Task, batch: int, names: set[str]) -> Tensor:
    """The task's numbers over the parameters in `names`: shape (n,) or (n, m)."""
    of_rows = _per_row_gradients(work.model, names)
    batches = zip(work.inputs.split(batch), work.labels.split(batch), strict=True)
    if task == "self":
        return torch.cat([_squared_norms(of_rows(x, y)) for x, y in batches])
    probe_batches = zip(work.probe_inputs.split(batch), work.probe_labels.split(batch), strict=True)
    found = [of_rows(x, y) for x, y in probe_batches]
    probes = {name: torch.cat([g[name] for g in found]) for name in names}
    del found
    return torch.cat([_pairs(of_rows(x, y), probes) for x, y in batches])


def _per_row_gradients(model: nn.Module, names: set[str]) -> Callable[[Tensor, Tensor], Gradients]:
    """A function from a batch to gradients of shape (b, *parameter), by parameter name."""
    state = {name: value.detach() for name, value in model.state_dict(keep_vars=True).items()}
    chosen = {name: value for name, value in state.items() if name in names}
    rest = {name: value for name, value in state.items() if name not in names}

    def loss(parameters: Gradients, x: Tensor, y: Tensor) -> Tensor:
        output = functional_call(model, {**parameters, **rest}, (x.unsqueeze(0),))
        return nn.functional.cross_entropy(output, y.unsqueeze(0))

    one = vmap(grad(loss), in_dims=(None, 0, 0))
    return lambda x, y: one(chosen, x, y)


def _squared_norms(gradients: Gradients) -> Tensor:
    return torch.stack([g.flatten(1).square().sum(dim=1) for g in gradients.values()]).sum(dim=0)


def _pairs(rows: Gradients, probes: Gradients) -> Tensor:
    terms = [g.flatten(1) @ probes[name].flatten(1).T for name, g in rows.items()]
    return torch.stack(terms).sum(dim=0)
