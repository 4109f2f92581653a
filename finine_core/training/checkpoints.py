"""Checkpoints: parameters, optimiser state and position of a run, as one safetensors file.

Batch order is a function of (seed, epoch), so parameters, optimiser state and the step are all
that a resumed run needs to go on bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from finine_core.errors import FinineError
from finine_core.files import write_atomically

_MODEL, _OPTIMIZER = "model.", "optimizer."


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run before optimiser step `step`."""

    step: int
    parameters: dict[str, Tensor]
    optimizer: dict[str, Tensor]

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Put parameters and optimiser state back, in place."""
        model.load_state_dict(self.parameters)
        state = optimizer.state_dict()
        state["state"] = {}
        for key, value in self.optimizer.items():
            index, name = key.split(".", 1)
            state["state"].setdefault(int(index), {})[name] = value
        optimizer.load_state_dict(state)


def save_checkpoint(
    path: Path, step: int, model: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Write the state before step `step`; the file appears whole or not at all."""
    tensors = {_MODEL + key: value for key, value in model.state_dict().items()}
    for index, slots in optimizer.state_dict()["state"].items():
        for name, value in slots.items():
            if value is not None:
                tensors[f"{_OPTIMIZER}{index}.{name}"] = torch.as_tensor(value)
    contiguous = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with write_atomically(path) as temporary:
        save_file(contiguous, str(temporary), metadata={"step": str(step)})


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
            f"Checkpoint {path} cannot be read ({error}).", "Delete it and resume the run."
        ) from error
    return Checkpoint(
        step=step,
        parameters={k[len(_MODEL) :]: v for k, v in tensors.items() if k.startswith(_MODEL)},
        optimizer={k[len(_OPTIMIZER) :]: v for k, v in tensors.items() if k.startswith(_OPTIMIZER)},
    )
