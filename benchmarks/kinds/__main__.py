"""How good are answers with default settings, on every kind of data?

    pip install --no-deps -r benchmarks/requirements.txt
    pip download --no-deps --no-build-isolation vaderSentiment==0.5 -d .
    python -m benchmarks.kinds [--only CASE]… [--out FILE.json]

For each data set: the validation score of finine's model beside the best of two plain models of
scikit-learn on the same encoded inputs and labels (linear or logistic regression, gradient
boosting); how well rankings find the bad rows (AUC; recall when as many rows are looked at as are
bad): μ on the row itself, −μ on validation, mean loss, and cleanlab's score of out-of-fold
predictions of the logistic (linear) model; and the seconds from file to scores, all told.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from benchmarks.kinds.cases import CASES, Case
from finine_core import api
from finine_core.measures import measured
from finine_core.runs.work.pipeline import stored_inputs

FOLDS = 5
# Trees on more inputs than this, or for more classes, take longer than everything else together.
MOST_FOR_TREES, MOST_CLASSES_FOR_TREES = 300, 20


def found(bad: NDArray[np.bool_], values: NDArray[np.floating]) -> dict[str, float]:
    """How well large values find the bad rows."""
    first = np.argsort(-values, kind="stable")[: bad.sum()]
    return {
        "auc": round(float(roc_auc_score(bad, values)), 3),
        "recall": round(float(bad[first].mean()), 3),
    }


def measure(case: Case, home: Path) -> dict[str, object]:
    """One line of the table."""
    started = time.perf_counter()
    run = api.run(case.path, home=home, **case.options)
    seconds = time.perf_counter() - started
    record = run.record()
    quality, value = measured(record["results"], "validation_")
    own, shared = (
        run.scores(target).sort_values("row_number") for target in ("self", "validation")
    )
    bad = case.bad[own["row_number"].to_numpy()]
    inputs = stored_inputs(run.folder.encoded)
    assert inputs is not None
    numbers = record["dataset"]["task"] == "regression"
    train_x, validation_x = (
        one.reshape(len(one), -1) for one in (inputs.train_x, inputs.validation_x)
    )
    train_y, validation_y = inputs.train_y, inputs.validation_y
    if numbers:
        train_y, validation_y = (
            one[:, 0] * inputs.scale + inputs.offset for one in (train_y, validation_y)
        )
    plain = {}
    models = [RidgeCV(np.logspace(-2, 4, 13))] if numbers else [LogisticRegression(max_iter=300)]
    if train_x.shape[1] <= MOST_FOR_TREES and (
        numbers or len(np.unique(train_y)) <= MOST_CLASSES_FOR_TREES
    ):
        models.append(
            HistGradientBoostingRegressor() if numbers else HistGradientBoostingClassifier()
        )
    for model in models:
        said = model.fit(train_x, train_y).predict(validation_x)
        plain[type(model).__name__] = (
            float(np.sqrt(np.mean((said - validation_y) ** 2)))
            if numbers
            else float((said == validation_y).mean())
        )
    return {
        "task": record["dataset"]["task"],
        "model": record["resolved"]["model"],
        "train rows": len(own),
        "bad rows": int(bad.sum()),
        "injected": case.injected,
        "measure": quality.name,
        "finine": round(value, 4) if value is not None else None,
        "plain": {name: round(score, 4) for name, score in plain.items()},
        "seconds": round(seconds, 1),
        "found": {
            "μ self": found(bad, own["mu"].to_numpy()),
            "−μ validation": found(bad, -shared["mu"].to_numpy()),
            "mean loss": found(bad, own["mean_loss"].to_numpy()),
            "cleanlab": found(bad, -_cleanlab(models[0], train_x, train_y, numbers)),
        },
    }


def _cleanlab(
    model: object, x: NDArray[np.floating], y: NDArray, numbers: bool
) -> NDArray[np.floating]:
    if numbers:
        from cleanlab.regression.rank import get_label_quality_scores

        return get_label_quality_scores(y, cross_val_predict(model, x, y, cv=FOLDS))
    from cleanlab.rank import get_label_quality_scores

    chances = cross_val_predict(model, x, y, cv=FOLDS, method="predict_proba")
    return get_label_quality_scores(y, chances, method="self_confidence")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(CASES))
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")  # lbfgs that stops before the last digit
    lines = {}
    for name in chosen.only or CASES:
        with tempfile.TemporaryDirectory() as folder:
            case = CASES[name](Path(folder))
            lines[name] = measure(case, Path(folder) / "home")
        print(name, json.dumps(lines[name], ensure_ascii=False), flush=True)
        if chosen.out:
            text = json.dumps(lines, indent=1, ensure_ascii=False)
            chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
