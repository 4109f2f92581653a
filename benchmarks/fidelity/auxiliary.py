"""Is the mean of two runs closer to the truth than one run?

    python benchmarks/fidelity/auxiliary.py [--seeds 5] [--rows 100] [--truth FILE.json]
                                            [--model mlp] [--out FILE.json]

`finine run --auxiliary` trains and records a second run on the same rows with other initial
parameters and batches. Held against the retraining that gold.py stored: μ by `carried` of the run
alone, and the mean of both runs' μ.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from asked import parser_of, write_figures
from gold import agreement, chosen_rows, stored_truth
from numpy.typing import NDArray
from problem import TARGETS, flipped, recorded
from truth import means

from finine_core.influence import ESTIMATORS

CARRIED = ESTIMATORS["carried"]
RESULTS = Path(__file__).parent / "results"
OTHER = 100  # what is added to the seed of an auxiliary run


def measure(
    model: str, rows: NDArray[np.int64], true: dict[str, list[float]], seeds: int
) -> dict[str, dict[str, float]]:
    """How each agrees with the truth, as a mean over seeds."""
    problem = flipped("digits", model).problem
    by_name: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            runs = [recorded(problem, one, home / str(one)) for one in (seed, seed + OTHER)]
            for target in TARGETS:
                alone, other = (
                    CARRIED.mu(run.store.target(target, carried=True).of_rows(rows)) for run in runs
                )
                estimates = {
                    "(carried), run alone": alone,
                    "(carried), mean of both runs": (alone + other) / 2,
                }
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
