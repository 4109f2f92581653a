"""Captum `TracInCP`, all layers, one checkpoint that is the model as it is.

Two documented modes: a loop of `autograd.grad` over rows (any model, the default), and
`sample_wise_grads_per_batch=True`, one backward and instantiated per-row gradients (Linear and
Conv2d only; other layers' parameters are left out without a word). `TracInCPFast` is not here: it
takes the last layer only, which is another number.
"""

from __future__ import annotations

from collections.abc import Callable

from captum.influence import TracInCP  # type: ignore[import-not-found]
from cases import Work
from torch import Tensor, nn

from contestants import Task
from contestants.batches import loader


class CaptumLoop:
    """`TracInCP` with its default, a backward per row."""

    packages = ("captum",)
    chooses_batch = False
    computes = True
    sample_wise = False

    def prepare(self, work: Work, task: Task, batch: int) -> Callable[[], Tensor]:
        layers = _layers_to_name(work.model)
        if self.sample_wise:
            # Its hooks need gradients to flow through layers that were not asked for, too.
            work.model.requires_grad_(True)
        tracin = TracInCP(
            work.model,
            train_dataset=loader(work.inputs, work.labels, batch),
            checkpoints=["as it is"],
            checkpoints_load_func=lambda _model, _path: 1.0,  # the learning rate; nothing to load
            layers=layers,
            loss_fn=nn.CrossEntropyLoss(reduction="sum" if self.sample_wise else "none"),
            sample_wise_grads_per_batch=self.sample_wise,
        )
        probes = (work.probe_inputs, work.probe_labels)
        if task == "self":
            return lambda: tracin.self_influence(outer_loop_by_checkpoints=True)
        return lambda: tracin.influence(probes).T

    def covers(self, layer: nn.Module) -> bool:  # noqa: ARG002
        return True


class CaptumSampleWise(CaptumLoop):
    """`TracInCP` with `sample_wise_grads_per_batch=True`, its documented speed-up."""

    sample_wise = True

    def covers(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Linear | nn.Conv2d)


def _layers_to_name(model: nn.Module) -> list[str] | None:
    """Layers must be named when some are frozen: by default Captum asks for all gradients."""
    if all(p.requires_grad for p in model.parameters()):
        return None
    return [
        name
        for name, layer in model.named_modules()
        if any(p.requires_grad for p in layer.parameters(recurse=False))
    ]
