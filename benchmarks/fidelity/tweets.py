"""Does μ̂ mean what it says on text, where it is large? The tweets sample against retraining.

    python benchmarks/fidelity/tweets.py [--rows 40] [--repeats 16] [--seeds 3] [--out FILE.json]

3,360 tweets, a run's default model and encoding (TF-IDF, SVD, logistic regression). In a convex
model seeds differ little, so that leaving out a row is told apart every time: √2 Φ⁻¹(P), the truth
of gold.py, would be at its ceiling; the truth here is `margin_mu`. Rows are spread evenly over the
mean loss of a run. Nothing was tuned on them alone.
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
from gold import FIRST_SEED, agreement, estimates
from numpy.typing import NDArray
from problem import recorded
from truth import margin_mu, means

from finine_core import api
from finine_core.runs.work.pipeline import stored_inputs
from finine_core.training.settings import Settings
from finine_sample_data import sample

WITH = 4  # runs with all rows, as a multiple of those without one


def encoded(home: Path) -> tuple[Problem, NDArray[np.float64], NDArray[np.int64]]:
    """What a run of 19 epochs trains; the mean loss of its training rows, and their row numbers."""
    tweets = sample("tweets")
    run = api.run(
        tweets.path, label=tweets.label, text=tweets.text, id=tweets.id, home=home,
        model="logistic", epochs=19,
    )  # fmt: skip
    inputs, used = stored_inputs(run.folder.encoded), run.folder.read()["resolved"]
    assert inputs is not None
    settings = Settings(
        used["epochs"], used["batch_size"], used["lr"], used["optimizer"], used["weight_decay"], 0
    )
    arrays = (inputs.train_x, inputs.train_y, inputs.validation_x, inputs.validation_y)
    scores = run.scores("self").sort_values("row_number")
    problem = Problem(used["model"], *arrays, settings)
    return problem, scores["mean_loss"].to_numpy(), scores["row_number"].to_numpy()


def truths(problem: Problem, rows: NDArray[np.int64], repeats: int) -> list[float]:
    """The standardised difference of each row's margin with and without it."""
    base = losses_after(problem, [Run(FIRST_SEED + r) for r in range(WITH * repeats)])
    found = []
    for k, row in enumerate(rows.tolist()):
        after = losses_after(problem, [Run(FIRST_SEED + r, (row,)) for r in range(repeats)])
        found.append(margin_mu(base[:, row], after[:, row]))
        print(f"\r{k + 1} of {len(rows)} rows retrained", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def main() -> None:
    chosen = parser_of(__doc__, rows=40, repeats=16, seeds=3).parse_args()
    torch.set_num_threads(1)
    by_name: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as home:
        problem, losses, numbers = encoded(Path(home))
        places = np.linspace(0.02, 0.98, chosen.rows) * len(losses)
        rows = np.argsort(losses)[places.astype(int)]
        if chosen.truth:
            stored = json.loads(chosen.truth.read_text(encoding="utf-8"))["truth"]
            true = np.array(stored["self"])  # of these rows, whatever would be chosen today
            rows = np.array([np.flatnonzero(numbers == row)[0] for row in stored["row"]])
        else:
            true = np.array(truths(problem, rows, chosen.repeats))
        for seed in range(chosen.seeds):
            run = recorded(problem, seed, Path(home) / f"signals-{seed}")
            for name, found in estimates(run, rows).items():
                if "validation" not in name:
                    one = agreement(found, true, np.zeros(len(rows)))
                    one.pop("coverage given the truth's error", None)
                    by_name.setdefault(name, []).append(one)
    over_seeds = {name: means(many) for name, many in by_name.items()}
    for name, figures in over_seeds.items():
        print(f"{name:24}" + "".join(f"  {key} {value:.3f}" for key, value in figures.items()))
    asked = {"rows": chosen.rows, "repeats": chosen.repeats, "seeds": chosen.seeds}
    truth = {"row": numbers[rows].tolist(), "self": true.tolist()}
    write_figures(asked | {"estimators": over_seeds, "truth": truth}, chosen.out)


if __name__ == "__main__":
    main()
