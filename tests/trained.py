"""Runs carried out in the test's own process: what a worker does, without the seconds of its start.

For tests that look at what a run leaves. That it leaves the same as a worker's, to the last bit, is
a test of its own (tests/runs/test_jobs.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from finine_core import api
from finine_core.api.given import Data, kept_data
from finine_core.errors import FinineError
from finine_core.runs import State, create_run
from finine_core.runs.config import make_config


def trained(
    data: Data, *, label: str | Sequence[str], home: Path, name: str = "", **options: object
) -> api.Run:
    """A finished run, with the arguments of `api.run`.

    Raises:
        FinineError: an option or the data is wrong, or the run failed.
    """
    from finine_core.runs.here import run_here  # torch takes seconds
    from finine_core.runs.work.recipe import NOTHING

    config = make_config(data=str(kept_data(data, home)), label=label, **options)
    folder = create_run(home, config, name)
    run_here(folder, NOTHING)
    run = api.Run(folder)
    status = run.status()
    if status.state is not State.DONE:
        raise FinineError(f"Run {folder.run_id} {status.state.verb}: {status.message}")
    return run


def nothing_learned(folder: Path, rows: int) -> api.Run:
    """A finished run on noise with one "yes" in ten labels: it says no more than "no" does."""
    random = np.random.default_rng(0)
    x, positive = random.normal(size=(rows, 6)), random.random(rows) < 0.1
    table = pd.DataFrame(np.round(x, 3)).add_prefix("x")
    table = table.assign(label=np.where(positive, "yes", "no"))
    table.to_csv(folder / "noise.csv", index=False)
    return trained(folder / "noise.csv", label="label", home=folder / "home", epochs=3)
