"""Does the advice hold, at the defaults of `finine run`, from a file with one label column?

    pip install --no-deps -r benchmarks/requirements.txt
    pip download --no-deps --no-build-isolation vaderSentiment==0.5 -d .
    python -m benchmarks.advice [--seeds 5] [--only CASE]… [--out FILE.json]

For each case, with held-out labels as noisy as the rest and clean: the average precision over the
training rows of suspicion and of every single ranking (cleanlab's self-confidence by five-fold
logistic regression among them), what suspicion says is wrong beside what is, recall by direction of
error, the hit rate of suggestions, Brier scores, and what correcting or deleting the first rows of
three lists does to a logistic regression on rows it has not seen, with their true labels.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits

from benchmarks.advice.cases import NAMES, TWEETS, Case, make
from benchmarks.advice.table import SINGLE
from finine_core import api
from finine_core.runs.work.pipeline import stored_inputs

FOLDS, TRIES = 5, 200  # of the plain model's solver
ONCE = ("1,000 classes, uniform 10 %",)  # a seed takes minutes


Confidence = Callable[[NDArray[np.floating], NDArray[np.int64]], NDArray[np.floating]]


def measure(case: Case, home: Path, cleanlab: Confidence) -> dict[str, Any]:
    """What one run of one file says.

    Args:
        cleanlab: gives the confidence in each row's label, from inputs and classes.
    """
    started = time.perf_counter()
    run = api.run(case.path, home=home, **case.options)
    seconds = time.perf_counter() - started
    every = run.scores(by="suspicion").sort_values("row_number").set_index("row_number")
    trained = run.scores("self").sort_values("row_number").set_index("row_number")
    shared = run.scores("validation").sort_values("row_number").set_index("row_number")
    wrong = case.given != case.true
    rows = trained.index.to_numpy()
    bad = wrong[rows]
    x, codes = _inputs(run)
    confidence = cleanlab(x[: len(rows)], codes[: len(rows)])
    values = {
        "suspicion": -every.loc[rows, "rank"].to_numpy(),
        "cleanlab": 1 - confidence,
        "AUM": trained["training_margin"].to_numpy(),
        "out of fold": every.loc[rows, "out_of_fold_margin"].to_numpy(),
        "cleaned": every.loc[rows, "cleaned_margin"].to_numpy(),
        "kNN": every.loc[rows, "neighbours"].to_numpy(),
        "errors nearby": every.loc[rows, "errors_nearby"].to_numpy(),
        "mean loss": trained["mean_loss"].to_numpy(),
        "μ self": trained["mu"].to_numpy(),
        "−μ validation": -shared["mu"].to_numpy(),
    }
    assert set(values) == {"suspicion", *SINGLE}
    listed = every.sort_values("rank")
    advice = run.advice()
    assert advice is not None
    counts = [
        {**one, "true": int(wrong[listed.index[: int(one["rows"])]].sum())}
        for one in [*advice["shares"], advice["total"]]
    ]
    suggested = listed[listed["suggested_label"] != ""]
    hits = suggested["suggested_label"].to_numpy() == case.true[suggested.index]
    chance = every.loc[rows, "suspicion"].to_numpy() / 100
    return {
        "rows": len(rows),
        "wrong": int(bad.sum()),
        "seconds": round(seconds, 1),
        "average precision": {
            name: round(float(average_precision_score(bad, value)), 3)
            for name, value in values.items()
        },
        "first 100": {
            name: int(bad[np.argsort(-value, kind="stable")[:100]].sum())
            for name, value in values.items()
        },
        "stated": counts,
        "recall by direction": _by_direction(case, rows, values["suspicion"]),
        "suggestions": {
            "rows": len(suggested),
            "right": round(float(hits.mean()), 3) if len(hits) else None,
            "stated": advice["hit_rate"],
        },
        "brier": {
            "suspicion": round(float(np.mean((chance - bad) ** 2)), 4),
            "cleanlab": round(float(np.mean((1 - confidence - bad) ** 2)), 4),
        },
        "cleaned": _cleaning(case, rows, x[: len(rows)], values, suggested, every),
    }


def _inputs(run: api.Run) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    stored = stored_inputs(run.folder.encoded)
    assert stored is not None
    x = np.concatenate([stored.train_x, stored.validation_x])
    codes = np.concatenate([stored.train_y, stored.validation_y]).astype(np.int64)
    return x.reshape(len(x), -1), codes


def _plain() -> LogisticRegression:
    return LogisticRegression(max_iter=TRIES)


def cleanlab_confidence(x: NDArray[np.floating], codes: NDArray[np.int64]) -> NDArray[np.floating]:
    """cleanlab's self-confidence, by five-fold logistic regression."""
    from cleanlab.rank import get_label_quality_scores

    chances = out_of_fold(x, codes)
    return np.asarray(get_label_quality_scores(codes, chances, method="self_confidence"))


def out_of_fold(x: NDArray[np.floating], codes: NDArray[np.int64]) -> NDArray[np.floating]:
    """Probabilities of each class, shape (n, classes), by the plain model."""
    found: NDArray[np.floating] = cross_val_predict(
        _plain(), x, codes, cv=FOLDS, method="predict_proba"
    )
    return found


def _by_direction(
    case: Case, rows: NDArray[np.int64], values: NDArray[np.floating]
) -> dict[str, float]:
    """Mean and least recall over directions (true → given) of ten errors or more."""
    bad = (case.given != case.true)[rows]
    first = np.zeros(len(rows), dtype=bool)
    first[np.argsort(-values, kind="stable")[: bad.sum()]] = True
    told = pd.DataFrame({"true": case.true[rows], "given": case.given[rows], "found": first})[bad]
    found = told.groupby(["true", "given"])["found"].agg(["mean", "size"])
    found = found[found["size"] >= 10]
    if found.empty:
        return {}
    return {
        "mean": round(float(found["mean"].mean()), 3),
        "least": round(float(found["mean"].min()), 3),
    }


def _cleaning(
    case: Case,
    rows: NDArray[np.int64],
    x: NDArray[np.floating],
    values: dict[str, NDArray[np.floating]],
    suggested: pd.DataFrame,
    every: pd.DataFrame,
) -> dict[str, float]:
    """Balanced accuracy of a plain model on rows apart, after deleting or correcting rows.

    Every fifth training row is kept apart with its true label; as many rows are deleted by each
    list as suspicion calls likelier wrong than right.
    """
    random = np.random.default_rng(0)
    apart = random.random(len(rows)) < 0.2
    given, true = case.given[rows], case.true[rows]
    count = int((every.loc[rows, "suspicion"].to_numpy()[~apart] >= 50).sum())

    def quality(kept: NDArray[np.bool_], labels: NDArray) -> float:
        model = _plain().fit(x[kept], labels[kept])
        right = model.predict(x[apart]) == true[apart]
        return round(float(pd.Series(right).groupby(true[apart]).mean().mean()), 4)

    found = {"as it is": quality(~apart, given)}
    for name in ("suspicion", "cleanlab", "mean loss", "random"):
        value = values[name].astype(float) if name in values else random.random(len(rows))
        order = np.argsort(-np.where(apart, -np.inf, value), kind="stable")
        kept = ~apart
        kept[order[:count]] = False
        found[f"deleted by {name}"] = quality(kept, given)
    labels = given.copy()
    new = suggested["suggested_label"].reindex(rows)
    labels[new.notna().to_numpy()] = new.dropna().to_numpy()
    found["corrected by suspicion"] = quality(~apart, labels)
    found["wholly right"] = quality(~apart, true)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=NAMES)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")  # lbfgs that stops before the last digit
    lines: dict[str, list[dict[str, Any]]] = {}
    if chosen.out and chosen.out.exists():
        lines = json.loads(chosen.out.read_text(encoding="utf-8"))
    with threadpool_limits(1):
        for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
            for name in chosen.only or NAMES:
                for clean in (False, True):
                    key = f"{name}{', clean held-out labels' if clean else ''}"
                    done = [line["seed"] for line in lines.get(key, [])]
                    single = name == TWEETS or name in ONCE
                    if (name == TWEETS and clean) or (single and seed) or seed in done:
                        continue
                    with tempfile.TemporaryDirectory() as folder:
                        case = make(name, Path(folder), seed, clean=clean)
                        line = measure(case, Path(folder) / "home", cleanlab_confidence)
                    lines.setdefault(key, []).append({"seed": seed, **line})
                    print(key, seed, json.dumps(line["average precision"], ensure_ascii=False),
                          flush=True)  # fmt: skip
                    if chosen.out:
                        text = json.dumps(lines, indent=1, ensure_ascii=False)
                        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
