"""What do folds cost, and what do they find?

    python -m benchmarks.folds cost [--pairs 5] [--folds 3] [--sample tweets] [--auto] [--out FILE]
    python -m benchmarks.folds finds [--seeds 3] [--folds 3] [--out FILE.json]

cost: time of a run with folds ÷ time of the same run without, in this process (the seconds that a
worker takes to come up would make the ratio smaller), each in a home of its own, taking turns in an
order that changes from pair to pair, after one run that is not counted; the median of the pairs'
ratios with the lowest and the highest, of the time on the clock and of that on the processor. Model
and epochs are given (SETTINGS), or with --auto left to each of the runs, which may choose others.

finds: average precision for labels flipped by us, in all rows: of μ self over all rows with folds,
over the training rows without; and of suspicion over all rows, and over the rows of fold 1 alone,
which a run without folds would not have learned from.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

from sklearn.metrics import average_precision_score

from benchmarks.advice.cases import make
from finine_core import api
from finine_core.runs import State, create_run
from finine_core.runs.config import make_config
from finine_core.runs.here import run_here
from finine_core.runs.work.recipe import NOTHING
from finine_sample_data import SAMPLES

SETTINGS = {"tweets": ("logistic", 15), "breast_cancer_flips": ("mlp", 40)}  # model, epochs
CASES = ("digits, uniform 20 %", "digits, class-dependent 30 %", "breast_cancer, uniform 10 %")


def timed(
    sample: str, folds: int, home: Path, given: tuple[str, int | None]
) -> tuple[float, float]:
    """Seconds of one run, on the clock and on the processor."""
    found = SAMPLES[sample]
    config = make_config(
        data=str(found.path), label=found.label, text=found.text, id=found.id, folds=folds,
        model=given[0], epochs=given[1],
    )  # fmt: skip
    folder = create_run(home, config, "")
    clock, processor = time.perf_counter(), time.process_time()
    run_here(folder, NOTHING)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    assert api.Run(folder).status().state is State.DONE
    return clock, processor


def cost(sample: str, folds: int, pairs: int, *, auto: bool) -> dict[str, Any]:
    """The ratios of some pairs."""
    lines, given = [], ("auto", None) if auto else SETTINGS[sample]
    with tempfile.TemporaryDirectory() as home:
        timed(sample, 1, Path(home), given)
    for pair in range(pairs):
        found = {}
        for count in (1, folds) if pair % 2 else (folds, 1):
            with tempfile.TemporaryDirectory() as home:
                found[count] = timed(sample, count, Path(home), given)
        once, several = found[1], found[folds]
        lines.append([round(b / a, 2) for a, b in zip(once, several, strict=True)])
        print(f"{once[1]:.1f} s, {several[1]:.1f} s: {lines[-1]}", flush=True)
    told = {}
    for name, ratios in zip(("clock", "processor"), zip(*lines, strict=True), strict=True):
        told[name] = {"median": median(ratios), "from": min(ratios), "to": max(ratios)}
    return {"sample": sample, "folds": folds, "pairs": pairs, "settings": given, **told}


def finds(folds: int, seeds: int) -> dict[str, Any]:
    """Mean average precision of each case."""
    told = {}
    for case in CASES:
        lines = [one_seed(case, folds, seed) for seed in range(seeds)]
        told[case] = {name: round(mean(one[name] for one in lines), 3) for name in lines[0]}
        print(case, told[case], flush=True)
    return told


def one_seed(name: str, folds: int, seed: int) -> dict[str, float]:
    """Average precisions of a run without folds and of one with them."""
    with tempfile.TemporaryDirectory() as folder:
        case = make(name, Path(folder), seed, clean=False)
        options = {k: v for k, v in case.options.items() if k != "validation"}
        wrong = case.given != case.true
        several = api.run(case.path, home=Path(folder) / "several", folds=folds, **options)
        once = api.run(case.path, home=Path(folder) / "once", **options)
        found = {}
        for run, which in ((once, "once"), (several, "folds")):
            mu = run.scores("self")
            found[f"μ self, {which}"] = average_precision_score(wrong[mu["row_number"]], mu["mu"])
            every = run.scores(by="suspicion")
            rows = every["row_number"].to_numpy()
            found[f"suspicion, {which}"] = average_precision_score(wrong[rows], -every["rank"])
            held_out = every[every["mu"].isna()] if which == "once" else every[every["fold"] == 1]
            rows = held_out["row_number"].to_numpy()
            found[f"suspicion of held-out rows, {which}"] = average_precision_score(
                wrong[rows], -held_out["rank"]
            )
        return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("cost", "finds"))
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sample", default="tweets")
    parser.add_argument("--auto", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.what == "cost":
        found = cost(given.sample, given.folds, given.pairs, auto=given.auto)
    else:
        found = finds(given.folds, given.seeds)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    if given.out:
        given.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
