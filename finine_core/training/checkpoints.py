"""Checkpoints: the whole state of a training run before one of its steps, as one safetensors file.

Parameters, optimiser state, torch's random numbers, the step, and what the epoch has come to so
far. Batch order is a function of (seed, epoch), so the step is also the position in the epoch. A
run that goes on from a checkpoint does so bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from finine_core.errors import FinineError
from finine_core.files import write_atomically

_MODEL, _OPTIMIZER = "model.", "optimizer."
_LOSSES, _COUNTS, _RANDOM = "epoch.losses", "epoch.counts", "random"


@dataclass(frozen=True)
class EpochSoFar:
    """What the steps of an unfinished epoch came to.

    Attributes:
        losses: of each step.
        seen, points: rows learned from, and the sum of the points they had before (objectives).
    """

    losses: Sequence[float] = ()
    seen: int = 0
    points: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run before optimiser step `step`.

    Attributes:
        random: the state of torch's random numbers; None in a checkpoint of an earlier finine.
    """

    step: int
    parameters: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    random: Tensor | None = None
    epoch: EpochSoFar = field(default_factory=EpochSoFar)

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Put parameters, optimiser state and random numbers back, in place."""
        model.load_state_dict(self.parameters)
        state = optimizer.state_dict()
        state["state"] = {}
        for key, value in self.optimizer.items():
            index, name = key.split(".", 1)
            state["state"].setdefault(int(index), {})[name] = value
        optimizer.load_state_dict(state)
        if self.random is not None:
            torch.set_rng_state(self.random)


def checkpoint_of(
    step: int, model: nn.Module, optimizer: torch.optim.Optimizer, epoch: EpochSoFar
) -> Checkpoint:
    """The state before step `step`; the tensors are the model's own, not copies."""
    slots = {
        f"{index}.{name}": torch.as_tensor(value)
        for index, named in optimizer.state_dict()["state"].items()
        for name, value in named.items()
        if value is not None
    }
    return Checkpoint(step, dict(model.state_dict()), slots, torch.get_rng_state(), epoch)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the file appears whole or not at all."""
    tensors = {_MODEL + key: value for key, value in checkpoint.parameters.items()}
    tensors |= {_OPTIMIZER + key: value for key, value in checkpoint.optimizer.items()}
    epoch = checkpoint.epoch
    tensors[_LOSSES] = torch.tensor(list(epoch.losses), dtype=torch.float64)
    tensors[_COUNTS] = torch.tensor([epoch.seen, epoch.points], dtype=torch.float64)
    if checkpoint.random is not None:
        tensors[_RANDOM] = checkpoint.random
    contiguous = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with write_atomically(path) as temporary:
        save_file(contiguous, str(temporary), metadata={"step": str(checkpoint.step)})


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        FinineError: the file is damaged or is not a checkpoint.
    """
    try:
        with safe_open(str(path), framework="pt") as stored:
            step = int((stored.metadata() or {})["step"])
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
    except Exception as error:
        raise FinineError(
            f"Checkpoint {path} cannot be read ({error}).", "Start a new run."
        ) from error
    epoch = EpochSoFar()
    if _LOSSES in tensors:  # not in those of an earlier finine, which were of whole epochs
        seen, points = tensors[_COUNTS].tolist()
        epoch = EpochSoFar(tensors[_LOSSES].tolist(), int(seen), float(points))
    return Checkpoint(
        step=step,
        parameters={k[len(_MODEL) :]: v for k, v in tensors.items() if k.startswith(_MODEL)},
        optimizer={k[len(_OPTIMIZER) :]: v for k, v in tensors.items() if k.startswith(_OPTIMIZER)},
        random=tensors.get(_RANDOM),
        epoch=epoch,
    )
