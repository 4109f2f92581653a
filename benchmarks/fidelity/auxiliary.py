"""What should be taken from the background: nothing, its trend, or an auxiliary run's background?

    python benchmarks/fidelity/auxiliary.py [--seeds 5] [--rows 100] [--truth FILE.json]
                                            [--model mlp] [--out FILE.json]

f-INE takes the signal of an auxiliary run from that of the run (difference in differences), and its
pseudocode leaves open how that run is trained and how the result is scaled. Held against the
retraining that gold.py stored, for the estimators that look at samples (`auc`, `threshold`):

* nothing: backgrounds as they are;
* trend: less their expectation over batches, which the probe knows (what a run does by default);
* other numbers: less that of a run with other initial parameters and batches, over √2 (what
  `--auxiliary` does); and unscaled;
* same start: the same initial parameters, other batches, over √2.

Beside them the run's own estimator, `carried`: of the run alone, and the mean of both runs' μ.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from asked import parser_of, write_figures
from gold import agreement, chosen_rows, stored_truth
from numpy.typing import NDArray
from problem import TARGETS, flipped, recorded
from truth import means

from finine_core.influence import ESTIMATORS, TargetSignals

SHOWN, CARRIED = ("auc", "threshold"), ESTIMATORS["carried"]
RESULTS = Path(__file__).parent / "results"
OTHER = 100  # what is added to the seed of an auxiliary run


def variants(
    plain: TargetSignals, other: TargetSignals, same: TargetSignals
) -> dict[str, TargetSignals]:
    """The run's signals, with what is taken from the background changed."""
    nothing = np.zeros_like(plain.trend)
    unscaled = replace(
        plain,
        trend=np.broadcast_to(other.background, plain.background.shape),
        trend_noise=0.0,
    )
    return {
        "nothing": replace(plain, trend=nothing, trend_noise=0.0),
        "trend": plain,
        "other numbers": replace(plain, auxiliary=other.background),
        "other numbers, unscaled": unscaled,
        "same start": replace(plain, auxiliary=same.background),
    }


def measure(
    model: str, rows: NDArray[np.int64], true: dict[str, list[float]], seeds: int
) -> dict[str, dict[str, float]]:
    """How every variant of every estimator agrees with the truth, as a mean over seeds."""
    problem = flipped("digits", model).problem
    by_name: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            runs = [
                recorded(problem, seed, home / "run"),
                recorded(problem, seed + OTHER, home / "other"),
                recorded(problem, seed + OTHER, home / "same", start=seed),
            ]
            for target in TARGETS:
                signals = [run.store.target(target).of_rows(rows) for run in runs]
                estimates = {
                    f"({name}), {variant}": ESTIMATORS[name].mu(given)
                    for variant, given in variants(*signals).items()
                    for name in SHOWN
                }
                alone, other = (
                    CARRIED.mu(run.store.target(target, carried=True).of_rows(rows))
                    for run in runs[:2]
                )
                estimates["(carried), run alone"] = alone
                estimates["(carried), mean of both runs"] = (alone + other) / 2
                for name, values in estimates.items():
                    one = agreement({"values": values}, np.array(true[target]), np.zeros(len(rows)))
                    one["slope"] = float(np.polyfit(values, true[target], 1)[0])
                    by_name.setdefault(f"μ {target} {name}", []).append(one)
    return {name: means(many) for name, many in by_name.items()}


def main() -> None:
    parser = parser_of(__doc__, rows=100, seeds=5)
    parser.add_argument("--model", choices=["mlp", "logistic"], default="mlp")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    rows = chosen_rows(flipped("digits", chosen.model), chosen.rows)
    true = stored_truth(chosen.truth or RESULTS / f"gold_{chosen.model}.json", rows)
    found = measure(chosen.model, rows, true, chosen.seeds)
    for name, figures in found.items():
        shown = "".join(f"  {key} {value:6.2f}" for key, value in figures.items())
        print(f"{name:48}{shown}")
    figures = {"model": chosen.model, "seeds": chosen.seeds, "estimators": found}
    write_figures(figures, chosen.out)


if __name__ == "__main__":
    main()
