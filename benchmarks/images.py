"""Images from a folder to scores: how good is the model, what does it find, and what does it cost?

Takes Fashion-MNIST (the Debian package dataset-fashion-mnist), changes a tenth of the labels by
class as the sample does, writes PNG files into a folder for each class, and lets finine run on it
with its defaults. Gives a JSON: accuracy on clean held-out labels beside plain scikit-learn models,
how well each ranking finds the changed labels, run time, the worker's peak memory, and disk space.

    python -m benchmarks.images --images 10000 --baselines
    python -m benchmarks.images --images 60000
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from finine_core import api
from finine_sample_data.make_fashion import (
    CLASSES,
    SOURCE,
    drawn_flips,
    png,
    read_source,
    wrong_labels,
)

RESULTS = Path(__file__).parent / "images.json"
EPOCHS = 10  # all that the number of images allows: none is chosen


def write_folder(folder: Path, images: NDArray[np.uint8], given: NDArray[np.int64]) -> None:
    """PNG files `CLASS/00042.png`, by the given labels; the name is the row."""
    for code in np.unique(given):
        (folder / CLASSES[code]).mkdir(parents=True)
    for row, (image, code) in enumerate(zip(images, given, strict=True)):
        (folder / CLASSES[code] / f"{row:05d}.png").write_bytes(png(image))


def auc(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """The chance that a wrong row has a higher score than a right one; ties count half."""
    ranks = pd.Series(score).rank().to_numpy()
    bad, good = int(wrong.sum()), int((~wrong).sum())
    return float((ranks[wrong].sum() - bad * (bad + 1) / 2) / (bad * good))


def recall(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """The share of the wrong rows among as many rows at the top as are wrong."""
    top = np.argsort(-score, kind="stable")[: int(wrong.sum())]
    return float(wrong[top].mean())


def run_finine(folder: Path, home: Path, wrong: NDArray[np.bool_]) -> dict[str, Any]:
    """One run with the defaults but for its epochs, and what its rankings find."""
    started, peak = time.perf_counter(), 0
    run = api.run(folder, label="label", home=home, epochs=EPOCHS, block=False)

    def watch(_: object) -> None:
        nonlocal peak
        peak = max(peak, _peak_bytes(run.folder.path / "pid"))

    status = run.wait(watch)
    seconds = time.perf_counter() - started
    record = run.record()
    found: dict[str, Any] = {
        "state": str(status.state),
        "seconds": round(seconds, 1),
        "seconds_by_part": {k: v for k, v in record["results"].items() if k.startswith("seconds")},
        "peak_gb": round(peak / 1e9, 2),
        "run_folder_mb": round(_bytes_below(run.folder.path) / 1e6),
        "resolved": record["resolved"],
        "validation_accuracy_given_labels": record["results"]["validation_accuracy"],
        "rankings": {},
    }
    for target, sign in (("self", 1), ("validation", -1)):
        scores = run.scores(target).sort_values("row_number")
        images = _image_numbers(run, scores["row_number"].to_numpy())
        bad = wrong[images]
        for name, values in (
            (f"mu {target}" if sign > 0 else f"-mu {target}", sign * scores["mu"].to_numpy()),
            ("mean loss", scores["mean_loss"].to_numpy()),
        ):
            found["rankings"][name] = {
                "auc": round(auc(values, bad), 4),
                "recall_at_noise_rate": round(recall(values, bad), 4),
            }
    return found


def _image_numbers(run: api.Run, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which image each row is: its file is named by it."""
    paths = pd.read_parquet(run.folder.dataset)["image"].to_numpy()
    return np.array([int(Path(one).stem) for one in paths[rows]])


def _peak_bytes(pid_file: Path) -> int:
    """The most memory that the worker has held so far, by the kernel's count."""
    try:
        pid = re.search(r"\d+", pid_file.read_text())
        status = Path(f"/proc/{pid[0] if pid else 0}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def _bytes_below(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def baselines(
    images: NDArray[np.uint8], given: NDArray[np.int64], clean: NDArray[np.int64]
) -> dict[str, float]:
    """Accuracy of plain models on pixels, on a fifth held out, by its labels as given and clean."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    x = images.reshape(len(images), -1) / 255.0
    order = np.random.default_rng(0).permutation(len(x))
    train, held = np.split(order, [int(0.8 * len(x))])
    found = {}
    for name, model in (("logistic", LogisticRegression(max_iter=100)), ("svc", SVC())):
        predicted = model.fit(x[train], given[train]).predict(x[held])
        found[f"{name}, given labels"] = float((predicted == given[held]).mean())
        found[f"{name}, clean labels"] = float((predicted == clean[held]).mean())
    return found


def main() -> None:
    """Measure, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--source", type=Path, default=SOURCE)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--baselines", action="store_true", help="scikit-learn's models, too")
    given_options = parser.parse_args()
    images, labels = (one[: given_options.images] for one in read_source(given_options.source))
    clean = labels.astype(np.int64)
    wrong = drawn_flips(clean)
    given = wrong_labels(clean, wrong)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "fashion"
        write_folder(folder, images, given)
        measured = {
            "images": len(images),
            "wrong": int(wrong.sum()),
            "input_mb": round(_bytes_below(folder) / 1e6),
            **run_finine(folder, Path(name) / "home", wrong),
        }
    if given_options.baselines:
        measured["baselines"] = baselines(images, given, clean)
    before = json.loads(given_options.out.read_text()) if given_options.out.exists() else {}
    before[str(len(images))] = measured
    given_options.out.parent.mkdir(parents=True, exist_ok=True)
    given_options.out.write_text(json.dumps(before, indent=2) + "\n")
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
