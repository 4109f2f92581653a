"""What is left at the end of a run of a kick that its step t gave the parameters.

Later steps pull a kick back along directions in which the loss is curved: of a kick along the
curvature's eigenvector u_k (eigenvalue λ_k) exp(−η̃(λ_k + w)(T−t)) is left after the T−t steps that
remain, with η̃ the learning rate over one minus momentum and w the weight decay. An influence that
adds up steps as if all of it stayed reads early kicks too large and the noise of the run too small.

The curvature is the Fisher matrix F = (1/m) Σ_c g_c g_cᵀ over m rows c whose labels are *drawn from
the model's predictions* (with the given labels it would shrink as the model fits). Everything
needed of F follows from products ⟨g_i, g_c⟩ and ⟨g_c, g_c′⟩: the m × m matrix of the latter, over
m, has F's eigenvalues. What of a row lies outside of the span of the g_c is curved as well; how
much is measured with half of the rows c, on what the other half leaves of it:
λ = E_c ⟨rest_i, g_c⟩² / ‖rest_i‖². Held against real retraining in docs/fidelity.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# 64 read μ too large or small by up to a half, 256 fitted no better (docs/fidelity.md).
CURVATURE_ROWS = 128
# Eigenvalues below this share of the largest are rounding errors of float32 products.
SMALLEST = 1e-6
_TINY = 1e-30  # what is divided by at the least


@dataclass(frozen=True)
class Horizon:
    """How far a step is from the end of its run, and what happens on the way.

    Attributes:
        rate: η̃, the learning rate over one minus momentum.
        decay: weight decay w.
        left: optimiser steps from this one to the end.
        total: of the whole run.
        per_epoch: steps of an epoch.
        convex: whether the loss is convex in the parameters. The batches of an epoch hold every row
            once, so what they deviate by sums to zero within it, and along flat directions none of
            it stays. In a convex model that holds to the end; in others an early deviation leads to
            another solution, and measured spreads are those of independent batches.
    """

    rate: float
    decay: float
    left: int
    total: int
    per_epoch: int
    convex: bool


@dataclass(frozen=True)
class Located:
    """Some rows' gradients beside the curvature.

    Attributes:
        inside: coordinates ⟨g_i, u_k⟩, shape (n, K).
        outside: curvature along what lies outside of the span of the u_k, shape (n,).
    """

    inside: Tensor
    outside: Tensor


@dataclass(frozen=True)
class Kept:
    """What is left, as a share that depends on the curvature.

    Attributes:
        curvature: eigenvalues λ_k, shape (K,).
        share: of curvatures of any shape.
    """

    curvature: Tensor
    share: Callable[[Tensor], Tensor]

    def between(self, mine: Located, theirs: Tensor, products: Tensor) -> Tensor:
        """What is left of ⟨g_i, g_j⟩ (n, p) from coordinates of the rows j (p, K)."""
        outside = products - mine.inside @ theirs.T
        inside = (mine.inside * self.share(self.curvature)) @ theirs.T
        return inside + self.share(mine.outside)[:, None] * outside

    def own(self, mine: Located, norms: Tensor) -> Tensor:
        """What is left of ‖g_i‖², shape (n,); never negative."""
        squares = mine.inside.square()
        outside = (norms - squares.sum(dim=1)).clamp(min=0)
        return squares @ self.share(self.curvature) + self.share(mine.outside) * outside


class Curvature:
    """F's eigenvectors at one step, and what they leave of kicks, of noise and of the start.

    Args:
        own: ⟨g_c, g_c′⟩ of the curvature rows, shape (m, m).

    Attributes:
        effect: of a kick, what is left of it.
        noise: of the deviations of batches.
        start: of the variance of the initial parameters, at the end of the whole run.

    Examples:
        >>> g = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
        >>> after = Horizon(rate=0.1, decay=0.0, left=10, total=20, per_epoch=5, convex=False)
        >>> curvature = Curvature(g @ g.T, after)  # F = diag(2, ½, 0)
        >>> g_i, squared = torch.tensor([[1.0, 0.0, 0.0]]).double(), torch.tensor([1.0]).double()
        >>> left = curvature.effect.own(curvature.locate(g_i @ g.T, squared), squared)
        >>> round(left.item(), 4), round(float(np.exp(-2.0)), 4)  # e^(−.1 · 2 · 10)
        (0.1353, 0.1353)
    """

    def __init__(self, own: Tensor, horizon: Horizon) -> None:
        own, self._half = own.double(), len(own) // 2
        self._basis, values = _eigenvectors(own)
        first = own[: self._half, : self._half]
        self._half_basis = _eigenvectors(first)[0]
        self._second = own[self._half :, : self._half] @ self._half_basis

        def fades(curvature: Tensor) -> Tensor:  # the share lost with each step
            return horizon.rate * (curvature + horizon.decay)

        def stays(curvature: Tensor) -> Tensor:
            return torch.exp(-fades(curvature) * horizon.left)

        def noise_stays(curvature: Tensor) -> Tensor:
            whole = uncancelled(fades(curvature) * horizon.per_epoch).sqrt()
            return stays(curvature) * whole

        self.effect = Kept(values, stays)
        self.noise = Kept(values, noise_stays) if horizon.convex else self.effect
        self.start = Kept(values, lambda one: torch.exp(-2 * fades(one) * horizon.total))

    def locate(self, pairs: Tensor, norms: Tensor) -> Located:
        """Place gradients beside the curvature, in float64.

        Args:
            pairs: ⟨g_i, g_c⟩ with the curvature rows, shape (n, m).
            norms: ‖g_i‖², shape (n,).
        """
        pairs = pairs.double()
        seen = pairs[:, : self._half] @ self._half_basis
        rest = (norms - seen.square().sum(dim=1)).clamp(min=_TINY)
        across = pairs[:, self._half :] - seen @ self._second.T
        return Located(pairs @ self._basis, across.square().mean(dim=1) / rest)


def _eigenvectors(own: Tensor) -> tuple[Tensor, Tensor]:
    """(m, K) that turns products with the m rows into coordinates, and the eigenvalues (K,)."""
    values, vectors = torch.linalg.eigh(own / max(1, len(own)))
    seen = values > SMALLEST * values.max().clamp(min=0) if len(values) else values > 0
    values, vectors = values[seen], vectors[:, seen]
    return vectors / torch.sqrt(len(own) * values), values


def uncancelled(fade: Tensor) -> Tensor:
    """Share of the variance that is left of an epoch's deviations, which sum to zero.

    What a batch deviates by, fading at an even rate, by `fade` within an epoch: 1 − (2/x) tanh(x/2)
    of the variance that independent batches would leave; x²/12 where hardly anything fades.

    Examples:
        >>> uncancelled(torch.tensor([1e-9, 1.0, 1e9])).round(decimals=3)
        tensor([0.0000, 0.0760, 1.0000])
    """
    small = fade < 1e-2  # where the difference would be rounding
    safe = torch.where(small, torch.ones_like(fade), fade)
    return torch.where(small, fade.square() / 12, 1 - 2 / safe * torch.tanh(safe / 2))


def drawn_labels(outputs: Tensor, random: np.random.Generator) -> Tensor:
    """One class a row, drawn from the softmax of the outputs (n, C); on their device.

    Examples:
        >>> drawn_labels(torch.tensor([[50.0, 0.0], [0.0, 50.0]]), np.random.default_rng(0))
        tensor([0, 1])
    """
    chances = outputs.detach().double().softmax(dim=1).cpu().numpy()
    levels = random.random(len(chances))[:, None]
    drawn: NDArray[np.int64] = (chances.cumsum(axis=1) < levels).sum(axis=1)
    return torch.from_numpy(drawn.clip(max=chances.shape[1] - 1)).to(outputs.device)


def margin_scale(losses: Tensor) -> Tensor:
    """By how much a row's margin moves when its cross-entropy moves by one: 1 / (1 − p), (n,).

    The margin log p/(1−p) of the given label grows evenly with a row's kicks, while the loss levels
    off. A trade-off function is the same for both, since one follows from the other.
    """
    missed = -torch.expm1(-losses.double())
    return 1 / missed.clamp(min=torch.finfo(torch.float32).eps)
