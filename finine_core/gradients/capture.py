"""One forward and one backward to layer outputs: what every layer saw, and what came back to it.

Gradients with respect to parameters are never computed: the backward pass stops at the outputs of
layers, and does not go below the first one whose parameters are wanted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from finine_core.errors import FinineError
from finine_core.gradients.rules import LayerRule

# Gives one loss per row, shape (n,), from the model's outputs and the labels.
PerRowLoss = Callable[[Tensor, Tensor], Tensor]

# A use of a layer: its name, the place within it, and how often that place was used before.
Use = tuple[str, str, int]


@dataclass
class Seen:
    """One use of one layer: inputs a, outputs, and the loss's gradients of the outputs, δ.

    A layer without a rule has all of its tensors in `arguments`, and a tuple of outputs.
    """

    a: Tensor
    output_shape: tuple[int, ...]
    edge: GradientEdge | None
    version: int
    delta: Tensor | None = None
    arguments: tuple[tuple[object, ...], dict[str, object]] | None = None


@dataclass(frozen=True)
class Watched:
    """A layer to watch; without a rule, its whole call is kept."""

    name: str
    layer: nn.Module
    rule: LayerRule | None


@dataclass
class Captured:
    """Losses (n,), outputs, and what each use of each layer saw."""

    losses: Tensor
    outputs: Tensor
    uses: dict[Use, Seen]


class Keeper:
    """Keeps what each use of each layer sees, while it is told that rows run: none run at first.

    Args:
        shared: uses whose outputs are the same for all rows (position embeddings), with the axis
            along which they are spread over rows, so that each row has gradients of its own.
        came: told of each use with its outputs, through which the gradients will come back.
    """

    def __init__(self, shared: dict[Use, int], came: Callable[[Seen, Tensor], None]) -> None:
        self.shared, self._came = shared, came
        self.begin(0)

    def begin(self, rows: int) -> None:
        """So many rows are about to run forward; what was kept before is let go.

        None: what runs is not one of the steps, and is left alone.
        """
        self.uses: dict[Use, Seen] = {}
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self.rows = rows
        # Checkpointed blocks run once more in the backward pass, and must do the same again: what
        # layers see the second time is not kept.
        self.again = False

    def watch(self, watched: Watched) -> Callable[[], None]:
        """Keep what a layer sees from now on; gives back how to stop."""
        if watched.rule is None:
            return self._watch_call(watched)
        return watched.rule.watch(watched.layer, self._of(watched.name))

    def _of(self, name: str) -> Callable[[str, Tensor, Tensor], Tensor]:
        def keep(place: str, a: Tensor, output: Tensor) -> Tensor:
            if not self.rows:
                return output
            if self.again:
                axes = {x for (n, p, _), x in self.shared.items() if (n, p) == (name, place)}
                return _spread(output, self.rows, *axes) if axes else output
            use = self._next(name, place)
            if use in self.shared:
                axis = self.shared[use]
                a, output = _spread(a, self.rows, axis), _spread(output, self.rows, axis)
            self._keep(use, Seen(a.detach(), tuple(output.shape), None, a._version), output)
            return output

        return keep

    def _watch_call(self, watched: Watched) -> Callable[[], None]:
        def hook(
            _: nn.Module, given: tuple[object, ...], named: dict[str, object], output: object
        ) -> None:
            if self.again or not self.rows:
                return
            use = self._next(watched.name, "")
            if not isinstance(output, Tensor) or not output.requires_grad:
                return  # such a call is not understood; its parameters are followed otherwise
            first = next((x for x in (*given, *named.values()) if isinstance(x, Tensor)), output)
            kept = tuple(_detached(x) for x in given)
            named = {key: _detached(value) for key, value in named.items()}
            seen = Seen(
                first.detach(),
                tuple(output.shape),
                None,
                first._version,
                arguments=(kept, named),
            )
            self._keep(use, seen, output)

        return watched.layer.register_forward_hook(hook, with_kwargs=True).remove

    def _next(self, name: str, place: str) -> Use:
        count = self._counts[name, place]
        self._counts[name, place] = count + 1
        return name, place, count

    def _keep(self, use: Use, seen: Seen, output: Tensor) -> None:
        self.uses[use] = seen
        if output.requires_grad:
            self._came(seen, output)

    def require_untouched(self) -> None:
        """Refuse inputs that were overwritten after their layer ran.

        Raises:
            FinineError: names the layer.
        """
        for use, seen in self.uses.items():
            if seen.a._version != seen.version:
                raise FinineError(
                    f"The inputs of layer '{use[0]}' were overwritten in place after it ran.",
                    "Build the activation that follows them with inplace=False.",
                )


def run(
    model: nn.Module,
    loss: PerRowLoss,
    inputs: tuple[Tensor, ...],
    labels: Tensor,
    watched: list[Watched],
    frozen: list[nn.Parameter],
    shared: dict[Use, int],
) -> Captured:
    """Run the rows through the model and back.

    Args:
        watched: layers whose parameters are wanted.
        frozen: parameters that are not, although they require gradients; they do not, meanwhile.
        shared: see `Keeper`.

    Raises:
        FinineError: the loss is not one number per row, or inputs were overwritten in place.
    """

    # The edge, not the tensor: an activation may overwrite outputs in place, and the tensor then
    # stands for what came after.
    def came(seen: Seen, output: Tensor) -> None:
        seen.edge = get_gradient_edge(output)

    keeper = Keeper(shared, came)
    keeper.begin(len(labels))
    uses = keeper.uses
    with ready(model, frozen), torch.enable_grad(), ExitStack() as watching:
        for w in watched:
            watching.callback(keeper.watch(w))
        outputs = model(*inputs)
        keeper.again = True
        losses = loss(outputs, labels)
        require_one_per_row(losses, len(labels))
        keeper.require_untouched()
        edges = [seen.edge for seen in uses.values() if seen.edge is not None]
        found = iter(
            torch.autograd.grad(losses, edges, torch.ones_like(losses), allow_unused=True)
            if edges and losses.requires_grad
            else [None] * len(edges)
        )
    for seen in uses.values():
        if seen.edge is not None:
            seen.delta = next(found)
            seen.edge = None
    return Captured(losses.detach(), outputs, uses)


@contextmanager
def ready(model: nn.Module, frozen: list[nn.Parameter]) -> Iterator[None]:
    """Switch off what would hide layers (fused attention) or cost time (gradients not wanted)."""
    fused = torch.backends.mha.get_fastpath_enabled()
    recurrent = any(isinstance(layer, nn.RNNBase) for layer in model.modules())
    cudnn = torch.backends.cudnn.enabled
    try:
        torch.backends.mha.set_fastpath_enabled(False)
        if recurrent:  # cuDNN refuses the backward pass of recurrent layers in eval mode
            torch.backends.cudnn.enabled = False
        for parameter in frozen:
            parameter.requires_grad_(False)
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
        torch.backends.cudnn.enabled = cudnn
        for parameter in frozen:
            parameter.requires_grad_(True)


def _detached(value: object) -> object:
    return value.detach() if isinstance(value, Tensor) else value


def _spread(values: Tensor, rows: int, axis: int) -> Tensor:
    """The same values for every row, along a new first axis (-1) or an axis of length 1."""
    if axis < 0:
        return values.unsqueeze(0).expand(rows, *values.shape)
    shape = list(values.shape)
    shape[axis] = rows
    return values.expand(shape)


def require_one_per_row(losses: Tensor, rows: int) -> None:
    """Refuse a loss that has averaged over rows, or kept one number per position.

    Raises:
        FinineError: says its shape.
    """
    if tuple(losses.shape) != (rows,):
        raise FinineError(
            f"The loss has shape {tuple(losses.shape)} for {rows} rows: it must be ({rows},).",
            "Use a loss that does not average over rows, for example reduction='none'.",
        )
