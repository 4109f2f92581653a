"""Would another training seed have named the same rows? And do the rankings find flipped labels?

    python benchmarks/consistency.py [--seeds 5] [--small] [--out FILE.json]

mnist_5k with 20 % of the training labels flipped by us. The data, split and flips stay; the seed of
initialisation and batches changes. Consistency is the mean over pairs of seeds of
|A ∩ B| / |A ∪ B| (Jaccard), A and B the 20 % of rows ranked first (two random fifths have .111),
and for the first 10 %; rank correlation is Spearman's of all rows, likewise.
Joint is the share of the flipped rows that every seed has among its 20 %: rankings that agree on
other rows are consistent and have a small one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import mnist
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from finine_core.influence import ESTIMATORS, SignalStore
from finine_core.training.trainer import Trainer

TOP, FLIPS = 0.2, 0.2


def top(values: NDArray[np.floating], share: float = TOP) -> set[int]:
    """The share of the rows with the largest values."""
    order = np.argsort(-values, kind="stable")
    return set(order[: int(share * len(values))].tolist())


def consistency(rankings: list[NDArray[np.floating]], share: float = TOP) -> float:
    """Mean pairwise Jaccard of the tops."""
    tops = [top(values, share) for values in rankings]
    return float(np.mean([len(a & b) / len(a | b) for a, b in combinations(tops, 2)]))


def rankings(digits: mnist.Digits, seed: int) -> dict[str, NDArray[np.floating]]:
    """What one run says of each row; large is suspicious."""
    return estimates(mnist.trainer(digits, seed))


def estimates(
    run: Trainer, epochs: tuple[int, ...] | None = None
) -> dict[str, NDArray[np.floating]]:
    """What `run`, which this trains, says of each row; large is suspicious.

    Args:
        epochs: to record; by default those that a run records.
    """
    with tempfile.TemporaryDirectory() as folder:
        watcher = mnist.recorder(run, Path(folder), epochs)
        run.run([watcher])
        watcher.writer.flush()
        store = SignalStore(Path(folder))
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


def joint(rankings: list[NDArray[np.floating]], bad: NDArray[np.bool_]) -> float:
    """The share of bad rows that are in the top of *every* ranking."""
    always = set.intersection(*(top(values) for values in rankings))
    return float(np.isin(np.flatnonzero(bad), list(always)).mean())


def measure(digits: mnist.Digits, seeds: int) -> dict[str, dict[str, float]]:
    """Consistency over seeds and mean AUC for flipped labels, of each ranking."""
    runs = [rankings(digits, seed) for seed in range(seeds)]
    return {
        name: {
            "consistency": consistency([one[name] for one in runs]),
            "consistency of the first 10 %": consistency([one[name] for one in runs], TOP / 2),
            "rank correlation": float(
                np.mean([spearmanr(a[name], b[name])[0] for a, b in combinations(runs, 2)])
            ),
            "joint": joint([one[name] for one in runs], digits.flipped),
            "auc": float(np.mean([roc_auc_score(digits.flipped, one[name]) for one in runs])),
        }
        for name in runs[0]
    }


def table(found: Mapping[str, dict[str, float]]) -> str:
    """The figures as lines of text."""
    lines = [f"{'ranking':28} {'top 20 %':>9} {'top 10 %':>9} {'ranks':>7}{'joint':>7} {'AUC':>6}"]
    for name, figures in found.items():
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
        lines.append(f"{name:28} {numbers}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="scikit-learn's digits instead")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    digits = mnist.load(FLIPS, chosen.small)
    found = measure(digits, chosen.seeds)
    print(table(found))
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
