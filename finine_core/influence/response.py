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

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kernel = Callable[[Floats], Floats]
AT_ONCE = 1 << 22  # values of a response held at a time
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
    """

    rate: float
    momentum: float
    decay: float
    left: tuple[int, int]
    total: int
    per_epoch: int
    convex: bool

    def effect(self, curvature: Floats) -> Floats:
        """Mean of h over the steps stood for, along directions of these curvatures (K,).

        Examples:
            >>> after = Horizon(0.1, 0.9, 0.0, (0, 2), 4, 2, convex=False)
            >>> after.effect(np.array([0.0])).round(6)  # h(0) = 1, h(1) = 1.9
            array([1.45])
        """
        return self._mean(curvature, lambda h: h)

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
        return np.sqrt(self._mean(curvature, self._uncancelled if self.convex else np.square))

    def start(self, curvature: Floats) -> Floats:
        """Square of what is left of the initial parameters at the end of the run, (K,).

        Examples:
            >>> Horizon(0.1, 0.0, 0.0, (0, 4), 4, 2, convex=False).start(np.array([0.0, 5.0]))
            array([1.        , 0.00390625])
        """
        steps = np.array([self.total, self.total - 1])
        last, before = self._answer(curvature, steps).T
        return np.asarray((last - self.momentum * before) ** 2)

    def _mean(self, curvature: Floats, of: Kernel) -> Floats:
        """Mean over the steps stood for of a function of h, in bounded memory."""
        near, far = self.left
        first, beyond = near, far
        if self.convex:  # whole epochs
            first -= near % self.per_epoch
            beyond += -far % self.per_epoch
        steps = np.arange(first, beyond)
        held, block = slice(near - first, far - first), max(1, AT_ONCE // len(steps))
        parts = [
            of(self._answer(curvature[at : at + block], steps))[:, held].mean(axis=1)
            for at in range(0, len(curvature), block)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def _uncancelled(self, h: Floats) -> Floats:
        epochs = h.reshape(len(h), -1, self.per_epoch)
        apart = epochs - epochs.mean(axis=2, keepdims=True)
        return apart.reshape(h.shape) ** 2

    def _answer(self, curvature: Floats, steps: NDArray[np.int64]) -> Floats:
        """h at these numbers of steps later, (K, len(steps)).

        A curvature too large for the learning rate would drive the parameters ever farther; a run
        that did not diverge has none, and what few rows say of it is cut at q = 1 + β.
        """
        beta = self.momentum
        q = np.clip(self.rate * (curvature + self.decay), 0, 1 + beta)
        apart = (1 + beta - q) ** 2 - 4 * beta
        apart = np.where(np.abs(apart) < _APART, _APART, apart)
        root = np.sqrt(apart.astype(np.complex128))
        later = steps + 1
        one, other = ((1 + beta - q + sign * root)[:, None] / 2 for sign in (1, -1))
        return np.asarray(((one**later - other**later) / root[:, None]).real)
