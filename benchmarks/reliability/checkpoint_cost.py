"""What do checkpoints cost? Time of a recorded run with them ÷ time of the same run without.

    python benchmarks/reliability/checkpoint_cost.py [--pairs 5] [--epochs N] [--out FILE.json]

The tweets sample, the run's own model and settings, in one process with one
torch thread; the two variants take turns, in an order that changes from pair to pair, and the
median of the pairs' ratios is told with the lowest and the highest. Beside the ratio stands what
the checkpoints themselves took, measured around each: less noisy than the ratio of two long times.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from figures import keep_figures

from finine_core.encoders import Encoded, encode
from finine_core.influence import SignalWriter
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.runs.config import Resolved, make_config
from finine_core.runs.work.checkpoints import Checkpoints
from finine_core.runs.work.pipeline import make_torch_repeatable, make_trainer
from finine_core.runs.work.reading import checked_input
from finine_sample_data import SAMPLES

SAMPLE = SAMPLES["tweets"]
TARGETS = ("self", "validation")
RESULTS = Path(__file__).parent / "results" / "checkpoint_cost.json"


class Timed(Checkpoints):
    """Checkpoints that know what they took."""

    taken, count = 0.0, 0

    def write(self) -> None:
        started = time.perf_counter()
        super().write()
        self.taken += time.perf_counter() - started
        self.count += 1


def one_run(encoded: Encoded, resolved: Resolved, classes: int, checkpoints: bool) -> dict:
    """Seconds of one run; with checkpoints, how many there were and what they took."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(encoded, resolved, classes, "cpu")
        writer = SignalWriter(Path(folder) / "signals", plan_for(trainer, TARGETS))
        recorder = Recorder(trainer, writer)
        path = Path(folder) / "latest.safetensors"
        timed = Timed(path, trainer, (writer,), lambda: recorder.between)
        started = time.perf_counter()
        trainer.run([recorder, timed] if checkpoints else [recorder])
        writer.flush()
        seconds = time.perf_counter() - started
        parameters = torch.cat([p.detach().flatten() for p in trainer.model.parameters()])
    return {
        "seconds": seconds, "count": timed.count, "taken": timed.taken, "parameters": parameters
    }  # fmt: skip


def measure(pairs: int, epochs: int | None) -> dict[str, object]:
    """Medians over the pairs, after one run to warm up."""
    make_torch_repeatable()
    options = {"label": SAMPLE.label, "text": SAMPLE.text, "id": SAMPLE.id, "epochs": epochs}
    dataset, resolved = checked_input(make_config(data=str(SAMPLE.path), **options))
    encoded, classes = encode(dataset, 0), len(dataset.classes)
    one_run(encoded, resolved.model_copy(update={"epochs": 1}), classes, True)
    ratios, shares, counts, seconds = [], [], [], []
    for pair in range(pairs):
        order = (True, False) if pair % 2 else (False, True)
        found = {with_them: one_run(encoded, resolved, classes, with_them) for with_them in order}
        assert torch.equal(found[True]["parameters"], found[False]["parameters"])
        ratios.append(found[True]["seconds"] / found[False]["seconds"])
        shares.append(found[True]["taken"] / (found[True]["seconds"] - found[True]["taken"]))
        counts.append(found[True]["count"])
        seconds.append(found[False]["seconds"])
        print(f"pair {pair + 1}: ratio {ratios[-1]:.4f}, share {shares[-1]:.4f}", flush=True)
    return {
        "rows": len(encoded.train_y),
        "features": int(encoded.train_x.shape[1]),
        "epochs": resolved.epochs,
        "seconds_without": round(float(np.median(seconds)), 2),
        "pairs": pairs,
        "checkpoints": int(np.median(counts)),
        "ratio": round(float(np.median(ratios)), 4),
        "ratio_lowest": round(min(ratios), 4),
        "ratio_highest": round(max(ratios), 4),
        "share_of_writing": round(float(np.median(shares)), 4),
        "share_of_writing_highest": round(max(shares), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="[default: the run's own]")
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    found = measure(chosen.pairs, chosen.epochs)
    keep_figures(found, chosen.out)


if __name__ == "__main__":
    main()
