"""Random projections of row gradients to r numbers whose inner products estimate ⟨g_i, g_j⟩.

Direction V_k of a weight matrix is the outer product u_k w_kᵀ of two independent Rademacher vectors
(entries ±1), so that ⟨δ aᵀ, V_k⟩ = (u_k·δ)(w_k·a): two thin GEMMs per layer instead of an
r × parameters matrix. Every other parameter has plain Rademacher directions. With P_i = (⟨g_i, V_k⟩
/ √r)_k, E⟨P_i, P_j⟩ = ⟨g_i, g_j⟩ exactly. The variance is at most (2/r)‖g_i‖²‖g_j‖² where
directions are plain, and at most (8/r)‖g_i‖²‖g_j‖² for outer products: fourth moments are at
most 3 per factor, so 3·3 − 1 instead of 3 − 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from finine_core.errors import FinineError


@dataclass(frozen=True)
class RandomProjection:
    """A seeded projection to `size` numbers; the same seed gives the same on every machine.

    Args:
        size: r, the numbers per row. The error of an inner product falls as 1/√r.
        seed: of the directions.

    Raises:
        FinineError: size is not positive.

    Examples:
        >>> RandomProjection(64, seed=1)
        RandomProjection(size=64, seed=1)
    """

    size: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise FinineError(
                f"A projection to {self.size} numbers is none.", "Give a size of at least 1."
            )


class Projector:
    """The sign vectors of one projection, drawn once and kept while rows stream by."""

    def __init__(self, projection: RandomProjection, dtype: torch.dtype, device: torch.device):
        self.size = projection.size
        self._seed = projection.seed
        self._dtype, self._device = dtype, device
        self._drawn: dict[str, Tensor] = {}

    def signs(self, key: str, count: int) -> Tensor:
        """Entries ±1, shape (count, r), that depend on the key and the seed alone.

        The factor 1/√r is left to whoever sums the terms of all parameters.
        """
        if key not in self._drawn:
            # On the CPU whatever the device: the numbers must not depend on the machine.
            # Hashed, since the generator looks at 32 bits of its seed only.
            digest = hashlib.sha256(f"{self._seed}:{key}".encode()).digest()
            random = torch.Generator().manual_seed(int.from_bytes(digest[:4], "big"))
            bits = torch.randint(2, (count, self.size), generator=random, dtype=torch.int8)
            self._drawn[key] = (bits * 2 - 1).to(self._device, self._dtype)
        return self._drawn[key]
