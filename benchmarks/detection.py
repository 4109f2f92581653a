"""How many bad rows of the samples does μ find, beside simple baselines?

    python benchmarks/detection.py [--seeds 5] [--out FILE.json]

For each sample and seed: one run with default settings, then the reference file (which no run
reads) says which training rows are bad. Prints a table and writes JSON. Random is what a random
order would find; "label alone" ranks a row by how often its observed label is bad in the
reference, that is, with the answers in hand: it shows how much of a figure the label explains.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from finine_core import api
from finine_sample_data import SAMPLES, Sample

TOP = 0.2  # the share of rows a person would look at


def share_found(values: pd.Series, bad: np.ndarray) -> float:
    """The share of bad rows among the top fifth by `values`."""
    order = np.argsort(-values.to_numpy(), kind="stable")[: int(TOP * len(bad))]
    return float(bad[order].sum() / bad.sum())


def one_run(sample: Sample, seed: int, home: Path) -> dict[str, dict[str, float]]:
    """AUC and share found of each ranking, for one run."""
    run = api.run(
        sample.path, label=sample.label, text=sample.text, id=sample.id, home=home, seed=seed
    )
    scores = run.scores("self")
    reference = pd.read_csv(sample.reference_path, dtype={sample.reference_id: str})
    joined = scores.merge(reference, left_on="row_id", right_on=sample.reference_id)
    bad = joined[sample.reference_column].to_numpy(dtype=bool)

    def mu(target: str, estimator: str) -> pd.Series:
        found = run.scores(target, estimator=estimator).set_index("row_number")["mu"]
        return joined["row_number"].map(found)

    rankings = {
        "μ self (carried)": joined["mu"],
        "μ self (gaussian)": mu("self", "gaussian"),
        "−μ validation": -mu("validation", "carried"),
        "−μ validation (gaussian)": -mu("validation", "gaussian"),
        "mean loss": joined["mean_loss"],
        "label alone": joined.groupby("label")[sample.reference_column].transform("mean"),
        "random": pd.Series(np.random.default_rng(seed).random(len(joined))),
    }
    return {
        name: {"auc": float(roc_auc_score(bad, values)), "found": share_found(values, bad)}
        for name, values in rankings.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/detection.json"))
    arguments = parser.parse_args()
    result: dict[str, dict[str, dict[str, list[float]]]] = {}
    with tempfile.TemporaryDirectory() as home:
        for sample in SAMPLES.values():
            found = [one_run(sample, seed, Path(home)) for seed in range(arguments.seeds)]
            result[sample.name] = {
                name: {key: [one[name][key] for one in found] for key in ("auc", "found")}
                for name in found[0]
            }
    for name, rankings in result.items():
        print(f"\n{name}: mean over {arguments.seeds} seeds (smallest … largest)")
        print(f"{'ranking':<20}{'AUC':>22}{'found in top 20 %':>26}")
        for ranking, values in rankings.items():
            cells = [
                f"{np.mean(values[key]):.3f} ({min(values[key]):.3f} … {max(values[key]):.3f})"
                for key in ("auc", "found")
            ]
            print(f"{ranking:<20}{cells[0]:>22}{cells[1]:>26}")
    arguments.out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
