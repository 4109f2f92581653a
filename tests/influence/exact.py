"""The slow exact way: everything that a window stores, from gradients that are spelled out.

Every row's gradient at its own step's parameters by vmap(grad), the Fisher matrix as a matrix, what
is left of a step by letting SGD run; float64 throughout.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.func import functional_call, grad, vmap

from finine_core.training.trainer import MOMENTUM

SMALLEST = 1e-6  # eigenvalues below this share of the largest count as none
CURVATURE_STREAM = 8
ENDS = np.linspace(0.75, 1.0, 6)


def gradients(trainer, parameters, x, y):
    """Of each row, float64, (n, parameters)."""
    parameters = {name: value.double() for name, value in parameters.items()}

    def loss(parameters, one_x, one_y):
        outputs = functional_call(trainer.model, parameters, (one_x[None],))
        return trainer.objective.loss(outputs, one_y[None]).sum()

    y = y.double() if y.is_floating_point() else y
    per_row = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x.double(), y)
    return torch.cat([per_row[name].flatten(1) for name in parameters], dim=1).numpy()


def losses(trainer, parameters, x, y):
    outputs = functional_call(trainer.model, parameters, (x,))
    return trainer.objective.loss(outputs, y).detach().double()


def moved(trainer, curvature, steps):
    """By how much a gradient that deviates by one has moved the parameters along each direction,
    over the learning rate, 0, 1, … steps later; (steps, directions)."""
    eta, decay = trainer.settings.learning_rate, trainer.settings.weight_decay
    velocity, x = np.ones_like(curvature), -np.ones_like(curvature)
    found = []
    for _ in range(steps):
        found.append(-x)
        velocity = MOMENTUM * velocity + (curvature + decay) * eta * x
        x = x - velocity
    return np.array(found)


def started(trainer, curvature, steps):
    """Where parameters that began at one are after 0, 1, … steps; (steps + 1, directions)."""
    eta, decay = trainer.settings.learning_rate, trainer.settings.weight_decay
    velocity, found = np.zeros_like(curvature), [np.ones_like(curvature)]
    for _ in range(steps):
        velocity = MOMENTUM * velocity + (curvature + decay) * found[-1]
        found.append(found[-1] - eta * velocity)
    return np.array(found)


@dataclass
class Left:
    """What is left of a step along each direction: a matrix, and one number outside of them."""

    inside: np.ndarray  # (parameters, parameters)
    outside: float

    def of(self, g, projection):
        """M g_i, (n, parameters)."""
        return g @ self.inside + self.outside * (g - g @ projection)


class Window:
    """A recorded window: its rows' gradients, and the curvature at its first step."""

    def __init__(self, run, place):
        self.run, self.trainer, self.plan = run, run.trainer, run.plan
        self.first, self.beyond, self.line = self.plan.windows[place]
        self.place = place
        trainer, at = self.trainer, run.kept.at
        self.parameters, _, self.eta = at[self.first]
        batches = [at[step][1] for step in range(self.first, self.beyond)]
        self.rows = np.concatenate(batches)
        self.step = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
        parts = [
            (at[step][0], trainer.train_x[batch], trainer.train_y[batch])
            for step, batch in zip(range(self.first, self.beyond), batches, strict=True)
        ]
        self.g = np.concatenate([gradients(trainer, *part) for part in parts])
        self.losses = torch.cat([losses(trainer, *part) for part in parts])
        self.b = self.plan.rows / self.plan.per_epoch
        sizes = np.bincount(
            np.arange(self.plan.rows) // self.plan.batch_size, minlength=self.plan.per_epoch
        )
        self.noisy_b = 1 / np.mean(1 / sizes)
        self._curvature()

    def _curvature(self):
        trainer, kept, most = self.trainer, self.run.directions, self.run.curvature_rows
        seed = [trainer.settings.seed, CURVATURE_STREAM]
        pool = np.random.default_rng(seed).permutation(self.plan.rows)[: 4 * most]
        chosen = np.sort(np.roll(pool, -self.place * most)[:most])
        x, y = trainer.train_x[chosen], trainer.train_y[chosen]
        if trainer.objective.carried:
            outputs = functional_call(trainer.model, self.parameters, (x,)).detach()
            y = trainer.objective.curved(outputs, np.random.default_rng([*seed, self.first]))
        g = gradients(trainer, self.parameters, x, y)
        values, vectors = np.linalg.eigh(g.T @ g / len(g))
        seen = values > SMALLEST * values.max()
        values, vectors = values[seen][::-1], vectors[:, seen][:, ::-1]
        self.outside = _left_over(g, kept)
        self.curved, self.chosen = g, chosen
        self.values, self.vectors = values[:kept], vectors[:, :kept]
        self.projection = self.vectors @ self.vectors.T

    def left(self, carried):
        """Of effects and of noise; and the square of what is left of the initial parameters."""
        plan, total = self.plan, self.plan.total_steps
        before = plan.recorded[self.line - 1] + 1 if self.line else 0
        stands_for = range(before * plan.per_epoch, (plan.recorded[self.line] + 1) * plan.per_epoch)
        weight = len(stands_for) * len(plan.recorded) / total
        if not carried:
            return Left(weight * self.projection, weight), Left(
                weight**0.5 * self.projection, weight**0.5
            )
        ends = [max(1, round(place * plan.epochs)) * plan.per_epoch for place in ENDS]
        curvature, effect, noise, start = np.array([*self.values, self.outside]), 0, 0, 0
        h, begun = (of(self.trainer, curvature, total) for of in (moved, started))
        for end in ends:
            of_end = h[[end - 1 - t for t in stands_for if t < end]]
            effect += of_end.sum(0) / len(stands_for)
            noise += (of_end**2).sum(0) / len(stands_for)
            start += begun[end] ** 2 * len(of_end) / len(stands_for) * total / end
        every = [weight * one / len(ends) for one in (effect, noise, start)]
        return tuple(
            Left((self.vectors * shares[:-1]) @ self.vectors.T, shares[-1])
            for shares in (every[0], np.sqrt(every[1]), every[2])
        )

    def met(self):
        """Mean squared product of each row with the curvature rows outside of the directions, over
        the mean squared length of these rows there; a row that is one of them leaves itself out."""
        theirs = self.curved - self.curved @ self.projection
        squares = ((self.g - self.g @ self.projection) @ theirs.T) ** 2
        others = self.rows[:, None] != self.chosen[None, :]
        length = (theirs**2).sum(1).mean()
        if length <= 1e-6 * (self.g**2).sum(1).mean():
            return np.zeros(len(self.g))
        return (squares * others).sum(1) / others.sum(1) / length

    def on_self(self, carried):
        """Signal, background and variance of each row on itself."""
        g, n = self.g, len(self.g)
        effect, noise, *start = self.left(carried)
        own_effect = _not_below_0((g * effect.of(g, self.projection)).sum(1))
        left, begun = noise.of(g, self.projection), 0.0
        unit, timing, eta = np.ones(n), 0.0, self.eta
        if carried:
            unit = self.trainer.objective.unit(self.losses).numpy()
            own = (g * left).sum(1) / self.b
            timing = 0.5 * self.plan.epochs / self.plan.total_steps * own**2
            initial = self.trainer.initial_variance / self.plan.total_steps
            begun = initial * unit**2 * (g * start[0].of(g, self.projection)).sum(1)
        inside = g @ noise.inside @ g.T  # ⟨g_i, M g_j⟩ along the directions
        length = ((g - g @ self.projection) ** 2).sum(1)
        varied, deviation = np.empty((2, n))
        for i in range(n):
            others = np.delete(inside[i], i)
            varied[i] = max(others.var(ddof=1), 0.02 * inside[i].var(ddof=1))
            beside = (self.step == self.step[i]) & (np.arange(n) != i)
            deviation[i] = (inside[i][beside] - inside[i].mean()).sum() / np.sqrt(
                max(1, beside.sum())
            )
        outside = noise.outside**2 * self.met() * (length.sum() - length) / (n - 1)
        variance = eta**2 * unit**2 * ((varied + outside) / self.noisy_b + timing) + begun
        return {
            "signal": eta * unit * own_effect / self.b,
            "background": deviation / np.sqrt(varied) * np.sqrt(variance),
            "variance": variance,
        }

    def on_shared(self, x, y, carried):
        """Signals (n,) on the mean loss of some rows; background, trend and variance of all."""
        effect, noise, *start = self.left(carried)
        v = gradients(self.trainer, self.parameters, x, y).mean(0)
        unit, begun = 1.0, 0.0
        if carried:
            unit = 1 / float(losses(self.trainer, self.parameters, x, y).mean())
            initial = self.trainer.initial_variance / self.plan.total_steps
            begun = initial * unit**2 * (v @ start[0].of(v[None], self.projection)[0])
        along = self.eta * unit * (effect.of(self.g, self.projection) @ v)
        varied = self.eta * unit * (noise.of(self.g, self.projection) @ v)
        variance = varied.var(ddof=1) / self.noisy_b + begun
        batch = varied[self.step == self.step[len(self.step) // 2]]
        told = (batch.mean() - varied.mean()) / np.sqrt(varied.var(ddof=1) / len(batch))
        return {
            "signal": along / self.b,
            "background": along.mean() + told * np.sqrt(variance),
            "trend": along.mean(),
            "variance": variance,
        }


def _not_below_0(squares):
    """What a swing leaves of a row's own kick counts as nothing where it has changed its sign."""
    return np.maximum(squares, 0)


def _left_over(g, kept):
    """What directions of the first half of some rows leave over of the second: its curvature."""
    half = len(g) // 2
    values, vectors = np.linalg.eigh(g[:half].T @ g[:half])
    seen = vectors[:, values > SMALLEST * values.max()][:, -kept:]
    rest = g[half:] - g[half:] @ seen @ seen.T
    if (rest**2).sum(1).mean() <= SMALLEST * (g**2).sum(1).mean():
        return 0.0
    pairs = (rest @ rest.T)[~np.eye(len(rest), dtype=bool)]
    return (pairs**2).mean() / (rest**2).sum(1).mean()
