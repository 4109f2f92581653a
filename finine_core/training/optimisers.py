"""How does a gradient move the parameters? SGD with momentum, and Adam, as torch has them.

The arithmetic is torch.optim's on one tensor after the other, and so are the names of what is
remembered. Those of torch load its compiler with the first step, which takes longer (1.5 s of
processor time) than a small run trains; nothing here is compiled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from finine_core.errors import FinineError

MOMENTUM = 0.9  # the usual value; the paper's runs use SGD with momentum as well
# Adam's, as its paper gives them.
ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8

Slots = dict[str, Tensor]  # what is remembered of one parameter, by name


class Optimiser(ABC):
    """Moves parameters against their gradients.

    Args:
        parameters: those that have no gradient are left as they are.

    Attributes:
        state: what is remembered, by the parameter's place.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.lr, self.weight_decay = lr, weight_decay
        self.state: dict[int, Slots] = {}

    def forget_gradients(self) -> None:
        """Take the gradients away, before the next loss."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move each parameter once."""
        for place, parameter in enumerate(self.parameters):
            if parameter.grad is None:
                continue
            grad = parameter.grad
            if self.weight_decay:
                grad = grad.add(parameter, alpha=self.weight_decay)
            self._move(parameter, grad, self.state.setdefault(place, {}))

    def slots(self) -> Slots:
        """What is remembered, as `place.name`; the tensors themselves, not copies."""
        return {
            f"{place}.{name}": value
            for place, named in self.state.items()
            for name, value in named.items()
        }

    def restore(self, slots: Mapping[str, Tensor]) -> None:
        """Remember what `slots` gave, in tensors of its own."""
        self.state = {}
        for key, value in slots.items():
            place, name = key.split(".", 1)
            kept = (
                value.clone() if name == "step" else value.to(self.parameters[int(place)]).clone()
            )
            self.state.setdefault(int(place), {})[name] = kept

    @abstractmethod
    def _move(self, parameter: Tensor, grad: Tensor, slots: Slots) -> None: ...


class Sgd(Optimiser):
    """Stochastic gradient descent with momentum: v ← m v + g, p ← p − lr v."""

    def _move(self, parameter: Tensor, grad: Tensor, slots: Slots) -> None:
        if "momentum_buffer" in slots:
            slots["momentum_buffer"].mul_(MOMENTUM).add_(grad)
        else:
            slots["momentum_buffer"] = grad.clone()
        parameter.add_(slots["momentum_buffer"], alpha=-self.lr)


class Adam(Optimiser):
    """Adam: a step by the running mean of g over the root of that of g², both freed of bias."""

    def _move(self, parameter: Tensor, grad: Tensor, slots: Slots) -> None:
        if not slots:
            slots["step"] = torch.tensor(0.0)
            slots["exp_avg"] = torch.zeros_like(parameter)
            slots["exp_avg_sq"] = torch.zeros_like(parameter)
        slots["step"] += 1
        step = slots["step"].item()
        first, second = ADAM_BETAS
        slots["exp_avg"].lerp_(grad, 1 - first)
        slots["exp_avg_sq"].mul_(second).addcmul_(grad, grad, value=1 - second)
        root = slots["exp_avg_sq"].sqrt() / (1 - second**step) ** 0.5
        size = self.lr / (1 - first**step)
        parameter.addcdiv_(slots["exp_avg"], root.add_(ADAM_EPSILON), value=-size)


OPTIMISERS: Mapping[str, type[Optimiser]] = {"sgd": Sgd, "adam": Adam}


def optimiser_named(
    name: str, parameters: Iterable[Tensor], lr: float, weight_decay: float
) -> Optimiser:
    """An optimiser of these parameters.

    Raises:
        FinineError: there is none of that name.

    Examples:
        >>> p = torch.ones(1, requires_grad=True)
        >>> sgd = optimiser_named("sgd", [p], lr=0.5, weight_decay=0.0)
        >>> p.square().sum().backward()
        >>> sgd.step()
        >>> p.tolist()
        [0.0]
    """
    if name not in OPTIMISERS:
        raise FinineError(f"There is no optimiser '{name}'.", f"Known: {', '.join(OPTIMISERS)}.")
    return OPTIMISERS[name](parameters, lr, weight_decay)
