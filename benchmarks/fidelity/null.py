"""What do estimators say where there is nothing, and how often do intervals hold the truth?

    python benchmarks/fidelity/null.py [--rows 2000] [--repeats 20] [--out FILE.json]

*Simulated*: 32 recorded steps with a known μ; the background is normal, and a row's signal varies
about its mean by three times that mean or more (deviation .3 of the background's), independently
or with an autocorrelation of .5. Bias, |μ̂| at μ = 0, and the share of rows whose 90 % interval
holds μ. *False discoveries*: the same with one row in ten harmful, and what share of the rows that
stand out is not. *Real*: 100 rows of pure noise (uniform pixels, random labels) among 1,438 digits;
how large are their μ̂ on the validation set, and for how many does the interval hold 0?
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))
import mnist

from finine_core.influence import (
    ESTIMATORS,
    TARGETS,
    SignalStore,
    TargetSignals,
    discoveries,
    score_target,
)

STEPS, SPREAD, SCALE = 32, 0.3, 2.0
TRUE = (0.0, 0.5, 1.0, 2.0, 4.0)
HARMFUL, EFFECT = 0.1, 0.25  # share of rows, and their mean signal, in background deviations
RATES = (0.05, 0.1, 0.2)
AUTOCORRELATIONS = (0.0, 0.5)
NOISE_ROWS = 100


def correlated(
    shape: tuple[int, int], phi: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Unit normals with an autocorrelation of phi from one line to the next."""
    drawn = random.normal(size=shape)
    for step in range(1, len(drawn)):
        drawn[step] = phi * drawn[step - 1] + np.sqrt(1 - phi**2) * drawn[step]
    return drawn


def simulated(mean: NDArray[np.float64], phi: float, random: np.random.Generator) -> TargetSignals:
    """Signals of rows with mean signal `mean`, in units of the background's deviation."""
    shape = (STEPS, len(mean))
    signal = mean + SPREAD * correlated(shape, phi, random)
    background = correlated(shape, phi, random)
    arrays = (signal, background, 0 * background, 1 + 0 * background)
    return TargetSignals(*(one.astype(np.float32) for one in arrays), scale=SCALE)


def estimates(
    rows: int,
    true_mus: Sequence[float] = TRUE,
    autocorrelations: Sequence[float] = AUTOCORRELATIONS,
) -> list[dict[str, object]]:
    """Bias and coverage of every estimator at every true μ."""
    random, lines = np.random.default_rng(0), []
    for phi in autocorrelations:
        for true in true_mus:
            signals = simulated(np.full(rows, true / SCALE), phi, random)
            for name, estimator in ESTIMATORS.items():
                found = score_target(signals, estimator, TARGETS["validation"], seed=0)
                held = (found.low <= true) & (true <= found.high)
                lines.append(
                    {"autocorrelation": phi, "true μ": true, "estimator": name,
                     "mean": float(found.mu.mean()), "mean |μ|": float(np.abs(found.mu).mean()),
                     "coverage": float(held.mean())}
                )  # fmt: skip
    return lines


def false_discoveries(
    rows: int, repeats: int, autocorrelations: Sequence[float] = AUTOCORRELATIONS
) -> list[dict[str, float]]:
    """The share of harmless rows among those that stand out, and of harmful ones that do."""
    lines = []
    for phi in autocorrelations:
        for rate in RATES:
            false, power = [], []
            for repeat in range(repeats):
                random = np.random.default_rng([1, repeat])
                harmful = random.random(rows) < HARMFUL
                signals = simulated(np.where(harmful, -EFFECT, 0.0), phi, random)
                mu = ESTIMATORS["gaussian"].mu(signals)
                places = discoveries(signals, mu, TARGETS["validation"], rate).places
                false.append(float((~harmful[places]).mean()) if len(places) else 0.0)
                power.append(float(harmful[places].sum() / harmful.sum()))
            lines.append(
                {"autocorrelation": phi, "rate": rate, "realised": float(np.mean(false)),
                 "found": float(np.mean(power))}
            )  # fmt: skip
    return lines


def noise_rows() -> list[dict[str, object]]:
    """μ̂ on the validation set of rows without any content, beside that of real ones."""
    digits = mnist.load(0.0, small=True)
    random, lines = np.random.default_rng(3), []
    noise = random.random((NOISE_ROWS, digits.train_x.shape[1])).astype(np.float32)
    labels = random.integers(0, mnist.CLASSES, NOISE_ROWS)
    mixed = mnist.Digits(
        np.concatenate([digits.train_x, noise]), np.concatenate([digits.train_y, labels]),
        digits.validation_x, digits.validation_y,
        np.concatenate([digits.flipped, np.ones(NOISE_ROWS, dtype=bool)]),
    )  # fmt: skip
    run = mnist.trainer(mixed, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        watcher = mnist.recorder(run, Path(folder))
        run.run([watcher])
        watcher.writer.flush()
        store = SignalStore(Path(folder))
        for name in ("carried", "gaussian"):
            estimator = ESTIMATORS[name]
            signals = store.target("validation", carried=estimator.carried)
            found = score_target(signals, estimator, TARGETS["validation"], seed=0)
            for kind, chosen in (("noise", mixed.flipped), ("real", ~mixed.flipped)):
                held = (found.low <= 0) & (found.high >= 0)
                lines.append(
                    {"estimator": name, "rows": kind,
                     "mean": float(found.mu[chosen].mean()),
                     "mean |μ|": float(np.abs(found.mu[chosen]).mean()),
                     "interval holds 0": float(held[chosen].mean())}
                )  # fmt: skip
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found = {
        "simulated": estimates(chosen.rows),
        "false discoveries": false_discoveries(chosen.rows, chosen.repeats),
        "noise rows": noise_rows(),
    }
    for name, lines in found.items():
        print(name)
        for line in lines:
            print("  " + "  ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}"
                                   for k, v in line.items()))  # fmt: skip
    if chosen.out:
        text = json.dumps(found, indent=1, ensure_ascii=False)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
