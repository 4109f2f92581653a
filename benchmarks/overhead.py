"""What does recording cost? Time of a recorded training run ÷ time of the same run without.

    python benchmarks/overhead.py [--repeats 5] [--small] [--profile] [--out FILE.json]

mnist_5k, the `mlp` model, batch 64, 20 epochs, targets self and validation. Three variants take
turns, in one process with one torch thread: plain; recorded, as a run does it; and recorded in all
epochs. All train the same parameters to the same bits, which is checked. `--profile` prints where a
recorded run spends its time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mnist
import numpy as np
import torch

from finine_core.training.trainer import Observer, Trainer

VARIANTS = ("plain", "recorded", "recorded, all epochs")


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def observers(variant: str, run: Trainer, folder: Path) -> list[Observer]:
    """Who watches a run of this variant."""
    if variant == "plain":
        return []
    if variant == "recorded":
        return [mnist.recorder(run, folder)]
    return [mnist.recorder(run, folder, tuple(range(mnist.EPOCHS)))]


def one_run(digits: mnist.Digits, variant: str) -> tuple[float, float, torch.Tensor]:
    """Wall and CPU seconds of a run, and its final parameters."""
    run = mnist.trainer(digits, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        watching = observers(variant, run, Path(folder))
        wall, cpu = timed(lambda: run.run(watching))
    parameters = torch.cat([p.detach().flatten() for p in run.model.parameters()])
    return wall, cpu, parameters


def measure(digits: mnist.Digits, repeats: int) -> dict[str, dict[str, float]]:
    """Medians over alternating runs, after one of each to warm up."""
    times: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
    for repeat in range(repeats + 1):
        ends = []
        for variant in VARIANTS:
            wall, cpu, parameters = one_run(digits, variant)
            ends.append(parameters)
            if repeat:
                times[variant].append((wall, cpu))
        same = all(torch.equal(ends[0], end) for end in ends)
        assert same, "recording changed the training run"
    plain = np.array(times["plain"])
    found = {}
    for variant in VARIANTS:
        mine = np.array(times[variant])
        ratios = mine / plain
        found[variant] = {
            "seconds": float(np.median(mine[:, 0])),
            "wall_ratio": float(np.median(ratios[:, 0])),
            "wall_ratio_lowest": float(ratios[:, 0].min()),
            "wall_ratio_highest": float(ratios[:, 0].max()),
            "cpu_ratio": float(np.median(ratios[:, 1])),
        }
    return found


def profile(digits: mnist.Digits) -> str:
    """The operations that a recorded run spends most time in, itself only."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as seen:
        one_run(digits, "recorded")
    return seen.key_averages().table(sort_by="self_cpu_time_total", row_limit=16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="scikit-learn's digits instead")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    digits = mnist.load(small=chosen.small)
    found = measure(digits, chosen.repeats)
    print(f"{'':22}{'seconds':>9}{'÷ plain':>9}  lowest … highest, CPU")
    for variant, row in found.items():
        print(
            f"{variant:22}{row['seconds']:9.2f}{row['wall_ratio']:9.2f}"
            f"  {row['wall_ratio_lowest']:.2f} … {row['wall_ratio_highest']:.2f},"
            f" {row['cpu_ratio']:.2f}"
        )
    if chosen.profile:
        print(profile(digits))
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
