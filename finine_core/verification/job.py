"""A verification that goes on by itself: started, watched and stopped from elsewhere.

An app cannot wait for thirty trainings, and closing it must not lose them. `start_verification`
leaves a request in the verification's folder and starts a process that outlives who asked;
`observe_verification` reads what that one left: the folder's lock says whether it lives, the
trainings how far it is, result.json that it is done.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import write_json
from finine_core.runs import RunFolder
from finine_core.verification.plan import Arm, make_plan
from finine_core.verification.result import Verification, read_verification
from finine_core.verification.store import FOLDER, Store, store_of
from finine_core.verification.verify import (
    DEFAULT_REPEATS,
    VerifyProgress,
    check_numbers,
    verify,
)

START_SECONDS = 60.0  # a process that holds no lock after this never came up (imports are slow)
STOP_SECONDS = 10.0  # it ends its training processes first
_POLL_SECONDS = 0.1

Rows = Sequence[int] | NDArray[np.int64]


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


def start_verification(
    folder: RunFolder,
    rows: Rows,
    *,
    repeats: int = DEFAULT_REPEATS,
    seed: int = 0,
    processes: int | None = None,
) -> None:
    """Begin, or go on with, the verification of these rows in a process of its own.

    Raises:
        FinineError: as `verify`, before anything is started.
    """
    check_numbers(repeats, seed, processes)
    plan = make_plan(folder, rows, seed)
    store = store_of(folder, plan)
    if _alive(store):
        raise FinineError(
            f"These marks of run {folder.run_id} are being verified already.",
            "Wait until it is done, or stop it.",
        )
    store.path.mkdir(parents=True, exist_ok=True)
    _problem(store).unlink(missing_ok=True)
    _progress(store).unlink(missing_ok=True)
    store.write_plan(plan)
    asked = {"repeats": repeats, "processes": processes}
    write_json(_request(store), asked)
    with store.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "finine_core.verification.job", folder.path, store.path],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    write_json(_request(store), {**asked, "pid": process.pid})
    threading.Thread(target=process.wait, daemon=True).start()  # reaps it


def observe_verification(folder: RunFolder, rows: Rows, seed: int = 0) -> VerifyStatus:
    """How the verification of these rows stands."""
    store = store_of(folder, make_plan(folder, rows, seed))
    if not store.path.exists():
        return VerifyStatus(VerifyState.NONE)
    asked = _read(_request(store))
    alive = _alive(store)
    done = len(store.read())
    total = int(asked.get("repeats", 0)) * len(Arm)
    if alive:
        told = _read(_progress(store))
        return VerifyStatus(VerifyState.RUNNING, min(done, total), total, told.get("eta_seconds"))
    if _problem(store).exists():
        told = _read(_problem(store))
        problem = FinineError(told.get("problem", "It failed."), told.get("mend", ""))
        return VerifyStatus(VerifyState.FAILED, done, total, problem=problem)
    if store.result.exists() and done >= total:
        found = read_verification(store.result)
        return VerifyStatus(VerifyState.DONE, len(Arm) * found.repeats, len(Arm) * found.repeats)
    return VerifyStatus(VerifyState.STOPPED, done, total)


def stop_verification(folder: RunFolder, rows: Rows, seed: int = 0) -> None:
    """End it; finished trainings are kept."""
    store = store_of(folder, make_plan(folder, rows, seed))
    deadline = time.monotonic() + STOP_SECONDS
    number = signal.SIGTERM
    while _alive(store):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(_read(_request(store))["pid"]), number)
        if time.monotonic() > deadline:
            number = signal.SIGKILL
        time.sleep(_POLL_SECONDS)


def stored_verification(folder: RunFolder, rows: Rows, seed: int = 0) -> Verification | None:
    """The newest result for exactly these rows; None when there is none."""
    path = store_of(folder, make_plan(folder, rows, seed)).result
    return read_verification(path) if path.exists() else None


def stored_verifications(folder: RunFolder) -> list[Verification]:
    """Every verification of a run that came to its end, newest first; damaged ones are left out."""
    paths = (folder.path / FOLDER).glob("*/result.json")
    found = []
    for path in sorted(paths, key=lambda one: one.stat().st_mtime, reverse=True):
        with contextlib.suppress(FinineError):
            found.append(read_verification(path))
    return found


def _alive(store: Store) -> bool:
    """Whether a process is at it, or was just started."""
    if not store.path.exists():
        return False
    if RunFolder(store.path).is_held():
        return True
    asked, request = _read(_request(store)), _request(store)
    if "pid" not in asked or time.time() - request.stat().st_mtime > START_SECONDS:
        return False
    started = Path(f"/proc/{asked['pid']}/cmdline")
    if Path("/proc/self").exists():  # it may have ended, and its number been given to another
        with contextlib.suppress(OSError):
            return str(store.path).encode() in started.read_bytes()
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(int(asked["pid"]), 0)
        return True
    return False


def _request(store: Store) -> Path:
    return store.path / "request.json"


def _progress(store: Store) -> Path:
    return store.path / "progress.json"


def _problem(store: Store) -> Path:
    return store.path / "problem.json"


def _read(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}


def main(run_path: str, store_path: str) -> int:
    """Carry out what was asked for; 0 when it came to its end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # training processes end with this one
    store = Store(Path(store_path))
    plan = json.loads(store.plan.read_text(encoding="utf-8"))
    asked = _read(_request(store))

    def tell(progress: VerifyProgress) -> None:
        write_json(_progress(store), {"eta_seconds": progress.eta_seconds})

    try:
        verify(
            RunFolder(Path(run_path)),
            plan["marked_rows"],
            repeats=int(asked["repeats"]),
            seed=plan["seed"],
            processes=asked["processes"],
            on_progress=tell,
        )
    except FinineError as error:
        write_json(_problem(store), {"problem": error.problem, "mend": error.mend})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
