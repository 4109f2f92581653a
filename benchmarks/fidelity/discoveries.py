"""What does `finine mark --fdr` find where we know which labels were flipped?

    python benchmarks/fidelity/discoveries.py [--seeds 2] [--out FILE.json]

scikit-learn's 1,797 digits, a fifth held out (with correct labels), with 0, 10 and 20 % of the
training labels flipped by us. Per target and rate: how many rows are found, and the share of them
that was not flipped. With no flips every row found is one too many to be called wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
import mnist

from finine_core.influence import ESTIMATORS, TARGETS, SignalStore, discoveries

RATES, FLIPS = (0.05, 0.1, 0.2), (0.0, 0.1, 0.2)


def one_run(flips: float, seed: int) -> list[dict[str, float | int | str | None]]:
    """What each target and rate finds in one recorded run."""
    digits = mnist.load(flips, small=True)
    run = mnist.trainer(digits, seed)
    lines: list[dict[str, float | int | str | None]] = []
    with tempfile.TemporaryDirectory() as folder:
        watcher = mnist.recorder(run, Path(folder), tuple(range(mnist.EPOCHS)))
        run.run([watcher])
        watcher.writer.flush()
        store = SignalStore(Path(folder))
        for target in mnist.TARGETS:
            signals = store.target(target)  # the test is of this run's own steps
            mu = ESTIMATORS["carried"].mu(store.target(target, carried=True))
            for rate in RATES:
                places = discoveries(signals, mu, TARGETS[target], rate).places
                wrong = float(np.mean(~digits.flipped[places])) if len(places) else None
                lines.append(
                    {"flips": flips, "seed": seed, "target": target, "rate": rate,
                     "rows": len(digits.flipped), "found": len(places), "not flipped": wrong}
                )  # fmt: skip
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    lines = [line for flips in FLIPS for s in range(chosen.seeds) for line in one_run(flips, s)]
    for line in lines:
        print("  ".join(f"{name} {value}" for name, value in line.items()))
    if chosen.out:
        chosen.out.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
