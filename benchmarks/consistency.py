"""Would another training seed have named the same rows? And do the rankings find flipped labels?

    python benchmarks/consistency.py [--seeds 5] [--only SETTING]… [--small] [--out FILE.json]

mnist_5k with 20 % of the labels flipped by us. The data, split and flips stay; the seed of
initialisation, batches and curvature rows changes. Settings: `late` trains 20 epochs with batches
of 64, held-out labels clean, and records what a run records; `all` records every epoch; `defaults`
is `finine run` with nothing said but the label, from a file in which the held-out labels are as
wrong as the others; `same run` is one training, looked at with other curvature rows.
Consistency is the mean over pairs of seeds of |A ∩ B| / |A ∪ B| (Jaccard), A and B the 20 % of rows
ranked first (two random fifths have .111), and for the first 10 %; rank correlation is Spearman's
of all rows, likewise. Joint is the share of the flipped rows that every seed has among its 20 %:
rankings that agree on other rows are consistent and have a small one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import mnist
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from finine_core import api
from finine_core.influence import ESTIMATORS, SignalStore, SignalWriter, drawn
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.training.trainer import Trainer

TOP, FLIPS = 0.2, 0.2
Rankings = dict[str, NDArray[np.floating]]
Measured = tuple[list[Rankings], NDArray[np.bool_]]  # a ranking each seed, and which are flipped


def top(values: NDArray[np.floating], share: float = TOP) -> set[int]:
    """The share of the rows with the largest values."""
    order = np.argsort(-values, kind="stable")
    return set(order[: int(share * len(values))].tolist())


def consistency(rankings: list[NDArray[np.floating]], share: float = TOP) -> float:
    """Mean pairwise Jaccard of the tops."""
    tops = [top(values, share) for values in rankings]
    return float(np.mean([len(a & b) / len(a | b) for a, b in combinations(tops, 2)]))


def estimates(run: Trainer, epochs: tuple[int, ...] | None = None) -> Rankings:
    """What `run`, which this trains, says of each row; large is suspicious."""
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_for(run, mnist.TARGETS, epochs)
        run.run([Recorder(run, SignalWriter(Path(folder) / "signals", plan))])
        store = SignalStore(Path(folder) / "signals")
        found = {
            f"{'−' if target == 'validation' else ''}μ {target} ({name})": sign
            * estimator.mu(store.target(target, carried=estimator.carried))
            for target, sign in (("self", 1), ("validation", -1))
            for name, estimator in ESTIMATORS.items()
        }
        # TracIn over the recorded epochs: the sum of the signals, without their variance.
        found["TracIn self"] = np.asarray(store.target("self").signal).sum(axis=0)
        found["mean loss"] = np.asarray(store.losses()).mean(axis=0)
    return found


def late(seeds: int, *, small: bool) -> Measured:
    digits = mnist.load(FLIPS, small)
    return [estimates(mnist.trainer(digits, seed)) for seed in range(seeds)], digits.flipped


def every(seeds: int, *, small: bool) -> Measured:
    digits, epochs = mnist.load(FLIPS, small), tuple(range(mnist.EPOCHS))
    return [estimates(mnist.trainer(digits, seed), epochs) for seed in range(seeds)], digits.flipped


def same_run(seeds: int, *, small: bool) -> Measured:
    digits, found = mnist.load(FLIPS, small), []
    stream = drawn.CURVATURE_STREAM
    for other in range(seeds):
        drawn.CURVATURE_STREAM = stream + 100 * other
        found.append(estimates(mnist.trainer(digits, 0)))
    drawn.CURVATURE_STREAM = stream
    return found, digits.flipped


def defaults(seeds: int, *, small: bool) -> Measured:
    """`finine run` from a file, the split drawn once and kept in a column."""
    digits = mnist.load(0.0, small)
    x = np.concatenate([digits.train_x, digits.validation_x])
    y = np.concatenate([digits.train_y, digits.validation_y])
    random = np.random.default_rng(0)
    wrong = np.zeros(len(y), dtype=bool)
    wrong[random.choice(len(y), int(FLIPS * len(y)), replace=False)] = True
    y[wrong] = (y[wrong] + random.integers(1, mnist.CLASSES, wrong.sum())) % mnist.CLASSES
    frame = pd.DataFrame(x, columns=[f"p{k}" for k in range(x.shape[1])])
    frame["label"] = [f"digit {value}" for value in y]
    frame["part"] = np.where(np.arange(len(y)) < len(digits.train_y), "train", "validation")
    found = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            run = api.run(frame, label="label", validation="column:part", home=home, seed=seed)
            of_self, shared = (
                run.scores(target).sort_values("row_number") for target in ("self", "validation")
            )
            found.append(
                {
                    "μ self (carried)": of_self["mu"].to_numpy(),
                    "−μ validation (carried)": -shared["mu"].to_numpy(),
                    "mean loss": of_self["mean_loss"].to_numpy(),
                }
            )
    return found, wrong[: len(digits.train_y)]


SETTINGS: dict[str, Callable[..., Measured]] = {
    "late": late, "all": every, "same run": same_run, "defaults": defaults
}  # fmt: skip


def joint(rankings: list[NDArray[np.floating]], bad: NDArray[np.bool_]) -> float:
    """The share of bad rows that are in the top of *every* ranking."""
    always = set.intersection(*(top(values) for values in rankings))
    return float(np.isin(np.flatnonzero(bad), list(always)).mean())


def measure(runs: list[Rankings], flipped: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """Consistency over seeds and mean AUC for flipped labels, of each ranking."""
    return {
        name: {
            "consistency": consistency([one[name] for one in runs]),
            "consistency of the first 10 %": consistency([one[name] for one in runs], TOP / 2),
            "rank correlation": float(
                np.mean([spearmanr(a[name], b[name])[0] for a, b in combinations(runs, 2)])
            ),
            "joint": joint([one[name] for one in runs], flipped),
            "auc": float(np.mean([roc_auc_score(flipped, one[name]) for one in runs])),
        }
        for name in runs[0]
    }


def table(found: Mapping[str, dict[str, dict[str, float]]]) -> str:
    """The figures as lines of text."""
    lines = [
        f"{'setting':>10}  {'ranking':28} {'top 20 %':>9} {'top 10 %':>9} {'ranks':>7}"
        f"{'joint':>7} {'AUC':>6}"
    ]
    for setting, by_name in found.items():
        for name, figures in by_name.items():
            numbers = "".join(
                f"{figures[key]:{width}.3f}"
                for key, width in (
                    ("consistency", 10),
                    ("consistency of the first 10 %", 10),
                    ("rank correlation", 8),
                    ("joint", 7),
                    ("auc", 7),
                )
            )
            lines.append(f"{setting:>10}  {name:28} {numbers}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=list(SETTINGS))
    parser.add_argument("--small", action="store_true", help="scikit-learn's digits instead")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found = {
        name: measure(*SETTINGS[name](chosen.seeds, small=chosen.small))
        for name in chosen.only or SETTINGS
    }
    print(table(found))
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
