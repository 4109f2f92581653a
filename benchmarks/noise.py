"""Which ranking finds wrong labels: μ, TracIn, mean loss, or cleanlab's confident learning?

    pip install --no-deps -r benchmarks/requirements.txt
    python benchmarks/noise.py [--seeds 3] [--small] [--only CASE]… [--out FILE.json]

mnist_5k and 5,000 images of Fashion-MNIST (Debian's dataset-fashion-mnist; left out, and said so,
where it is not installed), with 20 % of the training labels flipped by us, either to any other
class or each class to one of its own (class-dependent); and the tweets sample, whose labels are
disputed by nature. The `mlp` trains on images and `logistic` on tweets, as a run does by default.
cleanlab ranks by the self-confidence of predictions from 5 folds, each trained in the same way;
what its confident learning would remove is given beside it. Without cleanlab it is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import mnist
import numpy as np
import pandas as pd
import torch
from consistency import estimates
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from finine_core import api
from finine_core.runs.work.pipeline import stored_inputs
from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer, predict
from finine_sample_data import sample

try:
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
except ImportError:
    find_label_issues = None

FASHION = Path("/usr/share/datasets/fashion-mnist")
ROWS, FLIPS, FOLDS = 5000, 0.2, 5
LOOKED_AT = (0.05, 0.1, 0.2, 0.3, 0.5)  # shares of the rows, for the recall curve


@dataclass(frozen=True)
class Case:
    """Rows with known bad labels, and how they are trained."""

    name: str
    model: str
    data: mnist.Digits
    settings: Settings

    def trainer(self, rows: NDArray[np.int64] | None = None, seed: int = 0) -> Trainer:
        """A run on some of the training rows, or all."""
        data, classes = self.data, int(self.data.train_y.max()) + 1
        chosen = np.arange(len(data.train_y)) if rows is None else rows
        model = model_kind(self.model).seeded(data.train_x.shape[1:], classes, seed)
        arrays = (data.train_x[chosen], data.train_y[chosen], data.validation_x, data.validation_y)
        return Trainer(model, *map(torch.from_numpy, arrays), replace(self.settings, seed=seed))


def cases(small: bool) -> Iterator[tuple[str, Callable[[], Case]]]:
    """Every data set with every kind of noise, by name; made when called for."""
    for by_class in (False, True):
        noise = "class-dependent" if by_class else "uniform"
        name = f"{'digits' if small else 'mnist_5k'}, {noise}"
        yield name, partial(_images, name, partial(mnist.load, 0.0, small), by_class)
        if (FASHION / "train-images-idx3-ubyte.gz").exists() and not small:
            name = f"fashion_5k, {noise}"
            yield name, partial(_images, name, _fashion, by_class)
    yield "tweets, natural", _tweets


def _images(name: str, load: Callable[[], mnist.Digits], by_class: bool) -> Case:
    clean = load()
    random = np.random.default_rng(1)
    labels, count = clean.train_y.copy(), int(FLIPS * len(clean.train_y))
    flipped = np.zeros(len(labels), dtype=bool)
    flipped[random.choice(len(labels), count, replace=False)] = True
    away = np.ones(count, dtype=np.int64) * 3 if by_class else random.integers(1, 10, count)
    labels[flipped] = (labels[flipped] + away) % 10
    settings = Settings(mnist.EPOCHS, mnist.BATCH, mnist.LEARNING_RATE, "sgd", 1e-3, 0)
    return Case(name, "mlp", replace(clean, train_y=labels, flipped=flipped), settings)


def _fashion() -> mnist.Digits:
    def read(name: str, skip: int) -> NDArray[np.uint8]:
        with gzip.open(FASHION / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=skip)

    x = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    y = read("train-labels-idx1-ubyte.gz", 8)
    chosen = np.random.default_rng(0).choice(len(y), ROWS, replace=False)
    x, y = (x[chosen] / 255).astype(np.float32), y[chosen].astype(np.int64)
    held = int(mnist.VALIDATION * ROWS)
    return mnist.Digits(x[held:], y[held:], x[:held], y[:held], np.zeros(ROWS - held, dtype=bool))


def _tweets() -> Case:
    tweets = sample("tweets")
    with tempfile.TemporaryDirectory() as home:
        run = api.run(
            tweets.path,
            label=tweets.label,
            text=tweets.text,
            id=tweets.id,
            home=Path(home),
            model="logistic",
            epochs=19,
        )
        folder = run.folder
        encoded, used = stored_inputs(folder.encoded), folder.read()["resolved"]
        rows = run.scores("self").sort_values("row_number")
    assert encoded is not None
    reference = pd.read_csv(tweets.reference_path, dtype={tweets.reference_id: str})
    known = reference.set_index(tweets.reference_id)[tweets.reference_column]
    bad = known.loc[rows["row_id"]].to_numpy(dtype=bool)
    data = mnist.Digits(
        encoded.train_x, encoded.train_y, encoded.validation_x, encoded.validation_y, bad
    )
    settings = Settings(used["epochs"], used["batch_size"], used["lr"], "sgd", 1e-3, 0)
    return Case("tweets, natural", used["model"], data, settings)


def out_of_fold(case: Case, seed: int) -> NDArray[np.float64]:
    """Predicted probabilities (n, C) of rows by models that did not train on them."""
    labels = case.data.train_y
    found = np.empty((len(labels), int(labels.max()) + 1))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for kept, held in folds.split(labels, labels):
        run = case.trainer(kept, seed)
        run.run()
        outputs = predict(run.model, torch.from_numpy(case.data.train_x[held]))
        found[held] = outputs.double().softmax(dim=1).numpy()
    return found


def figures(bad: NDArray[np.bool_], values: NDArray[np.floating]) -> dict[str, float]:
    """How well large values find the bad rows."""
    order = np.argsort(-values, kind="stable")
    found = np.cumsum(bad[order]) / bad.sum()
    return {
        "auc": float(roc_auc_score(bad, values)),
        "average precision": float(average_precision_score(bad, values)),
    } | {f"recall at {share:g}": float(found[int(share * len(bad)) - 1]) for share in LOOKED_AT}


def measure(case: Case, seeds: int) -> dict[str, dict[str, float]]:
    """Means over seeds, of every ranking."""
    by_name: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        labels, bad = case.data.train_y, case.data.flipped
        for name, values in estimates(case.trainer(seed=seed)).items():
            by_name.setdefault(name, []).append(figures(bad, values))
        if find_label_issues is None:
            continue
        probabilities = out_of_fold(case, seed)
        quality = get_label_quality_scores(labels, probabilities, method="self_confidence")
        by_name.setdefault("cleanlab", []).append(figures(bad, -quality))
        issues = find_label_issues(labels, probabilities)
        removed = {
            "removed": float(issues.mean()),
            "recall": float(issues[bad].mean()),
            "precision": float(bad[issues].mean()),
        }
        by_name.setdefault("cleanlab, confident learning", []).append(removed)
    return {
        name: {key: float(np.mean([one[key] for one in many])) for key in many[0]}
        for name, many in by_name.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="scikit-learn's digits instead")
    parser.add_argument("--only", action="append", help="a case, e.g. 'tweets, natural'")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if find_label_issues is None:
        print("cleanlab is not installed, and left out", file=sys.stderr)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for title, made in cases(chosen.small):
        if chosen.only and title not in chosen.only:
            continue
        found[title] = measure(made(), chosen.seeds)
        print(f"\n{title}")
        for name, row in found[title].items():
            print(f"{name:30}" + "".join(f"  {key} {value:.3f}" for key, value in row.items()))
    if chosen.out:
        text = json.dumps({"seeds": chosen.seeds, "cases": found}, indent=1, ensure_ascii=False)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
