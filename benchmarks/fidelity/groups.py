"""Does a group's μ̂ of one run agree with retraining without the group?

    python benchmarks/fidelity/groups.py [--groups 36] [--repeats 64] [--seeds 5] [--epochs 40]
                                         [--truth FILE.json] [--out FILE.json]

500 digits, 15 % of labels flipped by us; the target is the loss on the other 1,297 digits. Groups
of 1, 2, 5, 10 and 20 % of the rows are drawn at random, from flipped rows only, from rows that are
not flipped, and from one class as labelled. Each is left out of `--repeats` runs of as many epochs;
four times as many train with all rows. The truth is √2 Φ⁻¹ of how often the loss is higher without
the group (truth.py), and the mean change of loss, which does not saturate. Against them: the
group's μ̂, refilled and plain (finine_core/influence/groups.py), means over `--seeds` recorded runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from asked import parser_of, write_figures
from ensemble import Run, losses_after
from gold import FIRST_SEED, WITH
from numpy.typing import NDArray
from problem import Flipped, flipped, recorded
from scipy.stats import pearsonr, spearmanr
from truth import means, true_mu

from finine_core.influence import group_influence

SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)
KINDS = ("random", "flipped", "not flipped", "one class")
KINDS_OF_ESTIMATE = (  # name, refill, carried
    ("carried, refilled", True, True),
    ("carried, plain", False, True),
    ("gaussian, refilled", True, False),
    ("gaussian, plain", False, False),
)
SAME_SIGN = "same sign where |true μ| ≥ 1"
FIRM = 1.0  # |true μ| from which the sign of the truth is beyond doubt with 64 repeats


def chosen_groups(given: Flipped, count: int, seed: int = 2) -> list[tuple[str, NDArray[np.int64]]]:
    """Groups of every kind and size in turn."""
    random = np.random.default_rng(seed)
    labels = given.problem.y
    found: list[tuple[str, NDArray[np.int64]]] = []
    for k in range(count):
        kind, share = KINDS[k % len(KINDS)], SHARES[(k // len(KINDS)) % len(SHARES)]
        pool = {
            "random": np.arange(len(labels)),
            "flipped": np.flatnonzero(given.flipped),
            "not flipped": np.flatnonzero(~given.flipped),
            "one class": np.flatnonzero(labels == random.integers(labels.max() + 1)),
        }[kind]
        size = min(round(share * len(labels)), len(pool))
        found.append((kind, random.choice(pool, size, replace=False)))
    return found


def truths(
    given: Flipped, groups: list[tuple[str, NDArray[np.int64]]], repeats: int
) -> dict[str, list[float]]:
    """μ and mean change of the validation loss without each group."""
    problem, n = given.problem, len(given.problem.y)
    base = losses_after(problem, [Run(FIRST_SEED + r) for r in range(WITH * repeats)])
    before = base[:, n:].mean(axis=1)
    found: dict[str, list[float]] = {"mu": [], "change": []}
    for k, (_, members) in enumerate(groups):
        without = tuple(members.tolist())
        after = losses_after(problem, [Run(FIRST_SEED + r, without) for r in range(repeats)])
        loss = after[:, n:].mean(axis=1)
        found["mu"].append(true_mu(before, loss))
        found["change"].append(float(loss.mean() - before.mean()))
        print(f"\r{k + 1} of {len(groups)} groups", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def stored_truth(path: Path, groups: list[tuple[str, NDArray[np.int64]]]) -> dict[str, list[float]]:
    """The truth of an earlier measurement of the same groups."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    if stored["groups"] != [{"kind": kind, "rows": len(members)} for kind, members in groups]:
        raise SystemExit(f"{path} holds the truth of other groups.")
    true: dict[str, list[float]] = stored["truth"]
    return true


def agreement(values: NDArray[np.float64], true: dict[str, list[float]]) -> dict[str, float]:
    """How the estimates of one run agree with the truth."""
    mu, change = np.array(true["mu"]), np.array(true["change"])
    firm = np.abs(mu) >= FIRM
    sign = {SAME_SIGN: float((values[firm] * mu[firm] > 0).mean())} if firm.any() else {}
    return {
        "pearson with μ": float(pearsonr(values, mu)[0]),
        "spearman with μ": float(spearmanr(values, mu)[0]),
        "pearson with change": float(pearsonr(values, change)[0]),
        "spearman with change": float(spearmanr(values, change)[0]),
    } | sign


def measure(
    given: Flipped, count: int, repeats: int, seeds: int, truth: Path | None = None
) -> dict[str, object]:
    """The truth about every group (or one that was stored), and how the estimates agree with it."""
    groups = chosen_groups(given, count)
    true = stored_truth(truth, groups) if truth else truths(given, groups, repeats)
    by_name: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            store = recorded(given.problem, seed, Path(folder)).store
            for name, refill, carried in KINDS_OF_ESTIMATE:
                signals = store.target("validation", carried=carried)
                values = np.array(
                    [
                        group_influence(signals, store.plan, members, seed=0, refill=refill).mu
                        for _, members in groups
                    ]
                )
                by_name.setdefault(name, []).append(agreement(values, true))
    return {
        "groups": [{"kind": kind, "rows": len(members)} for kind, members in groups],
        "firm": int((np.abs(true["mu"]) >= FIRM).sum()),
        "repeats": repeats,
        "seeds": seeds,
        "truth": true,
        "estimators": {name: means(many) for name, many in by_name.items()},
    }


def main() -> None:
    chosen = parser_of(__doc__, groups=36, repeats=64, seeds=5, epochs=40).parse_args()
    torch.set_num_threads(1)
    given = flipped("digits", "mlp", chosen.epochs)
    found = measure(given, chosen.groups, chosen.repeats, chosen.seeds, chosen.truth)
    estimators = found["estimators"]
    assert isinstance(estimators, dict)
    for name, figures in estimators.items():
        print(f"{name:20}" + "".join(f"  {key} {value:.3f}" for key, value in figures.items()))
    write_figures(found, chosen.out)


if __name__ == "__main__":
    main()
