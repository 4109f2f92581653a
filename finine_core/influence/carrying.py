"""What is left at the end of a run of a kick that its step t gave the parameters.

Later steps pull a kick back along directions in which the loss is curved: of a kick along the
curvature's eigenvector u_k (eigenvalue λ_k) exp(−η̃(λ_k + w)(T−t)) is left after the T−t steps that
remain, with η̃ the learning rate over one minus momentum and w the weight decay. An influence that
adds up steps as if all of it stayed reads early kicks too large and the noise of the run too small.

The curvature is the Fisher matrix F = (1/m) Σ_c g_c g_cᵀ over m rows c whose labels are *drawn from
the model's predictions* (with the given labels it would shrink as the model fits). Everything
needed of F follows from products ⟨g_i, g_c⟩ and ⟨g_c, g_c′⟩: the m × m matrix of the latter, over
m, has F's eigenvalues. What lies outside of the span of the g_c is curved as well, on average by
what one half of the rows c shows of it that the other half leaves over (`curvature_outside`). Held
against real retraining in docs/fidelity.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Of 64, 128 and 256, sizes of μ were nearest to the truth in all four studies with 128.
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
class Kept:
    """A symmetric matrix with F's eigenvectors: values `inside` (K,), and `outside` elsewhere."""

    inside: Tensor
    outside: float

    def between(self, a: Tensor, b: Tensor, products: Tensor) -> Tensor:
        """g_iᵀ M g_j from coordinates a (n, K), b (p, K) and products ⟨g_i, g_j⟩ (n, p)."""
        return (a * (self.inside - self.outside).to(a)) @ b.T + self.outside * products

    def own(self, a: Tensor, norms: Tensor) -> Tensor:
        """g_iᵀ M g_i from coordinates (n, K) and ‖g_i‖² (n,); never negative."""
        found = a.square() @ (self.inside - self.outside).to(a) + self.outside * norms
        return found.clamp(min=0)


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
        >>> g_i = torch.tensor([[1.0, 0.0, 3.0]], dtype=torch.float64)
        >>> left = curvature.effect.own(curvature.coordinates(g_i @ g.T), torch.tensor([10.0]))
        >>> round(left.item(), 4), round(float(np.exp(-2.0)) + 9, 4)  # e^(−.1 · 2 · 10) of 1, and 9
        (9.1353, 9.1353)
    """

    def __init__(self, own: Tensor, horizon: Horizon) -> None:
        own = own.double()
        self._basis, values = _eigenvectors(own)
        curvature = torch.cat([values, curvature_outside(own)[None]])  # λ_k, and that of the rest
        fades = horizon.rate * (curvature + horizon.decay)  # the share lost with each step
        stays = torch.exp(-fades * horizon.left)
        self.effect = self.noise = _kept(stays)
        if horizon.convex:
            self.noise = _kept(stays * uncancelled(fades * horizon.per_epoch).sqrt())
        self.start = _kept(torch.exp(-2 * fades * horizon.total))

    def coordinates(self, pairs: Tensor) -> Tensor:
        """⟨g_i, u_k⟩ from products with the curvature rows (n, m); shape (n, K)."""
        return pairs @ self._basis.to(pairs)


def curvature_outside(own: Tensor) -> Tensor:
    """Mean curvature of F outside of the span of half of its rows, a scalar.

    With r_c what the first half leaves over of row c of the second: the mean over pairs c ≠ c′ of
    ⟨r_c, r_c′⟩², over the mean of ‖r_c‖². One number for all rows: measured for each row by itself
    it fits sizes no better, and rankings agree less between seeds (Jaccard .72 instead of .79).

    Args:
        own: ⟨g_c, g_c′⟩, shape (m, m), float64.

    Examples:
        >>> g = torch.tensor([[1.0, 0, 0], [0, 1, 0], [5, 3, 2], [5, 3, 2]], dtype=torch.float64)
        >>> curvature_outside(g @ g.T)  # (0, 0, 2) is left of both: 4² / 4
        tensor(4., dtype=torch.float64)
    """
    half = len(own) // 2
    seen = own[half:, :half] @ _eigenvectors(own[:half, :half])[0]
    rest = own[half:, half:] - seen @ seen.T
    pairs = len(rest) * (len(rest) - 1)
    squares = rest.square().sum() - rest.diagonal().square().sum()
    length = rest.diagonal().mean()
    found = squares / max(1, pairs) / length.clamp(min=_TINY)
    return found if length > SMALLEST * own.diagonal().mean() else torch.zeros_like(found)


def _eigenvectors(own: Tensor) -> tuple[Tensor, Tensor]:
    """(m, K) that turns products with the m rows into coordinates, and F's eigenvalues (K,)."""
    values, vectors = torch.linalg.eigh(own / max(1, len(own)))
    seen = values > SMALLEST * values.amax().clamp(min=0) if len(values) else values > 0
    values, vectors = values[seen], vectors[:, seen]
    return vectors / torch.sqrt(len(own) * values), values


def _kept(shares: Tensor) -> Kept:
    return Kept(shares[:-1], float(shares[-1]))


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
