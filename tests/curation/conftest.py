"""A small finished run: a real input file, its typed copy and its scores for two targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finine_core.files import sha256_of

ROWS = 12
TRAINING_ROWS = 10  # the last two rows are held out and have no scores
RUN_ID = "run-1"
# cells that a careless export would change: quotes, a comma, a line break, spaces, an accent
TEXTS = ['he said "no"', "one, two", "two\nlines", "  spaced ", "café", "=1+1", "007", "plain"]


@dataclass(frozen=True)
class FinishedRun:
    source: Path
    folder: Path
    home: Path
    run_id: str
    sha256: str


def csv_bytes(rows: int) -> bytes:
    lines = ['text,"label",rank\r\n']
    for row in range(rows):
        text = TEXTS[row % len(TEXTS)].replace('"', '""')
        lines.append(f'"{text}",{"cat" if row % 3 else "dog"},{row}.50\r\n')
    return "".join(lines).encode("utf-8")


def score_table(rows: int) -> pa.Table:
    numbers = np.arange(rows)
    mu = np.linspace(3.0, 0.0, rows)
    tables = []
    for target, sign in (("self", 1.0), ("validation", -1.0)):
        tables.append(
            pa.table(
                {
                    "row_number": pa.array(numbers, pa.int64()),
                    "row_id": pa.array([f"id-{row}" for row in numbers]),
                    "target": [target] * rows,
                    "mu": sign * mu,
                    "mu_low": sign * mu - 0.5,
                    "mu_high": sign * mu + 0.5,
                    "rank": pa.array(numbers + 1, pa.int64()),
                    "mean_loss": mu / 10,
                    "label": ["cat" if row % 3 else "dog" for row in numbers],
                    "predicted": ["cat"] * rows,
                    "probability": mu / 4,
                }
            )
        )
    return pa.concat_tables(tables)


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., FinishedRun]:
    """Give a function that lays out a finished run, by default of a CSV file with 12 rows."""

    def make(name: str = "data.csv", content: bytes | None = None) -> FinishedRun:
        source = tmp_path / "input" / name
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(csv_bytes(ROWS) if content is None else content)
        home = tmp_path / "home"
        folder = home / "runs" / RUN_ID
        folder.mkdir(parents=True)
        data = pa.table(
            {
                "text": [TEXTS[row % len(TEXTS)] for row in range(ROWS)],
                "Label": ["cat" if row % 3 else "dog" for row in range(ROWS)],
                'odd "name"; --': list(range(ROWS)),
                "TEXT": ["upper"] * ROWS,
                "row_number": pa.array(range(ROWS), pa.int64()),
            }
        )
        pq.write_table(data, folder / "dataset.parquet")
        pq.write_table(score_table(TRAINING_ROWS), folder / "scores.parquet")
        return FinishedRun(source, folder, home, RUN_ID, sha256_of(source))

    return make


@pytest.fixture
def finished_run(make_run: Callable[..., FinishedRun]) -> FinishedRun:
    return make_run()
