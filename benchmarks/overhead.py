"""What does recording cost? Time of a recorded training run ÷ time of the same run without.

    pip install --no-deps -r benchmarks/requirements.txt
    python benchmarks/overhead.py [--repeats 5] [--only CASE]… [--small] [--memory] [--out FILE]

Targets self and validation, a fifth of the rows held out, SGD, one torch thread. Plain and recorded
runs take turns in one process; both train the same parameters to the same bits, which is checked.
The ratios are of processor time (wall time beside them), medians over the repeats. `--memory`
measures instead the largest resident memory of a process that trains plain, and of one that
records.

mnist_5k: `mlp`, batch 64, 20 epochs. table: 100,000 rows of 20 columns, made, `mlp`, batch 32, 10
epochs. text: `logistic` on 5,000 terms a text, of which some 25 are there, 20 epochs. images: the
`cnn` on mnist_5k, 20 epochs. wide: a network of 1.9 million parameters on mnist_5k. attention: a
transformer of a million parameters on sequences of 16 tokens, 10 epochs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mnist
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from finine_core.influence import SignalWriter
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer

VARIANTS = ("plain", "recorded")
SMALL = 10  # times fewer rows, to see that it runs


def trainer(
    model: nn.Module, x: NDArray, y: NDArray, epochs: int, batch: int, rate: float = 0.01
) -> Trainer:
    """A run with a fifth of the rows held out."""
    held = len(x) // 5
    parts = (x[held:], y[held:], x[:held], y[:held])
    settings = Settings(epochs, batch, rate, "sgd", 1e-4, seed=0)
    return Trainer(model, *(torch.from_numpy(part) for part in parts), settings)


def digits(*, small: bool) -> tuple[NDArray, NDArray]:
    """mnist_5k, rows (n, 784)."""
    given = mnist.load(small=False)
    x = np.concatenate([given.validation_x, given.train_x])
    y = np.concatenate([given.validation_y, given.train_y])
    return (x[::SMALL], y[::SMALL]) if small else (x, y)


def mnist_5k(*, small: bool) -> Trainer:
    x, y = digits(small=small)
    return trainer(model_kind("mlp").seeded((784,), 10, 0), x, y, 20, 64)


def table(*, small: bool) -> Trainer:
    random, rows = np.random.default_rng(0), 125_000 // (SMALL if small else 1)
    x = random.normal(size=(rows, 20)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + random.normal(size=rows) > 0).astype(np.int64)
    return trainer(model_kind("mlp").seeded((20,), 2, 0), x, y, 10, 32)


def text(*, small: bool) -> Trainer:
    random, rows = np.random.default_rng(0), 5_000 // (SMALL if small else 1)
    x = np.zeros((rows, 5_000), dtype=np.float32)
    x[np.arange(rows)[:, None], random.zipf(1.2, (rows, 25)) % 5_000] = 0.2
    y = random.integers(0, 3, rows)
    return trainer(model_kind("logistic").seeded((5_000,), 3, 0), x, y, 20, 32, 0.1)


def images(*, small: bool) -> Trainer:
    x, y = digits(small=small)
    return trainer(
        model_kind("cnn").seeded((1, 28, 28), 10, 0), x.reshape(-1, 1, 28, 28), y, 20, 32
    )


def wide(*, small: bool) -> Trainer:
    torch.manual_seed(0)
    x, y = digits(small=small)
    layers = nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)
    return trainer(nn.Sequential(*layers), x, y, 20, 64)


class Attention(nn.Module):
    """Five blocks over 16 tokens, 128 wide."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(1000, 128), nn.Embedding(16, 128)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(128, 4, 512, 0.0, batch_first=True, norm_first=True)
            for _ in range(5)
        )
        self.out = nn.Linear(128, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        seen = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            seen = block(seen)
        found: Tensor = self.out(seen.mean(dim=1))
        return found


def attention(*, small: bool) -> Trainer:
    torch.manual_seed(0)
    random, rows = np.random.default_rng(0), 1_600 // (SMALL if small else 1)
    x, y = random.integers(0, 1000, (rows, 16)), random.integers(0, 4, rows)
    return trainer(Attention(), x, y, 10, 32)


CASES: dict[str, Callable[..., Trainer]] = {
    one.__name__: one for one in (mnist_5k, table, text, images, wide, attention)
}


def one_run(case: str, variant: str, *, small: bool) -> tuple[float, float, Tensor]:
    """Wall and processor seconds of a run, and its final parameters."""
    run = CASES[case](small=small)
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        watching = []
        if variant == "recorded":
            plan = plan_for(run, ("self", "validation"))
            watching.append(Recorder(run, SignalWriter(Path(folder) / "signals", plan)))
        run.run(watching)
        times = time.perf_counter() - wall, time.process_time() - cpu
    return *times, torch.cat([p.detach().flatten() for p in run.model.parameters()])


def measure(case: str, repeats: int, *, small: bool) -> dict[str, float]:
    """Medians over alternating runs, after one of each to warm up."""
    times: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
    for repeat in range(repeats + 1):
        ends = []
        for variant in VARIANTS:
            wall, cpu, parameters = one_run(case, variant, small=small)
            ends.append(parameters)
            if repeat:
                times[variant].append((wall, cpu))
        assert torch.equal(*ends), "recording changed the training run"
    ratios = np.array(times["recorded"]) / np.array(times["plain"])
    return {
        "plain seconds": float(np.median(np.array(times["plain"])[:, 1])),
        "ratio": float(np.median(ratios[:, 1])),
        "lowest": float(ratios[:, 1].min()),
        "highest": float(ratios[:, 1].max()),
        "wall ratio": float(np.median(ratios[:, 0])),
    }


def _largest(case: str, variant: str, small: bool, found: multiprocessing.Queue) -> None:
    torch.set_num_threads(1)
    one_run(case, variant, small=small)
    found.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def memory(case: str, *, small: bool) -> dict[str, float]:
    """Largest resident memory in MiB, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    found = {}
    for variant in VARIANTS:
        queue: multiprocessing.Queue = context.Queue()
        process = context.Process(target=_largest, args=(case, variant, small, queue))
        process.start()
        found[f"{variant} MiB"] = float(queue.get())
        process.join()
    return found | {"memory ratio": found["recorded MiB"] / found["plain MiB"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", action="append", choices=list(CASES))
    parser.add_argument("--small", action="store_true", help="a tenth of the rows")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--out", type=Path, help="what it holds of other cases stays")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    kept = json.loads(chosen.out.read_text()) if chosen.out and chosen.out.exists() else {}
    for case in chosen.only or CASES:
        if chosen.memory:
            found = memory(case, small=chosen.small)
        else:
            found = measure(case, chosen.repeats, small=chosen.small)
        kept[case] = kept.get(case, {}) | found
        print(f"{case:10}", "  ".join(f"{name} {value:.2f}" for name, value in found.items()))
        if chosen.out:
            chosen.out.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
