"""One forward and one backward to layer outputs, from which every gradient product is had.

Takes a model, rows and a per-row loss; gives `GhostRows`, whose methods are the products. Nothing
of size rows × parameters is ever built (DESIGN §1.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from finine_core.errors import FinineError
from finine_core.gradients.registry import rule_for
from finine_core.gradients.rules import Direction, LayerRule

# Gives one loss per row, shape (n,), from outputs and labels.
PerRowLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class _Seen:
    """What one layer saw: its inputs and the loss gradients of its outputs."""

    name: str
    layer: nn.Module
    rule: LayerRule
    a: Tensor
    delta: Tensor


@dataclass(frozen=True)
class GhostRows:
    """The loss gradients of n rows, held as layer inputs and output gradients.

    Attributes:
        losses: one loss per row, shape (n,).
        outputs: the model's outputs, first axis n.
    """

    losses: Tensor
    outputs: Tensor
    _layers: tuple[_Seen, ...]

    def squared_norms(self) -> Tensor:
        """‖g_i‖², shape (n,)."""
        return _total(s.rule.squared_norms(s.layer, s.a, s.delta) for s in self._layers)

    def pairs(self, other: GhostRows) -> Tensor:
        """⟨g_i, g_j⟩ of these rows (i) with the other rows (j), shape (n, m)."""
        return _total(
            mine.rule.pairs(mine.layer, mine.a, mine.delta, theirs.a, theirs.delta)
            for mine, theirs in zip(self._layers, other._layers, strict=True)
        )

    def along(self, direction: Direction) -> Tensor:
        """⟨g_i, V⟩ for a direction V in parameter space, shape (n,)."""
        return _total(
            s.rule.along(s.layer, s.a, s.delta, _own(direction, s.name)) for s in self._layers
        )

    def summed_gradient(self) -> Direction:
        """Σ_i g_i as a direction."""
        return {
            f"{s.name}.{key}" if s.name else key: value
            for s in self._layers
            for key, value in s.rule.summed(s.layer, s.a, s.delta).items()
        }


def ghost_rows(model: nn.Module, loss: PerRowLoss, inputs: Tensor, labels: Tensor) -> GhostRows:
    """Run the rows through the model once and keep what every gradient product needs.

    Args:
        model: in eval mode; each layer with parameters needs a rule (`registry.py`).
        loss: one loss per row.
        inputs: first axis n.
        labels: first axis n.

    Raises:
        FinineError: the model is in training mode, a layer has no rule or runs twice, or a loss
            is not finite (the rows are named).

    Examples:
        >>> model = nn.Linear(2, 2).eval()
        >>> loss = nn.CrossEntropyLoss(reduction="none")
        >>> rows = ghost_rows(model, loss, torch.ones(3, 2), torch.tensor([0, 1, 1]))
        >>> rows.squared_norms().shape, rows.pairs(rows).shape
        (torch.Size([3]), torch.Size([3, 3]))
    """
    if model.training:
        raise FinineError(
            "Per-row gradients need a model in eval mode: dropout and batch statistics would"
            " make them depend on other rows.",
            "Call model.eval() first.",
        )
    known = _layers_with_rules(model)
    inputs_of: dict[str, Tensor] = {}
    outputs_of: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(_: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
            if name in outputs_of:
                raise FinineError(
                    f"Layer '{name}' runs more than once per row; its terms would be lost."
                )
            inputs_of[name], outputs_of[name] = given[0].detach(), output

        return hook

    hooks = [layer.register_forward_hook(keep(name)) for name, layer, _ in known]
    try:
        with torch.enable_grad():
            outputs = model(inputs)
            losses = loss(outputs, labels)
            deltas = torch.autograd.grad(losses.sum(), [outputs_of[name] for name, _, _ in known])
    finally:
        for hook in hooks:
            hook.remove()
    _require_finite(losses)
    seen = tuple(
        _Seen(name, layer, rule, inputs_of[name], delta)
        for (name, layer, rule), delta in zip(known, deltas, strict=True)
    )
    return GhostRows(losses.detach(), outputs.detach(), seen)


def _layers_with_rules(model: nn.Module) -> list[tuple[str, nn.Module, LayerRule]]:
    found = []
    for name, layer in model.named_modules():
        if not any(p.requires_grad for p in layer.parameters(recurse=False)):
            continue
        rule = rule_for(layer)
        if rule is None:
            raise FinineError(
                f"Layer '{name}' ({type(layer).__name__}) has no gradient rule yet.",
                "Use a model of linear layers.",
            )
        found.append((name, layer, rule))
    return found


def _own(direction: Direction, name: str) -> dict[str, Tensor]:
    prefix = f"{name}." if name else ""
    return {
        key[len(prefix) :]: value
        for key, value in direction.items()
        if key.startswith(prefix) and "." not in key[len(prefix) :]
    }


def _total(terms: Iterable[Tensor]) -> Tensor:
    total: Tensor | None = None
    for term in terms:
        total = term if total is None else total + term
    assert total is not None, "a model without parameters has no gradients"
    return total


def _require_finite(losses: Tensor) -> None:
    bad = torch.nonzero(~torch.isfinite(losses.detach())).flatten()
    if len(bad):
        raise FinineError(
            f"The loss is not finite for {len(bad)} rows"
            f" (first within this chunk: {bad[:5].tolist()}).",
            "Lower the learning rate, or look for extreme feature values.",
        )
