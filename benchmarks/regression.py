"""Squared error or Huber's loss: which model is better, and which finds wrong numbers?

    python benchmarks/regression.py [--seeds 5] [--epochs N] [--small] [--out FILE.json]

scikit-learn's diabetes (442 rows) with default settings. In every seed a quarter of the rows is
held out clean; of the others a tenth gets a target that is off, up or down, by 3 to 5 standard
deviations (gross) or by 1.5 to 3 (moderate). RMSE and MAE are those of the clean rows, in the
target's units; `no outliers` is the same training on the true targets. AUC is how well a ranking
finds the shifted rows: μ self, −μ validation, the error |predicted − given| at the end, the mean
loss over the run; recall is the share of them among as many rows that rank first.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes
from sklearn.metrics import roc_auc_score

from finine_core.encoders import encode
from finine_core.influence import ESTIMATORS, SignalStore, SignalWriter, default_estimator
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.runs.config import make_config
from finine_core.runs.work.pipeline import final_quality, make_trainer
from finine_core.runs.work.reading import checked_input
from finine_core.training.trainer import Trainer, predict

LOSSES = ("squared", "huber")
HELD_OUT, OUTLIERS = 0.25, 0.1
SHIFTS = {"gross": (3.0, 5.0), "moderate": (1.5, 3.0)}  # standard deviations of the target
LABEL = "target"


def drawn(
    seed: int, shifts: tuple[float, float]
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.float64]]:
    """Training rows with true targets, held-out rows, and what to add to the training targets."""
    rows = load_diabetes(as_frame=True, scaled=False).frame
    random = np.random.default_rng(seed)
    order = random.permutation(len(rows))
    held, kept = np.split(order, [int(HELD_OUT * len(rows))])
    shift = np.zeros(len(kept))
    places = random.choice(len(kept), int(OUTLIERS * len(kept)), replace=False)
    size = random.uniform(*shifts, len(places)) * rows[LABEL].std()
    shift[places] = size * random.choice([-1, 1], len(places))
    return rows.iloc[kept], rows.iloc[held], shift


def trained(
    train: pd.DataFrame, held: pd.DataFrame, loss: str, seed: int, epochs: int | None, folder: Path
) -> tuple[Trainer, SignalStore]:
    """A recorded training with a run's own defaults, of the most epochs."""
    train.to_csv(folder / "train.csv", index=False)
    held.to_csv(folder / "held.csv", index=False)
    config = make_config(
        data=str(folder / "train.csv"),
        label=LABEL,
        task="regression",
        loss=loss,
        validation=str(folder / "held.csv"),
        seed=seed,
        model="mlp",
        epochs=epochs,
    )
    dataset, resolved = checked_input(config)
    trainer = make_trainer(encode(dataset, seed), resolved, len(dataset.answers), "cpu")
    plan = plan_for(trainer, resolved.targets)
    writer = SignalWriter(folder / "signals", plan)
    shared = {"validation": (trainer.validation_x, trainer.validation_y)}
    trainer.run([Recorder(trainer, writer, shared)])
    writer.flush()
    return trainer, SignalStore(folder / "signals")


def recall(wrong: NDArray[np.bool_], values: NDArray[np.floating]) -> float:
    """The share of the wrong rows among as many that rank first."""
    first = np.argsort(-values, kind="stable")[: wrong.sum()]
    return float(wrong[first].mean())


def measure(
    loss: str, seed: int, shifts: tuple[float, float], epochs: int | None = None
) -> dict[str, float]:
    """The figures of one loss and seed."""
    train, held, shift = drawn(seed, shifts)
    with tempfile.TemporaryDirectory() as folder:
        clean, _ = trained(train, held, loss, seed, epochs, Path(folder))
    wrong = train.assign(**{LABEL: train[LABEL] + shift})
    with tempfile.TemporaryDirectory() as folder:
        trainer, store = trained(wrong, held, loss, seed, epochs, Path(folder))
        chosen = default_estimator(store.plan.carried)
        rankings = {
            f"μ {target}": sign
            * ESTIMATORS[chosen.name].mu(store.target(target, carried=chosen.carried))
            for target, sign in (("self", 1), ("validation", -1))
        }
        rankings["mean loss"] = np.asarray(store.losses()).mean(axis=0)
    error = predict(trainer.model, trainer.train_x) - trainer.train_y
    rankings["|error|"] = error[:, 0].abs().numpy()
    told, without = final_quality(trainer), final_quality(clean)
    return {
        "RMSE": float(told["validation_rmse"] or 0),
        "MAE": float(told["validation_mae"] or 0),
        "RMSE, no outliers": float(without["validation_rmse"] or 0),
        **{f"AUC {name}": float(roc_auc_score(shift != 0, one)) for name, one in rankings.items()},
        **{f"recall {name}": recall(shift != 0, one) for name, one in rankings.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="as many as a run takes, if left out")
    parser.add_argument("--small", action="store_true", help="one seed of gross outliers")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    if chosen.small:
        chosen.seeds = 1
    for case, shifts in list(SHIFTS.items())[: 1 if chosen.small else None]:
        for loss in LOSSES:
            seeds = range(chosen.seeds)
            runs = pd.DataFrame([measure(loss, seed, shifts, chosen.epochs) for seed in seeds])
            spread = runs.std() if chosen.seeds > 1 else 0 * runs.mean()
            one = {
                name: {"mean": float(runs[name].mean()), "deviation": float(spread[name])}
                for name in runs
            }
            found.setdefault(case, {})[loss] = one
            print(f"\n{case} outliers, {loss}, {chosen.seeds} seeds")
            for name, value in one.items():
                print(f"{name:20} {value['mean']:8.3f} ± {value['deviation']:.3f}")
    if chosen.out:
        text = json.dumps({"seeds": chosen.seeds, "cases": found}, indent=1, ensure_ascii=False)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
