"""What is known of a model: which layers have rules, which parameters fell back, where rows lie.

A `Structure` turns what layers saw in a chunk (`capture.py`) into forms of row gradients, one per
group of parameters. It is filled in by `survey.py`, which proves it against autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.func import functional_call

from finine_core.gradients.capture import Captured, PerRowLoss, Seen, Use, Watched
from finine_core.gradients.forms import Form, Part, Traced, combined
from finine_core.gradients.layers import rule_for
from finine_core.gradients.rules import LayerCall

NO_RULE = "there is no rule for its kind"


@dataclass
class Structure:
    """How to get row gradients from one model.

    Attributes:
        parts: the wanted parameters of each watched layer, by their names within it.
        followed: parameters for which the whole model is differentiated row by row.
        axes: the rows' axis of inputs and of outputs of each use.
        shared: uses that give all rows the same, and the axis to spread them over (see `capture`).
        batched: which tensors of a call without a rule hold rows.
        fallbacks: module name -> why it has no rule.
    """

    model: nn.Module
    selected: dict[str, nn.Parameter]
    frozen: list[nn.Parameter]
    watched: list[Watched] = field(default_factory=list)
    parts: dict[str, dict[str, Part]] = field(default_factory=dict)
    followed: list[str] = field(default_factory=list)
    axes: dict[Use, tuple[int, int]] = field(default_factory=dict)
    shared: dict[Use, int] = field(default_factory=dict)
    batched: dict[Use, tuple[bool, ...]] = field(default_factory=dict)
    fallbacks: dict[str, str] = field(default_factory=dict)
    proven_with: int = 0  # rows

    def follow(self, name: str, reason: str) -> None:
        """Leave a parameter to differentiation of the whole model."""
        if name not in self.followed:
            self.followed.append(name)
        for module, parts in self.parts.items():
            kept = {local: part for local, part in parts.items() if part.name != name}
            if len(kept) < len(parts):
                self.parts[module] = kept
                self.fallbacks.setdefault(module, reason)
        self.watched = [w for w in self.watched if self.parts[w.name]]

    def follow_all(self, module: str, reason: str) -> None:
        """Leave a whole layer's parameters to differentiation of the whole model."""
        self.fallbacks.setdefault(module, reason)
        for part in list(self.parts[module].values()):
            self.follow(part.name, reason)

    @property
    def by_rules(self) -> bool:
        """Whether every parameter's gradients follow from what its layers saw."""
        return not self.followed and all(one.rule is not None for one in self.watched)

    @property
    def by_batches(self) -> bool:
        """Whether a layer goes by statistics of its batch while the model trains."""
        kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
        return any(isinstance(one.layer, kinds) for one in self.watched)

    @property
    def traced_numbers(self) -> int:
        """How many numbers per row are spelled out because there is no rule for them."""
        names = set(self.followed)
        for watched in self.watched:
            if watched.rule is None:
                names |= {part.name for part in self.parts[watched.name].values()}
        return sum(self.selected[name].numel() for name in names)

    def axes_of(self, use: Use) -> tuple[int, int]:
        """The rows' axis of inputs and outputs.

        Training may use layers that evaluation does not, or more often: then as in other uses of
        the layer, or first.
        """
        alike = (axes for known, axes in self.axes.items() if known[:2] == use[:2])
        return self.axes.get(use) or next(alike, (0, 0))

    def forms(
        self,
        captured: Captured,
        loss: PerRowLoss,
        inputs: tuple[Tensor, ...],
        labels: Tensor,
        dtype: torch.dtype,
    ) -> list[Form]:
        """Row gradients of a chunk, in forms without a parameter in common."""
        layers = {watched.name: watched for watched in self.watched}
        found: list[Form] = []
        for use, seen in captured.uses.items():
            watched, parts = layers[use[0]], self.parts[use[0]]
            if seen.delta is None:
                continue  # the loss does not depend on it: no gradient
            if watched.rule is None:
                found.append(self._traced(use, watched.layer, parts, seen, dtype))
                continue
            of_a, of_delta = self.axes_of(use)
            a = seen.a if not seen.a.is_floating_point() else seen.a.to(dtype)
            delta = seen.delta.to(dtype).movedim(of_delta, 0)
            call = LayerCall(use[1], a.movedim(of_a, 0), delta, len(captured.losses), parts)
            found += watched.rule.forms(watched.layer, call)
        found = combined(found)
        if self.followed:
            found.append(self._followed(loss, inputs, labels, dtype))
        return found

    def _traced(
        self, use: Use, layer: nn.Module, parts: dict[str, Part], seen: Seen, dtype: torch.dtype
    ) -> Traced:
        """A module without a rule: its own call is differentiated, with δ held fixed."""
        assert seen.arguments is not None
        assert seen.delta is not None
        given, named = seen.arguments
        everything = [*given, *named.values()]
        batched = self.batched.get(use) or tuple(
            isinstance(x, Tensor) and x.shape[:1] == seen.delta.shape[:1] for x in everything
        )
        rows = [x for x, yes in zip(everything, batched, strict=True) if yes]
        tensors = tuple(x for x in rows if isinstance(x, Tensor))

        def score(values: dict[str, Tensor], tensors: tuple[Tensor, ...]) -> Tensor:
            delta, *moving = tensors
            left = iter(moving)
            filled = [next(left) if yes else x for x, yes in zip(everything, batched, strict=True)]
            output = functional_call(
                layer,
                {local: values[part.name] for local, part in parts.items()},
                tuple(filled[: len(given)]),
                dict(zip(named, filled[len(given) :], strict=True)),
                tie_weights=False,
            )
            return (output * delta).reshape(len(delta), -1).sum(dim=1)

        own = {part.name: part for part in parts.values()}
        return Traced(
            tuple(own.values()),
            {name: self.selected[name].detach() for name in own},
            score,
            (seen.delta, *tensors),
            dtype,
            self._teller([use[0]]),
        )

    def _followed(
        self, loss: PerRowLoss, inputs: tuple[Tensor, ...], labels: Tensor, dtype: torch.dtype
    ) -> Traced:
        places = _places(self.model, {id(self.selected[name]): name for name in self.followed})

        def score(values: dict[str, Tensor], tensors: tuple[Tensor, ...]) -> Tensor:
            filled = {place: values[name] for place, name in places.items()}
            outputs = functional_call(self.model, filled, tensors[:-1], tie_weights=False)
            return loss(outputs, tensors[-1])

        shapes = {name: tuple(self.selected[name].shape) for name in self.followed}
        modules = [name for name in self.fallbacks if not self.parts.get(name)]
        return Traced(
            tuple(Part(name, shape) for name, shape in shapes.items()),
            {name: self.selected[name].detach() for name in self.followed},
            score,
            (*inputs, labels),
            dtype,
            self._teller(modules),
        )

    def _teller(self, modules: Sequence[str]) -> Callable[[str], None]:
        def tell(reason: str) -> None:
            for module in modules:
                if reason not in self.fallbacks[module]:
                    self.fallbacks[module] += f"; {reason}"

        return tell


def _places(model: nn.Module, names: dict[int, str]) -> dict[str, str]:
    """Where parameters lie, each place once: `functional_call` would not restore a module that is
    listed twice, and its own way of finding tied parameters lists it twice."""
    return {
        f"{module}.{local}" if module else local: names[id(p)]
        for module, layer in model.named_modules()
        for local, p in layer.named_parameters(recurse=False, remove_duplicate=False)
        if id(p) in names
    }


def first_guess(
    model: nn.Module, selected: dict[str, nn.Parameter], frozen: list[nn.Parameter]
) -> Structure:
    """Every layer with wanted parameters, with its rule where there is one."""
    names = {id(parameter): name for name, parameter in selected.items()}
    structure = Structure(model, selected, frozen)
    owned: set[int] = set()  # children whose parameters the parent's rule accounts for
    for name, layer in model.named_modules():
        if id(layer) in owned:
            continue
        rule = rule_for(layer)
        own = (
            dict(layer.named_parameters(recurse=False)) if rule is None else rule.parameters(layer)
        )
        parts = {
            local: Part(names[id(p)], tuple(p.shape)) for local, p in own.items() if id(p) in names
        }
        if rule is not None and any("." in local for local in own):
            owned |= {id(child) for child in layer.modules()}
        if not parts:
            continue
        reason = NO_RULE if rule is None else rule.refuses(layer)
        structure.watched.append(Watched(name, layer, rule if reason is None else None))
        structure.parts[name] = parts
        if reason is not None:
            structure.fallbacks[name] = f"{type(layer).__name__}: {reason}"
    _follow_what_is_shared_with_fallbacks(structure)
    return structure


def _follow_what_is_shared_with_fallbacks(structure: Structure) -> None:
    for watched in list(structure.watched):
        if watched.rule is not None:
            continue
        for part in list(structure.parts[watched.name].values()):
            holders = [m for m, parts in structure.parts.items() if part in parts.values()]
            if len(holders) > 1:
                structure.follow(part.name, f"shares '{part.name}' with a layer without a rule")
