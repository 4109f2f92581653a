"""What layers see of a training step: their inputs, and the gradients that come back to them.

The step runs as it would without: hooks look on while the model goes forward and back. Outputs of a
layer carry a hook of their own, since an activation may overwrite them in place later on; what
comes back is the gradient of the mean loss, so it is taken times the number of rows.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

import torch
from torch import Tensor, nn

from finine_core.gradients.capture import Captured, Keeper, Seen
from finine_core.gradients.structure import Structure


class StepHooks:
    """Keeps what layers see of one training step after the other; a context manager.

    Args:
        model: in training.
        structure: which of its layers to watch.
    """

    def __init__(self, model: nn.Module, structure: Structure) -> None:
        self._model, self._structure = model, structure
        self._keeper = Keeper(structure.shared, _listen)
        self._watching = ExitStack()

    def __enter__(self) -> StepHooks:
        for watched in self._structure.watched:
            self._watching.callback(self._keeper.watch(watched))
        over = self._model.register_forward_hook(self._forward_is_over)
        self._watching.callback(over.remove)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watching.close()
        self._keeper.begin(0)

    def begin(self, rows: int) -> None:
        """So many rows are about to run."""
        self._keeper.begin(rows)

    def seen(self, losses: Tensor, outputs: Tensor) -> Captured:
        """What was seen of the rows that ran, once their gradients have come back; hooks rest then.

        Args:
            losses, outputs: of these rows.

        Raises:
            FinineError: a layer's inputs were overwritten in place.
        """
        self._keeper.require_untouched()
        uses = self._keeper.uses
        self._keeper.begin(0)
        return Captured(losses, outputs, uses)

    def _forward_is_over(self, *_: object) -> None:
        self._keeper.again = True


def follow_what_is_drawn_once(model: nn.Module, structure: Structure, inputs: Tensor) -> None:
    """Watch no layer whose outputs all rows share, and of which training draws some for all rows.

    Spread over rows, outputs would be drawn from for each of them: the training would be another.
    Parameters of such layers are followed through the whole model instead.

    Args:
        inputs: a few rows. The model is in eval mode afterwards, and its random numbers are as
            they were.
    """
    if not structure.shared:
        return
    kept = [buffer.clone() for buffer in model.buffers()]
    found = []
    model.train()
    for watched in (False, True):
        devices = [inputs.device] if inputs.is_cuda else []
        with torch.random.fork_rng(devices), torch.no_grad(), StepHooks(model, structure) as hooks:
            torch.manual_seed(0)
            hooks.begin(len(inputs) if watched else 0)
            found.append(model(inputs))
    for buffer, before in zip(model.buffers(), kept, strict=True):
        buffer.copy_(before)
    model.eval()
    if not torch.equal(*found):
        for name in {use[0] for use in structure.shared}:
            structure.follow_all(name, "training draws from its outputs once for all rows")
        structure.shared.clear()


def _listen(seen: Seen, output: Tensor) -> None:
    def came_back(gradient: Tensor) -> None:
        seen.delta = gradient

    output.register_hook(came_back)
