"""Who takes part, and in which words is everyone asked the same thing?

A contestant is one file with a class that follows `Contestant`, and one line in `CONTESTANTS`.
Its packages are imported only in its own process.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Literal, Protocol

from cases import Work
from torch import Tensor, nn

# self: ‖g_i‖² of each row, shape (n,). pairs: ⟨g_i, g_j⟩ of rows i and probes j, shape (n, m).
Task = Literal["self", "pairs"]
TASKS: tuple[Task, ...] = ("self", "pairs")


class Contestant(Protocol):
    """One way to compute gradient products of rows.

    Attributes:
        packages: what it needs beside torch; their versions are reported.
        chooses_batch: True when it picks its own batch size, so that none is tried on it.
        computes: False for the reference that only shows what a training step costs.
    """

    packages: tuple[str, ...]
    chooses_batch: bool
    computes: bool

    def prepare(self, work: Work, task: Task, batch: int) -> Callable[[], Tensor]:
        """Set up once, outside the clock; the function returned is timed and gives the numbers."""

    def covers(self, layer: nn.Module) -> bool:
        """Whether it takes this layer's own parameters into account."""


# name: (module in this folder, class)
CONTESTANTS: dict[str, tuple[str, str]] = {
    "finine": ("finine", "Finine"),
    "training step": ("training_step", "TrainingStep"),
    "vmap(grad)+GEMM": ("vmap_gemm", "VmapGemm"),
    "captum TracInCP": ("captum_tracin", "CaptumLoop"),
    "captum TracInCP sample-wise": ("captum_tracin", "CaptumSampleWise"),
    "dattri TracIn (Grad-Dot)": ("dattri_tracin", "DattriTracIn"),
    "dattri block IF, identity": ("dattri_blocks", "DattriBlocks"),
    "kronfluence identity": ("kronfluence_identity", "KronfluenceIdentity"),
}
OURS = "finine"


def load(name: str) -> Contestant:
    """The contestant of that name; raises ImportError when its packages are missing."""
    module, kind = CONTESTANTS[name]
    contestant: Contestant = getattr(import_module(f"contestants.{module}"), kind)()
    return contestant
