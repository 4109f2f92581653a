"""Would μ̂ mean what it says if every step's effect were carried to the end of the run?

    python benchmarks/fidelity/propagation.py --truth gold_mlp.json [--probe-rows 256,1000]
                                              [--seeds 2] [--out FILE.json]

A step's kick to the parameters does not stay: later steps pull it back along directions in which
the loss is curved. With curvature F (the Fisher matrix), a kick along g_i at step t moves the row's
margin at the end by h_iᵀ exp(−η̃F(T−t)) g_i · η̃/b, h_i = g_i/(1−p_i) the margin's gradient, η̃ the
learning rate over one minus momentum. F is had from m probe rows with labels *drawn from the
model's predictions*: their products with all rows and with one another are ghost products, and an
m × m eigenproblem gives any function of F. The batch's noise is carried the same way, and so is the
spread of the initial parameters (rough: with the curvature of the recorded step). What lies outside
of the probes' span is taken to stay.

Not part of the package: it shows, on the truth that gold.py wrote, what such an estimator gains.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from problem import BATCH, RECORDED, digits
from scipy.stats import pearsonr, spearmanr
from torch import Tensor

from finine_core.gradients import RowGradients
from finine_core.influence.recorder import recorded_steps
from finine_core.training.models import model_kind
from finine_core.training.trainer import MOMENTUM, Trainer

INITIAL_VARIANCE = 1 / 192  # of torch's nn.Linear with 64 inputs: uniform within ±1/√64


@dataclass(frozen=True)
class Carried:
    """One recorded step, carried to the end: margin moved by a kick, its variances; each (n,)."""

    kick: NDArray[np.float64]
    batch_noise: NDArray[np.float64]
    initial_noise: NDArray[np.float64]


class Carrier:
    """Looks at some steps of a run, for several numbers of curvature probes at once."""

    def __init__(self, run: Trainer, probe_rows: tuple[int, ...]) -> None:
        self.run, self.probe_rows = run, probe_rows
        self.steps = recorded_steps(
            run.total_steps, RECORDED, run.settings.steps_per_epoch(run.rows)
        )
        self.gradients = RowGradients(run.model, run.loss)
        self.found: dict[int, list[Carried]] = {count: [] for count in probe_rows}
        self.random = torch.Generator().manual_seed(run.settings.seed)

    def before_step(self, step: int, batch: object, learning_rate: float) -> None:  # noqa: ARG002
        if step not in self.steps:
            return
        run, ghost = self.run, self.gradients
        run.model.eval()
        most = max(self.probe_rows)
        places = torch.cat(
            [torch.randperm(run.rows, generator=self.random) for _ in range(-(-most // run.rows))]
        )[:most]  # every row once before any comes twice
        with torch.no_grad():
            chances = run.model(run.train_x[places]).softmax(dim=1)
        drawn = torch.multinomial(chances, 1, generator=self.random)[:, 0]
        probe = ghost.probe(run.train_x[places], drawn)
        rows = ghost.products(run.train_x, run.train_y, probes=probe, norms=True)
        own = ghost.products(run.train_x[places], drawn, probes=probe).pairs
        assert rows.pairs is not None
        assert rows.norms is not None
        assert own is not None
        for m in self.probe_rows:
            self.found[m].append(
                self._carried(
                    rows.pairs[:, :m].double(), own[:m, :m].double(), rows.norms.double(),
                    1 - torch.exp(-rows.losses.double()), step,
                )
            )  # fmt: skip

    def after_epoch(self, progress: object) -> None:
        pass

    def _carried(
        self, pairs: Tensor, own: Tensor, norms: Tensor, residual: Tensor, step: int
    ) -> Carried:
        settings, total, m = self.run.settings, self.run.total_steps, len(own)
        rate = settings.learning_rate / (1 - MOMENTUM)
        curvature, vectors = torch.linalg.eigh(own / m)
        seen = curvature > 1e-6 * curvature[-1]
        curvature, vectors = curvature[seen], vectors[:, seen]
        along = pairs @ vectors / torch.sqrt(m * curvature)  # ⟨g_i, u_k⟩, (n, K)
        outside = (norms - along.square().sum(dim=1)).clamp(min=0)
        fades, decay = rate * (curvature + settings.weight_decay), rate * settings.weight_decay
        left = total - step
        stays = torch.exp(-fades * left)
        kick = along.square() @ stays + outside * np.exp(-decay * left)
        centred = along - along.mean(dim=0)
        covariance = centred.T @ centred / len(along)
        reached = along * stays
        noise = ((reached @ covariance) * reached).sum(dim=1)
        initial = along.square() @ torch.exp(-2 * fades * total) + outside * np.exp(
            -2 * decay * total
        )
        squared = residual.clamp(min=1e-6).square()
        return Carried(
            (rate / BATCH * kick / residual.clamp(min=1e-6)).numpy(),
            (rate**2 / BATCH * noise / squared).numpy(),
            (INITIAL_VARIANCE * initial / squared).numpy(),
        )


def margins_moved(steps: list[Carried], epochs: int, total: int) -> dict[str, NDArray[np.float64]]:
    """The whole run's change of margin by the row, and its deviation; each (n,)."""
    kick = epochs * np.mean([one.kick for one in steps], axis=0)
    noise = total * np.mean([one.batch_noise for one in steps], axis=0)
    initial = np.mean([one.initial_noise for one in steps], axis=0)
    return {"kick": kick, "noise": np.sqrt(noise), "noise and start": np.sqrt(noise + initial)}


def agreement(values: NDArray[np.float64], true: NDArray[np.float64]) -> dict[str, float]:
    slope, intercept = np.polyfit(values, true, 1)
    return {
        "pearson": float(pearsonr(values, true)[0]),
        "spearman": float(spearmanr(values, true)[0]),
        "slope": float(slope),
        "intercept": float(intercept),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True, help="what gold.py wrote")
    parser.add_argument("--probe-rows", default="64,256,1000")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    gold = json.loads(chosen.truth.read_text(encoding="utf-8"))
    rows, true = np.array(gold["truth"]["row"]), np.array(gold["truth"]["self"])
    counts = tuple(int(count) for count in chosen.probe_rows.split(","))
    given = digits(gold["settings"]["model"], gold["settings"]["epochs"]).problem
    by_name: dict[str, list[dict[str, float]]] = {}
    for seed in range(chosen.seeds):
        settings = replace(given.settings, seed=seed)
        model = model_kind(given.model).seeded(given.x.shape[1], given.classes, seed)
        arrays = (given.x, given.y, given.test_x, given.test_y)
        run = Trainer(model, *(torch.from_numpy(one) for one in arrays), settings)
        carrier = Carrier(run, counts)
        run.run([carrier])
        for count, steps in carrier.found.items():
            moved = margins_moved(steps, settings.epochs, run.total_steps)
            for noise in ("noise", "noise and start"):
                mu = (moved["kick"] / moved[noise])[rows]
                name = f"{count} probes, {noise}"
                by_name.setdefault(name, []).append(agreement(mu, true))
    means = {
        name: {key: float(np.mean([one[key] for one in many])) for key in many[0]}
        for name, many in by_name.items()
    }
    for name, figures in means.items():
        print(f"{name:30}" + "".join(f"  {key} {value:.3f}" for key, value in figures.items()))
    if chosen.out:
        text = json.dumps({"seeds": chosen.seeds, "estimators": means}, indent=1)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
