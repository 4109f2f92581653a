"""Frozen features or pixels: which model is better on larger images, and what does an image cost?

Takes the first 2,000 images of Fashion-MNIST (the Debian package dataset-fashion-mnist), enlarged
to 224 × 224 pixels, with the labels as they are, in a folder for each class. Lets finine run on it
with each image encoder, four fifths for training, and a support vector machine of scikit-learn
learn the same rows from the pixels that `cnn` sees. Gives a JSON: accuracy on the 400 held-out
rows, seconds. They are no photographs: enlarged, they show no more than they did at 28 × 28.

    python -m benchmarks.image_encoders
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image

from finine_core import api
from finine_core.dataset import load_dataset
from finine_core.runs.jobs.progress import read_events
from finine_sample_data.make_fashion import CLASSES, SOURCE, read_source

RESULTS = Path(__file__).parent / "image_encoders.json"
SIDE, EPOCHS = 224, 10
CASES: dict[str, dict[str, Any]] = {
    "cnn": {"epochs": EPOCHS},
    "efficientnet, logistic": {
        "image_encoder": "efficientnet",
        "model": "logistic",
        "epochs": EPOCHS,
    },
    "efficientnet, mlp": {"image_encoder": "efficientnet", "model": "mlp", "epochs": EPOCHS},
}


def write_folder(folder: Path, count: int) -> None:
    """PNG files `CLASS/00042.png`, in colour as photographs are."""
    images, labels = read_source(SOURCE)
    for row, (pixels, code) in enumerate(zip(images[:count], labels[:count], strict=True)):
        place = folder / CLASSES[code]
        place.mkdir(parents=True, exist_ok=True)
        large = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        large.convert("RGB").save(place / f"{row:05d}.png")


def one_run(folder: Path, home: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Accuracy and seconds of a run, those of the frozen network apart."""
    run = api.run(folder, label="label", home=home, **options)
    results = run.record()["results"]
    times = [
        datetime.fromisoformat(one["at"])
        for one in read_events(run.folder.events)
        if one["phase"] == "embedding"
    ]
    return {
        "model": run.record()["resolved"]["model"],
        "accuracy": results["validation_accuracy"],
        "seconds_total": round(results["seconds_total"], 1),
        "seconds_embedding": (times[-1] - times[0]).total_seconds() if times else 0.0,
    }


def pixels_by_svc(folder: Path) -> float:
    """Accuracy of a support vector machine on the pixels of the same rows."""
    from sklearn.svm import SVC

    dataset = load_dataset(folder, label="label")
    train, held = dataset.train, dataset.validation
    assert train.pixels is not None
    assert held.pixels is not None
    x, there = (one.reshape(len(one), -1) / 255.0 for one in (train.pixels, held.pixels))
    return float((SVC().fit(x, train.labels).predict(there) == held.labels).mean())


def main() -> None:
    """Measure, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name) / "fashion", Path(name) / "home"
        write_folder(folder, given.images)
        cases = {case: one_run(folder, home, options) for case, options in CASES.items()}
        svc = pixels_by_svc(folder)
    measured = {"images": given.images, "cases": cases, "svc on pixels": svc}
    given.out.write_text(json.dumps(measured, indent=2) + "\n")
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
