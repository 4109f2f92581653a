"""What a row's gradient may look like, so that its products can be had without writing it down.

A *form* holds the gradients of some parameters for all rows of a chunk (as factors, as tokens, or
spelled out where they are small) and adds its share of every product that was asked for. Terms of
different parameters add up, hence each form only ever adds to the `Totals` of the chunk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from finine_core.gradients.projection import Projector

# A direction in parameter space: one tensor per parameter name, shaped like the parameter.
Direction = dict[str, Tensor]

# Row gradients that must be spelled out are so in tiles of this size, which are used up (squared,
# multiplied) while still in cache: 4 MiB is the usual share of L2 and L3 of one core. Tiles of
# 1 and 16 MiB took 1.1 to 2 times as long on convolutions.
TILE_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Part:
    """A parameter, or some of its leading rows (query, key and value share one tensor).

    Examples:
        >>> part = Part("w", (3, 2), 0, 1)
        >>> part.of({"w": torch.arange(6.0).reshape(3, 2)})
        tensor([[0., 1.]])
        >>> part.key
        'w[0:1]'
    """

    name: str
    shape: tuple[int, ...]  # of the whole parameter
    start: int = 0
    stop: int | None = None

    @property
    def key(self) -> str:
        return self.name if self.stop is None else f"{self.name}[{self.start}:{self.stop}]"

    @property
    def numel(self) -> int:
        leading = self.shape[0] if self.shape and self.stop is not None else 1
        rows = leading if self.stop is None else self.stop - self.start
        total = 1
        for size in self.shape:
            total *= size
        return total // leading * rows

    def of(self, direction: Direction) -> Tensor:
        """This part of a direction."""
        whole = direction[self.name]
        return whole if self.stop is None else whole[self.start : self.stop]

    def whole(self, value: Tensor) -> Direction:
        """A direction that is `value` in this part and 0 elsewhere in the parameter."""
        if self.stop is None:
            return {self.name: value.reshape(self.shape)}
        padded = value.new_zeros(self.shape)
        padded[self.start : self.stop] = value.reshape(-1, *self.shape[1:])
        return {self.name: padded}


@dataclass(frozen=True)
class Choice:
    """Which form was taken for one form's products, and the operation counts that decided it."""

    parameters: str
    shape: str
    taken: str
    operations: dict[str, float]

    def __str__(self) -> str:
        counts = ", ".join(f"{form} {count:.1e}" for form, count in self.operations.items())
        return f"{self.parameters} [{self.shape}] {self.taken} ({counts})"


@dataclass
class Room:
    """Memory that probes may still take to keep what the next chunk would compute again."""

    left: int = 0

    def take(self, count: int) -> bool:
        """Whether `count` bytes were still there; they are taken then."""
        if count > self.left:
            return False
        self.left -= count
        return True


@dataclass
class Ask:
    """What is wanted of one form."""

    probe: Form | None = None
    directions: Sequence[Direction] = ()
    projector: Projector | None = None
    room: Room = field(default_factory=Room)
    choices: list[Choice] = field(default_factory=list)


@dataclass
class Totals:
    """Sums over forms: squared norms (n,), pairs (n, m), along (n, k), projected (n, r)."""

    norms: Tensor | None = None
    pairs: Tensor | None = None
    along: Tensor | None = None
    projected: Tensor | None = None


class Form(ABC):
    """The gradients of n rows with respect to some parameters.

    Attributes:
        parts: whose gradients these are.
        rows: n.
    """

    parts: tuple[Part, ...]
    rows: int

    @property
    def key(self) -> tuple[str, ...]:
        """Tells the forms of one chunk apart, and finds the same one in another chunk."""
        return tuple(part.key for part in self.parts)

    @abstractmethod
    def add(self, ask: Ask, totals: Totals) -> None:
        """Add this form's terms to what is asked for."""

    @abstractmethod
    def summed(self) -> Direction:
        """Σ_i g_i."""

    @abstractmethod
    def take(self, rows: slice) -> Form:
        """The same for some of the rows; a view."""

    @abstractmethod
    def spelled_out(self) -> Tensor:
        """Row gradients, shape (n, numbers of all parts): only for a few rows at a time."""

    @classmethod
    @abstractmethod
    def joined(cls, forms: Sequence[Form]) -> Form:
        """One form of all rows of forms that agree in everything but their rows."""

    @property
    @abstractmethod
    def held_bytes(self) -> int:
        """Memory that stays taken while the form is kept as a probe."""


def tile_rows(row_bytes: int, budget: int = TILE_BYTES) -> int:
    """How many rows' gradients are spelled out at once; at least one.

    Examples:
        >>> tile_rows(1024, budget=4096), tile_rows(10_000, budget=4096)
        (4, 1)
    """
    return max(1, budget // max(1, row_bytes))


def squared(values: Tensor) -> Tensor:
    """Σ_j values_ij², shape (n,), without a temporary of the size of `values` (n, p).

    Examples:
        >>> squared(torch.tensor([[3.0, 4.0], [1.0, 0.0]]))
        tensor([25.,  1.])
    """
    return torch.linalg.vector_norm(values, dim=1).square_()


def slices(count: int, step: int) -> list[slice]:
    """Slices of at most `step`, one after the other.

    Examples:
        >>> slices(5, 2)
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(at, min(at + step, count)) for at in range(0, count, step)]
