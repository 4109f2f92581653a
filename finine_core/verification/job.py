"""A verification that goes on by itself: started, watched and stopped from elsewhere.

`start_verification` starts a process that outlives who asked (`runs/jobs/background.py`); the
others read what it leaves in the verification's folder, with result.json when it is done. One that
runs in a terminal leaves the same, and is seen here.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import read_json, write_json
from finine_core.heard import heard, to_log
from finine_core.runs import RunFolder
from finine_core.runs.jobs.background import one_at_a_time
from finine_core.verification import DEFAULT_REPEATS
from finine_core.verification.plan import Arm, make_plan
from finine_core.verification.result import Verification, read_verification
from finine_core.verification.retraining import (
    check_numbers,
    missing,
    require_same_code,
    verify,
)
from finine_core.verification.store import FOLDER, Store, store_of

Rows = Sequence[int] | NDArray[np.int64]
Corrected = Mapping[int, str] | None  # row number → class


class VerifyState(StrEnum):
    """How a verification stands."""

    NONE = "not begun"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class VerifyStatus:
    """A verification as it is now.

    Attributes:
        done, total: trainings.
        eta_seconds: expected time to the end, once it can be told.
        problem: why it failed.
    """

    state: VerifyState
    done: int = 0
    total: int = 0
    eta_seconds: float | None = None
    problem: FinineError | None = None


@dataclass(frozen=True)
class Running:
    """A verification that somebody is at: the name of its folder, and how many rows it is about."""

    key: str
    rows: int


def start_verification(
    folder: RunFolder,
    rows: Rows,
    *,
    corrected: Corrected = None,
    repeats: int = DEFAULT_REPEATS,
    seed: int = 0,
    processes: int | None = None,
) -> None:
    """Begin, or go on with, the verification of these rows in a process of its own.

    Raises:
        FinineError: as `verify`, before anything is started; or one of this run is going on.
    """
    check_numbers(repeats, seed, processes)
    plan = make_plan(folder, rows, seed, corrected=corrected)
    require_same_code(folder)
    store = store_of(folder, plan)
    store.path.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(store.path.parent):
        if going_on := running_verifications(folder):
            raise FinineError(
                f"A verification of run {folder.run_id} is going on ({going_on[0].rows:,} rows).",
                "Wait until it is done, or stop it.",
            )
        store.problem.unlink(missing_ok=True)
        store.write_plan(plan)
        total = repeats * len(Arm)
        done = total - len(missing(store, repeats))
        write_json(store.progress, {"done": done, "total": total})
        store.start(
            "finine_core.verification.job",
            str(folder.path), str(store.path), str(repeats), str(processes or 0),
        )  # fmt: skip


def running_verifications(folder: RunFolder) -> list[Running]:
    """Those of a run that somebody is at, here or elsewhere, of whatever marks."""
    stores = (Store(path.parent) for path in (folder.path / FOLDER).glob("*/plan.json"))
    return [
        Running(store.path.name, len(told.get("marked_rows", [])) + len(told.get("corrected", {})))
        for store in stores
        if store.alive()
        for told in [read_json(store.plan)]
    ]


def observe_verification(
    folder: RunFolder, rows: Rows, seed: int = 0, *, corrected: Corrected = None
) -> VerifyStatus:
    """How the verification of these marks stands."""
    store = store_of(folder, make_plan(folder, rows, seed, corrected=corrected))
    if not store.plan.exists():
        return VerifyStatus(VerifyState.NONE)
    alive, told = store.alive(), read_json(store.progress)
    # Trainings of what was asked for last; more of them may be kept from before.
    done, total = int(told.get("done", 0)), int(told.get("total", 0))
    if alive:
        return VerifyStatus(VerifyState.RUNNING, done, total, told.get("eta_seconds"))
    if (problem := store.failure()) is not None:
        return VerifyStatus(VerifyState.FAILED, done, total, problem=problem)
    if store.result.exists() and done >= total:
        count = len(Arm) * read_verification(store.result).repeats
        return VerifyStatus(VerifyState.DONE, count, count)
    return VerifyStatus(VerifyState.STOPPED, done, total)


def stop_verification(folder: RunFolder, key: str) -> None:
    """End one that was started by `start_verification`; finished trainings are kept.

    Raises:
        FinineError: it was started elsewhere, or will not stop.
    """
    Store(folder.path / FOLDER / key).stop(
        FinineError(
            "This verification was started in a terminal or by a script.",
            "Stop it there, with Ctrl-C; what it has trained is kept.",
        )
    )


def stored_verification(
    folder: RunFolder, rows: Rows, *, corrected: Corrected = None
) -> Verification | None:
    """The newest result for exactly these marks, whatever its seed; None when there is none."""
    wanted = np.unique(np.asarray(rows, dtype=np.int64)).tolist()
    labels = {str(row): label for row, label in (corrected or {}).items()}
    for found in stored_verifications(folder):
        plan = read_json(Store(folder.path / FOLDER / found.key).plan)
        if plan.get("marked_rows") == wanted and plan.get("corrected", {}) == labels:
            return found
    return None


def stored_verifications(folder: RunFolder) -> list[Verification]:
    """Every verification of a run that came to its end, newest first; damaged ones are left out."""
    paths = (folder.path / FOLDER).glob("*/result.json")
    found = []
    for path in sorted(paths, key=lambda one: one.stat().st_mtime_ns, reverse=True):
        with contextlib.suppress(FinineError):
            found.append(read_verification(path))
    return found


def main(run_path: str, store_path: str, repeats: str, processes: str) -> int:
    """Carry out what was asked for; 0 when it came to its end."""
    store = Store(Path(store_path))

    def work() -> None:
        plan: dict[str, Any] = json.loads(store.plan.read_text(encoding="utf-8"))
        verify(
            RunFolder(Path(run_path)),
            plan["marked_rows"],
            corrected={int(row): label for row, label in plan.get("corrected", {}).items()},
            repeats=int(repeats),
            seed=plan["seed"],
            processes=int(processes) or None,
        )

    return store.carry_out(work)


if __name__ == "__main__":
    with heard(to_log):
        sys.exit(main(*sys.argv[1:]))
