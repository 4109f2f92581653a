"""dattri `TracInAttributor` with weight 1 and no normalisation, which is its Grad-Dot.

`proj_type="identity"` switches the random projection off that is on by default (512 dimensions)
and would make the numbers approximate.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from cases import Work
from dattri.algorithm.tracin import TracInAttributor  # type: ignore[import-not-found]
from dattri.task import AttributionTask  # type: ignore[import-not-found]
from torch import Tensor, nn

from contestants import Task
from contestants.batches import loader


class DattriTracIn:
    """`self_attribute`, and `attribute` with all probes as one test batch."""

    packages = ("dattri",)
    chooses_batch = False
    computes = True

    def prepare(self, work: Work, task: Task, batch: int) -> Callable[[], Tensor]:
        def loss(parameters: dict[str, Tensor], row: tuple[Tensor, Tensor]) -> Tensor:
            x, y = row
            output = torch.func.functional_call(work.model, parameters, (x.unsqueeze(0),))
            return nn.functional.cross_entropy(output, y.unsqueeze(0))

        attributor = TracInAttributor(
            task=AttributionTask(
                loss_func=loss, model=work.model, checkpoints=work.model.state_dict()
            ),
            weight_list=torch.ones(1),
            normalized_grad=False,
            projector_kwargs={"proj_type": "identity"},
        )
        rows = loader(work.inputs, work.labels, batch)
        probes = loader(work.probe_inputs, work.probe_labels, len(work.probe_labels))
        if task == "self":
            return lambda: attributor.self_attribute(rows)
        return lambda: attributor.attribute(rows, probes)

    def covers(self, layer: nn.Module) -> bool:  # noqa: ARG002
        return True
