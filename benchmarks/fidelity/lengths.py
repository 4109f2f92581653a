"""Does μ̂ mean the same after few epochs and after many?

    python benchmarks/fidelity/lengths.py [--rows 24] [--repeats 24] [--seeds 3]
                                          [--case DATA:MODEL:EPOCHS]… [--truth FILE.json]
                                          [--out FILE.json]

The problems of gold.py, trained for a run's default of 40 epochs and for up to 1,500. A long run of
a convex model forgets where it came from and differs little between seeds, so the truth is
`margin_mu` on self and the standardised difference of the mean validation loss. Half of the rows
were flipped, by us. Slope is of true on estimated μ, and *size* is median |μ̂| over median |true μ|.
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
from problem import TARGETS, Flipped, flipped, recorded
from scipy.stats import pearsonr
from truth import margin_mu, means, standardised

from finine_core.influence import ESTIMATORS

CASES = (
    "digits:logistic:40", "digits:logistic:400",
    "breast_cancer:logistic:40", "breast_cancer:logistic:400", "breast_cancer:logistic:1500",
    "digits:mlp:40", "digits:mlp:200", "breast_cancer:mlp:40", "breast_cancer:mlp:200",
)  # fmt: skip
SHOWN = ("carried", "gaussian")


def truths(given: Flipped, rows: NDArray[np.int64], repeats: int) -> dict[str, list[float]]:
    """Standardised differences between runs with and without each row."""
    problem, n = given.problem, len(given.problem.y)
    base = losses_after(problem, [Run(FIRST_SEED + r) for r in range(WITH * repeats)])
    found: dict[str, list[float]] = {target: [] for target in TARGETS}
    for k, row in enumerate(rows.tolist()):
        after = losses_after(problem, [Run(FIRST_SEED + r, (row,)) for r in range(repeats)])
        found["self"].append(margin_mu(base[:, row], after[:, row]))
        losses = (one[:, n:].mean(axis=1, dtype=np.float64) for one in (after, base))
        found["validation"].append(standardised(*losses))
        print(f"\r{k + 1} of {len(rows)} rows retrained", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def measure(
    case: str, count: int, repeats: int, seeds: int, stored: dict[str, list[float]] | None = None
) -> dict[str, object]:
    """The truth about some rows of a case, and how single runs agree with it."""
    data, model, epochs = case.split(":")
    given = flipped(data, model, int(epochs))
    random = np.random.default_rng(5)
    rows = np.concatenate([
        random.choice(np.flatnonzero(given.flipped == kind), half, replace=False)
        for kind, half in ((True, count // 2), (False, count - count // 2))
    ])  # fmt: skip
    if stored is not None and stored["row"] != rows.tolist():
        raise SystemExit(f"The truth that is stored for {case} is of other rows.")
    true = truths(given, rows, repeats) if stored is None else stored
    by_name: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            store = recorded(given.problem, seed, Path(folder)).store
            for target in TARGETS:
                for name in SHOWN:
                    one = ESTIMATORS[name]
                    mu = one.mu(store.target(target, carried=one.carried).of_rows(rows))
                    figures = agreement(mu, np.array(true[target]))
                    by_name.setdefault(f"μ {target} ({name})", []).append(figures)
    estimators = {name: means(many) for name, many in by_name.items()}
    return {"estimators": estimators, "truth": {**true, "row": rows.tolist()}}


def agreement(mu: NDArray[np.float64], true: NDArray[np.float64]) -> dict[str, float]:
    """How one run's μ̂ agrees with the truth."""
    return {
        "pearson": float(pearsonr(mu, true)[0]),
        "slope": float(np.polyfit(mu, true, 1)[0]),
        "size": float(np.median(np.abs(mu)) / np.median(np.abs(true))),
    }


def main() -> None:
    parser = parser_of(__doc__, rows=24, repeats=24, seeds=3)
    parser.add_argument("--case", action="append", help="instead of all, e.g. digits:mlp:40")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, object] = {"repeats": chosen.repeats, "seeds": chosen.seeds}
    cases, stored = {}, {}
    if chosen.truth:
        stored = json.loads(chosen.truth.read_text(encoding="utf-8"))["cases"]
    for case in chosen.case or CASES:
        known = stored[case]["truth"] if case in stored else None
        cases[case] = measure(case, chosen.rows, chosen.repeats, chosen.seeds, known)
        estimators = cases[case]["estimators"]
        assert isinstance(estimators, dict)
        for name, figures in estimators.items():
            shown = "".join(f"  {key} {value:6.2f}" for key, value in figures.items())
            print(f"{case:28}{name:24}{shown}", flush=True)
    write_figures(found | {"cases": cases}, chosen.out)


if __name__ == "__main__":
    main()
