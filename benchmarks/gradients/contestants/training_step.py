"""The reference: what a plain forward and backward over the same rows costs, without products."""

from __future__ import annotations

from collections.abc import Callable

import torch
from cases import Work
from torch import Tensor, nn

from contestants import Task


class TrainingStep:
    """Forward, loss, backward to the parameters; the loss of each batch is its only answer."""

    packages: tuple[str, ...] = ()
    chooses_batch = False
    computes = False

    def prepare(self, work: Work, task: Task, batch: int) -> Callable[[], Tensor]:
        def step(x: Tensor, y: Tensor) -> Tensor:
            work.model.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(work.model(x), y)
            loss.backward()
            return loss.detach()

        def epoch() -> Tensor:
            batches = zip(work.inputs.split(batch), work.labels.split(batch), strict=True)
            losses = [step(x, y) for x, y in batches]
            if task == "pairs":
                losses.append(step(work.probe_inputs, work.probe_labels))
            return torch.stack(losses)

        return epoch

    def covers(self, layer: nn.Module) -> bool:  # noqa: ARG002
        return True
