"""Does μ̂ of one run say what retraining with and without the row says?

    python benchmarks/fidelity/gold.py [--data digits] [--model mlp] [--rows 100] [--repeats 64]
                                       [--seeds 5] [--epochs 40] [--truth FILE.json]
                                       [--out FILE.json]

500 digits (or 400 rows of breast_cancer), 15 % of labels flipped by us; or 350 rows of diabetes, 15
% of whose numbers are shifted. Of `--rows` rows (40 % of them flipped), each is left out of
`--repeats` training runs; four times as many runs train with all rows. The true μ of a row is that
of its loss in the two sets of runs (truth.py). Each of `--seeds` single recorded runs then gives
every estimator's μ̂. Pearson, Spearman, and slope and intercept of true on estimated μ are means
over these runs; coverage is the share of true μ inside the 90 % interval, of μ̂ alone and allowing
for the truth's own error. TracIn and losses have no scale, so slopes are for μ only. `--truth`
spares the retraining when only estimators have changed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from asked import parser_of, write_figures
from ensemble import Problem, Run, losses_after
from numpy.typing import NDArray
from problem import ROWS, Flipped, Recorded, flipped, recorded
from scipy.stats import pearsonr, spearmanr
from truth import means, spread, true_mu

from finine_core.influence import ESTIMATORS, TARGETS, score_target

FLIPPED_SHARE = 0.4  # of the rows that are left out: both kinds must be seen
WITH = 4  # runs with all rows, as a multiple of those without one: they serve all rows
FIRST_SEED = 1000  # of the retrainings; the recorded runs have seeds 0, 1, …
NORMAL = 1.645  # standard errors in a 90 % interval


def truths(given: Flipped, rows: NDArray[np.int64], repeats: int) -> dict[str, list[float]]:
    """True μ of every row on itself and on the validation rows, and its standard error."""
    problem, n = given.problem, len(given.problem.y)
    base = losses_after(problem, [Run(FIRST_SEED + r) for r in range(WITH * repeats)])
    found: dict[str, list[float]] = {"self": [], "self error": [], "validation": []}
    for k, row in enumerate(rows.tolist()):
        runs = [Run(FIRST_SEED + r, (row,)) for r in range(repeats)]
        without = losses_after(problem, runs)
        found["self"].append(true_mu(base[:, row], without[:, row]))
        found["self error"].append(spread(base[:, row], without[:, row]))
        found["validation"].append(true_mu(base[:, n:].mean(axis=1), without[:, n:].mean(axis=1)))
        print(f"\r{k + 1} of {len(rows)} rows retrained", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def estimates(run: Recorded, rows: NDArray[np.int64]) -> dict[str, dict[str, NDArray[np.float64]]]:
    """What one run says of the rows: μ̂ with its interval, or a baseline's values."""
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    for target in ("self", "validation"):
        for name, estimator in ESTIMATORS.items():
            signals = run.store.target(target, carried=estimator.carried).of_rows(rows)
            scores = score_target(signals, estimator, TARGETS[target], seed=0)
            found[f"μ {target} ({name})"] = {
                "values": scores.mu, "low": scores.low, "high": scores.high
            }  # fmt: skip
        plain = run.store.target(target).of_rows(rows)
        total = np.asarray(plain.signal).sum(axis=0, dtype=np.float64)
        found[f"TracIn {target}"] = {"values": total}
    losses = np.asarray(run.store.losses())[:, rows]
    last = np.asarray(run.store.target("self").signal)[-1, rows]
    found["last gradient norm self"] = {"values": np.sqrt(last.astype(np.float64))}
    found["mean loss self"] = {"values": losses.mean(axis=0, dtype=np.float64)}
    found["final loss self"] = {"values": run.final_losses[rows].astype(np.float64)}
    return found


def agreement(
    found: dict[str, NDArray[np.float64]], true: NDArray[np.float64], error: NDArray[np.float64]
) -> dict[str, float]:
    """How one run's estimate agrees with the truth."""
    values = found["values"]
    result = {
        "pearson": float(pearsonr(values, true)[0]),
        "spearman": float(spearmanr(values, true)[0]),
    }
    if "low" in found:
        slope, intercept = np.polyfit(values, true, 1)
        low, high = found["low"], found["high"]
        result |= {
            "slope": float(slope),
            "intercept": float(intercept),
            "coverage": float(((low <= true) & (true <= high)).mean()),
            "coverage given the truth's error": float(
                ((low - NORMAL * error <= true) & (true <= high + NORMAL * error)).mean()
            ),
        }
    return result


def measure(
    given: Flipped, rows: NDArray[np.int64], true: dict[str, list[float]], seeds: int
) -> dict[str, object]:
    """How every estimator agrees with the truth, as a mean over recorded runs."""
    by_name: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            run = recorded(given.problem, seed, Path(folder))
            for name, found in estimates(run, rows).items():
                target = "validation" if "validation" in name else "self"
                error = np.array(true["self error"]) if target == "self" else np.zeros(len(rows))
                one = agreement(found, np.array(true[target]), error)
                by_name.setdefault(name, []).append(one)
    flipped = given.flipped[rows]
    self_mu = np.array(true["self"])
    return {
        "settings": _settings(given.problem) | {"rows": len(rows), "seeds": seeds},
        "median true μ, flipped rows": float(np.median(self_mu[flipped])),
        "median true μ, other rows": float(np.median(self_mu[~flipped])),
        "estimators": {name: means(many) for name, many in by_name.items()},
        "truth": {"row": rows.tolist(), "flipped": flipped.tolist(), **true},
    }


def chosen_rows(given: Flipped, count: int, seed: int = 1) -> NDArray[np.int64]:
    """The rows that are left out, flipped ones first."""
    random = np.random.default_rng(seed)
    flipped = min(int(FLIPPED_SHARE * count), int(given.flipped.sum()))
    return np.concatenate(
        [
            random.choice(np.flatnonzero(given.flipped), flipped, replace=False),
            random.choice(np.flatnonzero(~given.flipped), count - flipped, replace=False),
        ]
    )


def table(found: dict[str, object]) -> str:
    """The agreement as lines of text."""
    columns = ("pearson", "spearman", "slope", "intercept", "coverage",
               "coverage given the truth's error")  # fmt: skip
    lines = [f"{'':28}" + "".join(f"{c.split(' given')[0]:>11}" for c in columns)]
    estimators = found["estimators"]
    assert isinstance(estimators, dict)
    for name, figures in estimators.items():
        cells = (f"{figures[c]:11.3f}" if c in figures else f"{'–':>11}" for c in columns)
        lines.append(f"{name:28}" + "".join(cells))
    return "\n".join(lines)


def stored_truth(path: Path, rows: NDArray[np.int64]) -> dict[str, list[float]]:
    """The truth of an earlier measurement of the same rows."""
    stored = json.loads(path.read_text(encoding="utf-8"))["truth"]
    if stored.pop("row") != rows.tolist():
        raise SystemExit(f"{path} holds the truth of other rows.")
    return {name: stored[name] for name in ("self", "self error", "validation")}


def _settings(problem: Problem) -> dict[str, object]:
    return {"model": problem.model, "training rows": len(problem.y)} | problem.settings.__dict__


def main() -> None:
    parser = parser_of(__doc__, rows=100, repeats=64, seeds=5, epochs=40)
    parser.add_argument("--data", choices=list(ROWS), default="digits")
    parser.add_argument("--model", choices=["mlp", "logistic"], default="mlp")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    given = flipped(chosen.data, chosen.model, chosen.epochs)
    rows = chosen_rows(given, chosen.rows)
    true = stored_truth(chosen.truth, rows) if chosen.truth else None
    true = true or truths(given, rows, chosen.repeats)
    asked = {"data": chosen.data, "repeats": chosen.repeats}
    found = asked | measure(given, rows, true, chosen.seeds)
    for kind in ("flipped", "other"):
        print(f"median true μ of {kind} rows: {found[f'median true μ, {kind} rows']:.2f}")
    print(table(found))
    write_figures(found, chosen.out)


if __name__ == "__main__":
    main()
