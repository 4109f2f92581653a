"""Labels that may hold together: which ranking finds rows of which one label is wrong?

    python benchmarks/multi_label.py [--seeds 5] [--small] [--out FILE.json]

Two sets of rows, default settings but for the epochs. `planted`: 600 rows of scikit-learn's
make_multilabel_classification, 20 counts, 4 labels. `digits`: 1,797 images of digits as 64 numbers,
with the labels even, above 4, and with a loop (0, 6, 8, 9). In every seed a quarter of the rows is
held out as it is; of a tenth of the others one label, drawn by chance, says the opposite. AUC is
how well a ranking finds these rows: μ self, −μ validation, the mean loss over the run, and the
probability that the trained model does not give to the row's set of labels; recall is the share of
them among as many rows that rank first. Macro F1 and label accuracy are those of the held-out rows.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits, make_multilabel_classification
from sklearn.metrics import roc_auc_score

from finine_core import api

HELD_OUT, WRONG = 0.25, 0.1
EPOCHS = 40  # all that the number of rows allows: none is chosen
PLANTED_ROWS, PLANTED_LABELS, LOOPS = 600, 4, (0, 6, 8, 9)


def planted(seed: int) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Inputs and labels of the planted problem."""
    x, held = make_multilabel_classification(
        n_samples=PLANTED_ROWS, n_features=20, n_classes=PLANTED_LABELS, random_state=seed
    )
    return x, held.astype(np.int64)


def digits(seed: int) -> tuple[NDArray[np.floating], NDArray[np.int64]]:  # noqa: ARG001
    """Images as numbers, and what holds of the digit."""
    x, digit = load_digits(return_X_y=True)
    held = np.stack([digit % 2 == 0, digit > 4, np.isin(digit, LOOPS)], axis=1)
    return x, held.astype(np.int64)


CASES = {"planted": planted, "digits": digits}


def measure(case: str, seed: int) -> dict[str, float]:
    """The figures of one set of rows and one seed."""
    x, held = CASES[case](seed)
    random = np.random.default_rng(seed)
    order = random.permutation(len(x))
    validation = np.zeros(len(x), dtype=bool)
    validation[order[: int(HELD_OUT * len(x))]] = True
    trained = np.flatnonzero(~validation)
    wrong = random.choice(trained, int(WRONG * len(trained)), replace=False)
    label = random.integers(held.shape[1], size=len(wrong))
    held = held.copy()
    held[wrong, label] = 1 - held[wrong, label]
    names = [f"label{k}" for k in range(held.shape[1])]
    rows = pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])
    rows[names] = held
    rows["part"] = np.where(validation, "validation", "train")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        rows.to_csv(path, index=False)
        features = [name for name in rows.columns if name.startswith("x")]
        run = api.run(path, label=names, features=features, validation="column:part", seed=seed,
                      model="mlp", epochs=EPOCHS, home=Path(folder) / "home")  # fmt: skip
        scores = {name: run.scores(name).sort_values("row_number") for name in run.targets}
        results = run.record()["results"]
    of_self = scores["self"]
    is_wrong = of_self["row_number"].isin(wrong).to_numpy()
    rankings = {
        "μ self": of_self["mu"],
        "−μ validation": -scores["validation"]["mu"],
        "mean loss": of_self["mean_loss"],
        "1 − probability": 1 - of_self["probability"],
    }
    return {
        "label accuracy": results["validation_label_accuracy"],
        "macro F1": results["validation_macro_f1"],
        **{f"AUC {name}": float(roc_auc_score(is_wrong, one)) for name, one in rankings.items()},
        **{f"recall {name}": recall(is_wrong, one.to_numpy()) for name, one in rankings.items()},
    }


def recall(wrong: NDArray[np.bool_], values: NDArray[np.floating]) -> float:
    """The share of the wrong rows among as many that rank first."""
    first = np.argsort(-values, kind="stable")[: wrong.sum()]
    return float(wrong[first].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="one seed of the planted rows")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    seeds, cases = (1, ["planted"]) if chosen.small else (chosen.seeds, list(CASES))
    found: dict[str, dict[str, dict[str, float]]] = {}
    for case in cases:
        runs = pd.DataFrame([measure(case, seed) for seed in range(seeds)])
        spread = runs.std() if seeds > 1 else 0 * runs.mean()
        found[case] = {
            name: {"mean": float(runs[name].mean()), "deviation": float(spread[name])}
            for name in runs
        }
        print(f"\n{case}, {seeds} seeds")
        for name, value in found[case].items():
            print(f"{name:24} {value['mean']:8.3f} ± {value['deviation']:.3f}")
    if chosen.out:
        text = json.dumps({"seeds": seeds, "cases": found}, indent=1, ensure_ascii=False)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
