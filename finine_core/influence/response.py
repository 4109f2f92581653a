"""How SGD with momentum answers a kick: what of it is left some steps later.

Along a direction of curvature λ a deviation x of the parameters follows
x_{k+1} = (1 + β − q) x_k − β x_{k−1} with q = η(λ + w), learning rate η, momentum β and weight
decay w. With r₊ and r₋ the roots of r² − (1 + β − q) r + β, a gradient that deviates by one moves
the parameters by η h(k), k steps later:

    h(k) = (r₊^{k+1} − r₋^{k+1}) / (r₊ − r₋)

Where nothing is curved that grows from 1 to 1 / (1 − β); elsewhere it fades, and swings where q is
larger than (1 − √β)². Initial parameters that deviate by one are left with h(k) − β h(k−1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
_APART = 1e-9  # double roots are taken apart by this much (of r₊ − r₋, squared)


@dataclass(frozen=True)
class Horizon:
    """What happens between a recorded step and the end of its run.

    Attributes:
        rate: learning rate η.
        momentum: β.
        decay: weight decay w.
        left: optimiser steps to the end, from the last and from the first step it stands for.
        total: of the whole run.
        per_epoch: steps of an epoch.
        convex: whether the loss is convex in the parameters. The batches of an epoch hold every row
            once, so what they deviate by sums to zero within it, and along flat directions none of
            it stays. In a convex model that holds to the end; in others an early deviation leads to
            another solution, and measured spreads are those of independent batches.
        weight: how many times its even share of the run the step stands for (`SignalPlan.weight`);
            what is left of signals and variances is taken so many times.
    """

    rate: float
    momentum: float
    decay: float
    left: tuple[int, int]
    total: int
    per_epoch: int
    convex: bool
    weight: float = 1.0

    def effect(self, curvature: Floats) -> Floats:
        """Mean of h over the steps stood for, along directions of these curvatures (K,).

        Examples:
            >>> after = Horizon(0.1, 0.9, 0.0, (0, 2), 4, 2, convex=False)
            >>> after.effect(np.array([0.0])).round(6)  # h(0) = 1, h(1) = 1.9
            array([1.45])
        """
        near, far = self.left
        return self.weight * _Answer(self, curvature).total(near, far) / (far - near)

    def noise(self, curvature: Floats) -> Floats:
        """Root mean square of h, or in a convex model of h less its mean in the epoch.

        The latter is exact for batches that split an epoch at random: what the deviations have
        less of variance, drawn without replacement, is made up by their sum being zero.

        Examples:
            >>> after = Horizon(0.1, 0.0, 0.0, (0, 4), 4, 2, convex=False)
            >>> after.noise(np.array([0.0])), after.noise(np.array([5.0])).round(3)  # 1, ½, ¼, ⅛
            (array([1.]), array([0.576]))
            >>> convex = Horizon(0.1, 0.0, 0.0, (0, 4), 4, 2, convex=True)
            >>> convex.noise(np.array([0.0])), convex.noise(np.array([5.0])).round(3)
            (array([0.]), array([0.182]))
        """
        near, far = self.left
        answer, n = _Answer(self, curvature), self.per_epoch
        if not self.convex:
            found = answer.squares(near, far)
        else:
            found = np.zeros_like(curvature)
            for first in range(near - near % n, far, n):  # the epochs it touches
                begin, end = max(first, near), min(first + n, far)
                mean = answer.total(first, first + n) / n
                found += answer.squares(begin, end) - 2 * mean * answer.total(begin, end)
                found += (end - begin) * mean**2
        return np.sqrt(self.weight * np.maximum(found, 0) / (far - near))

    def start(self, curvature: Floats) -> Floats:
        """Square of what is left of the initial parameters at the end of the run, (K,).

        Examples:
            >>> Horizon(0.1, 0.0, 0.0, (0, 4), 4, 2, convex=False).start(np.array([0.0, 5.0]))
            array([1.        , 0.00390625])
        """
        answer, last = _Answer(self, curvature), self.total
        left = answer.total(last, last + 1) - self.momentum * answer.total(last - 1, last)
        return self.weight * left**2


class _Answer:
    """h along directions of curvatures (K,), summed over steps in closed form.

    A curvature too large for the learning rate would drive the parameters ever farther; a run
    that did not diverge has none, and what few rows say of it is cut at q = 1 + β.
    """

    def __init__(self, horizon: Horizon, curvature: Floats) -> None:
        self.beta = beta = horizon.momentum
        q = np.clip(horizon.rate * (curvature + horizon.decay), 0, 1 + beta)
        apart = (1 + beta - q) ** 2 - 4 * beta
        apart = np.where(np.abs(apart) < _APART, _APART, apart)
        self.root: Complex = np.sqrt(apart.astype(np.complex128))
        self.one, self.other = ((1 + beta - q + sign * self.root) / 2 for sign in (1, -1))

    def total(self, first: int, beyond: int) -> Floats:
        """Σ h(k), k from `first` to before `beyond`."""
        sums = (_geometric(r, first, beyond) for r in (self.one, self.other))
        return np.asarray(np.subtract(*sums) / self.root).real

    def squares(self, first: int, beyond: int) -> Floats:
        """Σ h(k)²; the roots' product is β."""
        one, other, both = (
            _geometric(r, first, beyond)
            for r in (self.one**2, self.other**2, np.full_like(self.one, self.beta))
        )
        return np.asarray((one + other - 2 * both) / self.root**2).real


def _geometric(r: Complex, first: int, beyond: int) -> Complex:
    """Σ r^(k+1), k from `first` to before `beyond`."""
    flat = np.abs(1 - r) < np.finfo(float).eps
    rest = np.where(flat, 1, 1 - r)
    count = beyond - first
    return r ** (first + 1) * np.where(flat, count, (1 - r**count) / rest)
