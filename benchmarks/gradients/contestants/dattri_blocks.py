"""dattri's hook-based path: `BlockProjectedIFAttributor`, identity Hessian, no projection.

It is not called TracIn there, but with the identity it gives the same numbers for Linear layers in
one backward per batch, which makes it dattri's fastest. It holds all rows' gradients (rows ×
parameters) at once. Version 0.3.0 takes whole batches only in the manner of Hugging Face: as a
dictionary, by a model whose output has a `loss`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cases import Work
from dattri.algorithm import BlockProjectedIFAttributor  # type: ignore[import-not-found]
from dattri.task import AttributionTask  # type: ignore[import-not-found]
from torch import Tensor, nn
from torch.utils.data import DataLoader

from contestants import Task
from contestants.batches import Batch, RowBatches

NO_PROJECTION = {"proj_dim": -1, "proj_max_batch_size": 64, "proj_type": "identity"}
NamedBatch = dict[str, Tensor]


@dataclass
class _Output:
    loss: Tensor


class _WithLoss(nn.Module):
    """The model in the manner of Hugging Face: called with labels, it gives its loss."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor, labels: Tensor) -> _Output:
        # A mean: dattri multiplies by the batch size again.
        return _Output(nn.functional.cross_entropy(self.model(inputs), labels))


class DattriBlocks:
    """`cache`, then `compute_self_attribution` or `attribute`."""

    packages = ("dattri",)
    chooses_batch = False
    computes = True

    def prepare(self, work: Work, task: Task, batch: int) -> Callable[[], Tensor]:
        model = _WithLoss(work.model).eval()
        definition = AttributionTask(
            loss_func=lambda model, rows, _device: model(**rows).loss,
            model=model,
            checkpoints=model.state_dict(),
        )
        rows = _named_batches(work.inputs, work.labels, batch)
        probes = _named_batches(work.probe_inputs, work.probe_labels, len(work.probe_labels))

        def scores() -> Tensor:
            attributor = BlockProjectedIFAttributor(
                task=definition,
                hessian="Identity",
                sparsifier_kwargs=NO_PROJECTION,
                projector_kwargs=NO_PROJECTION,
                offload="none",
                # A new one each time: it reads what an earlier call has left there.
                cache_dir=tempfile.mkdtemp(prefix="dattri-"),
            )
            attributor.cache(rows)
            if task == "self":
                return attributor.compute_self_attribution()
            return attributor.attribute(rows, probes)

        return scores

    def covers(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Linear)


def _named(batch: Any) -> NamedBatch:
    return {"inputs": batch[0], "labels": batch[1]}


def _named_batches(inputs: Tensor, labels: Tensor, batch: int) -> DataLoader[Batch]:
    return DataLoader(RowBatches(inputs, labels), batch_size=batch, collate_fn=_named)
