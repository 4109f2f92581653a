"""How much do the rankings hang on batch size, learning rate and recorded epochs?

    python benchmarks/sensitivity.py [--seeds 3] [--small] [--only SETTING]… [--out FILE.json]

mnist_5k with 20 % of the training labels flipped by us, as in consistency.py. One setting is
changed at a time; consistency, joint share and AUC are over seeds, and *same rows* is the Jaccard
of the fifth ranked first with that of the default setting, seed by seed.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import mnist
import numpy as np
import torch
from consistency import FLIPS, consistency, estimates, joint
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from finine_core.training.trainer import Trainer

SHOWN = ("μ self (carried)", "μ self (gaussian)", "−μ validation (carried)", "TracIn self",
         "mean loss")  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """One change to the default."""

    name: str
    batch: int = mnist.BATCH
    rate: float = mnist.LEARNING_RATE
    epochs: tuple[int, ...] | None = None


SETTINGS = (
    Setting("default"),
    Setting("batch 16", batch=16),
    Setting("batch 256", batch=256),
    Setting("learning rate ÷ 3", rate=mnist.LEARNING_RATE / 3),
    Setting("learning rate × 3", rate=mnist.LEARNING_RATE * 3),
    Setting("all epochs recorded", epochs=tuple(range(mnist.EPOCHS))),
)


def rankings(data: mnist.Digits, setting: Setting, seed: int) -> dict[str, NDArray[np.floating]]:
    """What a run with the setting says of each row."""
    plain = mnist.trainer(data, seed)
    changed = replace(plain.settings, batch_size=setting.batch, learning_rate=setting.rate)
    arrays = (plain.train_x, plain.train_y, plain.validation_x, plain.validation_y)
    found = estimates(Trainer(plain.model, *arrays, changed), setting.epochs)
    return {name: found[name] for name in SHOWN}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="scikit-learn's digits instead")
    parser.add_argument("--only", action="append", help="beside the default, e.g. 'batch 16'")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    data = mnist.load(FLIPS, chosen.small)
    found: dict[str, dict[str, dict[str, float]]] = {}
    default: list[dict[str, NDArray[np.floating]]] = []
    for setting in SETTINGS:
        if chosen.only and setting.name not in ("default", *chosen.only):
            continue
        runs = [rankings(data, setting, seed) for seed in range(chosen.seeds)]
        default = default or runs
        found[setting.name] = {
            name: {
                "consistency": consistency([one[name] for one in runs]),
                "joint": joint([one[name] for one in runs], data.flipped),
                "auc": float(np.mean([roc_auc_score(data.flipped, one[name]) for one in runs])),
                "same rows": float(
                    np.mean(
                        [
                            consistency([one[name], other[name]])
                            for one, other in zip(runs, default, strict=True)
                        ]
                    )
                ),
            }
            for name in SHOWN
        }
        for name, figures in found[setting.name].items():
            numbers = "".join(f"  {key} {value:.3f}" for key, value in figures.items())
            print(f"{setting.name:20}{name:26}{numbers}", flush=True)
    if chosen.out:
        text = json.dumps({"seeds": chosen.seeds, "settings": found}, indent=1, ensure_ascii=False)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
