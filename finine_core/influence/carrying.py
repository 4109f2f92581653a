"""What is left at the end of a run of a kick that its step t gave the parameters.

Later steps pull a kick back along directions in which the loss is curved (`response.py`). The
curvature is the Fisher matrix F = (1/m) Σ_c g_c g_cᵀ over m rows c: g_c is the gradient not of the
row's loss but of v_cᵀ f(x_c), f the model's outputs and v_c drawn so that E v vᵀ is the curvature
of the loss in the outputs (`Objective.curved`; with the given labels F would shrink as the model
fits). Everything needed of F follows from products ⟨g_i, g_c⟩ and ⟨g_c, g_c′⟩: the m × m matrix of
the latter, over m, has F's eigenvalues. The directions of most curvature are told apart; what
lies outside of them is curved as well, all of it by one number: what one half of the rows c shows
that the directions of the other half leave over (`curvature_outside`). Held against real retraining
in docs/fidelity.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from finine_core.influence.ends import Ends
from finine_core.influence.response import Horizon
from finine_core.influence.signal_plan import SHORT_STEPS

# Rows c, and of a run of few steps, which they cost no second. With fewer sizes are further off.
CURVATURE_ROWS, OF_SHORT_RUNS = 128, 256
# Of as many directions as there are rows: those that are told apart. With all of them orders were
# no better, and sizes further off.
KEPT_SHARE = 3 / 8
# Eigenvalues below this share of the largest are rounding errors of float32 products.
SMALLEST = 1e-6
_TINY = 1e-30  # what is divided by at the least


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
        horizon: what the run leaves along a direction of a curvature; None where that is not known
            (then there are the eigenvectors alone).
        kept: directions that are told apart; by default as many as `kept_directions` says.

    Attributes:
        effect: of a kick, what is left of it.
        noise: of the deviations of batches.
        start: of the variance of the initial parameters, at the end of the whole run.

    Examples:
        >>> g = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
        >>> after = Horizon(0.1, 0.0, 0.0, (10, 11), 20, 5, convex=False)
        >>> curvature = Curvature(g @ g.T, after, kept=2)  # F = diag(2, ½, 0)
        >>> g_i = torch.tensor([[1.0, 0.0, 3.0]], dtype=torch.float64)
        >>> left = curvature.effect.own(curvature.coordinates(g_i @ g.T), torch.tensor([10.0]))
        >>> round(left.item(), 4), round(0.8**10 + 9, 4)  # a fifth is lost with each step
        (9.1074, 9.1074)
    """

    def __init__(
        self, own: Tensor, horizon: Horizon | Ends | None, kept: int | None = None
    ) -> None:
        own = own.double()
        self._basis, values = _eigenvectors(own)
        kept = kept or kept_directions(len(own))
        outside = curvature_outside(own, kept)
        self._basis, values = self._basis[:, -kept:], values[-kept:]
        every = torch.cat([values, outside[None]]).cpu().numpy()  # λ_k, and that of the rest
        if horizon is not None:
            self.effect, self.noise, self.start = (
                _kept(torch.from_numpy(left(every)).to(own))
                for left in (horizon.effect, horizon.noise, horizon.start)
            )

    def as_it_is(self, times: float) -> tuple[Kept, Kept]:
        """Effect and noise of steps that are not carried, each of which stands for so many."""
        whole = torch.ones(self._basis.shape[1], dtype=self._basis.dtype, device=self._basis.device)
        return Kept(times * whole, times), Kept(times**0.5 * whole, times**0.5)

    def coordinates(self, pairs: Tensor) -> Tensor:
        """⟨g_i, u_k⟩ from products with the curvature rows (n, m); shape (n, K)."""
        return pairs @ self._basis.to(pairs)


def curvature_outside(own: Tensor, kept: int) -> Tensor:
    """Mean curvature of F outside of the directions that are told apart, a scalar.

    With r_c what the first half's directions leave over of row c of the second: the mean over pairs
    c ≠ c′ of ⟨r_c, r_c′⟩², over the mean of ‖r_c‖². Not from one set of rows alone: a few rows in
    many directions seem to have much curvature in each of their own. One number for all rows:
    measured for each row by itself it fits sizes no better, and rankings agree less between seeds.

    Args:
        own: ⟨g_c, g_c′⟩, shape (m, m), float64.
        kept: directions that are told apart.

    Examples:
        >>> g = torch.tensor([[1.0, 0, 0], [0, 1, 0], [5, 3, 2], [5, 3, 2]], dtype=torch.float64)
        >>> curvature_outside(g @ g.T, kept=2)  # (0, 0, 2) is left of both: 4² / 4
        tensor(4., dtype=torch.float64)
    """
    half = len(own) // 2
    seen = own[half:, :half] @ _eigenvectors(own[:half, :half])[0][:, -kept:]
    rest = own[half:, half:] - seen @ seen.T
    pairs = len(rest) * (len(rest) - 1)
    squares = rest.square().sum() - rest.diagonal().square().sum()
    length = rest.diagonal().mean()
    found = squares / max(1, pairs) / length.clamp(min=_TINY)
    return found if length > SMALLEST * own.diagonal().mean() else torch.zeros_like(found)


def curvature_rows(steps: int) -> int:
    """How many rows the curvature is of, in a run of so many steps.

    Examples:
        >>> curvature_rows(500), curvature_rows(5000)
        (256, 128)
    """
    return OF_SHORT_RUNS if steps <= SHORT_STEPS else CURVATURE_ROWS


def kept_directions(rows: int) -> int:
    """How many directions are told apart of the curvature of so many rows.

    Examples:
        >>> kept_directions(128)
        48
    """
    return max(1, int(KEPT_SHARE * rows))


def _eigenvectors(own: Tensor) -> tuple[Tensor, Tensor]:
    """(m, K) that turns products with the m rows into coordinates, and F's eigenvalues (K,)."""
    values, vectors = torch.linalg.eigh(own / max(1, len(own)))
    seen = values > SMALLEST * values.amax().clamp(min=0) if len(values) else values > 0
    values, vectors = values[seen], vectors[:, seen]
    return vectors / torch.sqrt(len(own) * values), values


def _kept(shares: Tensor) -> Kept:
    return Kept(shares[:-1], float(shares[-1]))
