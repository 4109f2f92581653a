"""Starting, watching, cancelling and resuming the worker process of a run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from finine_core.errors import FinineError
from finine_core.runs.folder import LOCK_SECONDS, RunFolder
from finine_core.runs.progress import read_events
from finine_core.runs.queue import return_ticket, runs_ahead, take_ticket, worker_slots
from finine_core.runs.state import State, Status

POLL_SECONDS = 0.2  # how often `wait` looks
START_SECONDS = 60.0  # a worker that holds no lock after this never came up (imports are slow)
CANCEL_GRACE_SECONDS = 10.0  # the worker looks for the flag about twice a second
LOG_TAIL_LINES = 5  # of the log, in the message of a worker that died before it could speak

_started: dict[str, subprocess.Popen[bytes]] = {}  # this process's own workers, to reap them


def start(folder: RunFolder) -> None:
    """Start the worker of a run in a process group of its own; it waits for its turn by itself.

    The caller may exit; the worker goes on.

    Raises:
        FinineError: $FININE_WORKERS is set to nonsense.
    """
    worker_slots()
    _started.pop(folder.run_id, None)  # an earlier worker of the same run says nothing of this one
    folder.cancel_flag.unlink(missing_ok=True)
    (folder.path / "pid").unlink(missing_ok=True)  # that of an earlier worker
    folder.write_state(State.QUEUED)
    take_ticket(folder)
    with folder.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "finine_core.runs.worker", str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    _started[folder.run_id] = process
    threading.Thread(target=process.wait, daemon=True).start()  # reaps it


def observe(folder: RunFolder) -> Status:
    """A run as it is now: its stored state, corrected by whether a worker holds the folder."""
    state, message = folder.read_state()
    held = folder.is_held()
    if not state.over and not held:
        # it may have begun or ended between the two looks
        state, message = folder.read_state()
        held = folder.is_held()
    if not state.over and held:
        if folder.cancel_flag.exists():
            state = State.CANCELLING
    elif not state.over:
        if state is State.QUEUED and not folder.came_up:
            if _never_came_up(folder):
                state, message = State.FAILED, f"The worker did not start. {_log_tail(folder)}"
        elif folder.cancel_flag.exists():
            state, message = State.CANCELLED, "Cancelled by request."
        else:
            state = State.INTERRUPTED
            message = "The worker stopped without a word (killed, or the machine went down)."
    return _with_progress(folder, state, message)


def wait(folder: RunFolder, on_progress: Callable[[Status], None] | None = None) -> Status:
    """Watch a run until it is over; `on_progress` is called with each change."""
    last = None
    while True:
        status = observe(folder)
        if on_progress and status != last:
            on_progress(status)
        if status.state.over:
            return status
        last = status
        time.sleep(POLL_SECONDS)


def cancel(folder: RunFolder) -> Status:
    """Ask the worker to stop; when it does not within seconds, end its process group.

    Raises:
        FinineError: the run is over already.
    """
    status = observe(folder)
    if status.state.over:
        raise FinineError(f"Run {folder.run_id} is {status.state} already; nothing to cancel.")
    folder.cancel_flag.touch()
    deadline = time.monotonic() + CANCEL_GRACE_SECONDS
    while time.monotonic() < deadline:
        status = observe(folder)
        if status.state.over:
            return status
        if status.state is State.QUEUED and not folder.is_held() and not _is_ours(folder):
            folder.write_state(State.CANCELLED, "Cancelled before it began.")
            return_ticket(folder)
            return observe(folder)
        time.sleep(POLL_SECONDS)
    for number in (signal.SIGTERM, signal.SIGKILL):  # a long call in C hears only the second
        pid = _worker_pid(folder)
        if pid and folder.is_held():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
        deadline += CANCEL_GRACE_SECONDS
        while folder.is_held() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    if not folder.read_state()[0].over:  # it may have come to its end meanwhile
        folder.write_state(State.CANCELLED, "Cancelled by request.")
    return observe(folder)


def resume(folder: RunFolder) -> None:
    """Start a run again that stopped before its end; it goes on from its last checkpoint.

    Raises:
        FinineError: it is done, or somebody is at it.
    """
    status = observe(folder)
    if status.state is State.DONE:
        raise FinineError(f"Run {folder.run_id} is done; there is nothing to resume.")
    deadline = time.monotonic() + LOCK_SECONDS
    while status.state.over and folder.is_held() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)  # a worker writes its last state just before it lets go
    if folder.is_held():
        raise FinineError(f"Run {folder.run_id} is {status.state}.", "Wait for it, or cancel it.")
    start(folder)


def _with_progress(folder: RunFolder, state: State, message: str) -> Status:
    events = read_events(folder.events)
    seen: dict[str, object] = {}
    for event in events:
        seen.update({key: value for key, value in event.items() if value is not None})
    known = {key: seen[key] for key in Status.__dataclass_fields__ if key in seen}
    if state is State.QUEUED:  # what an earlier worker of a resumed run told is over
        return Status(state, message, ahead=runs_ahead(folder))
    if events and "eta_seconds" not in events[-1]:
        known.pop("eta_seconds", None)
    if state.over:
        known.pop("eta_seconds", None)
    return Status(**{**known, "state": state, "message": message})  # type: ignore[arg-type]


def _is_ours(folder: RunFolder) -> bool:
    process = _started.get(folder.run_id)
    return process is not None and process.poll() is None and folder.starter() == os.getpid()


def _never_came_up(folder: RunFolder) -> bool:
    process = _started.get(folder.run_id)
    if process is not None and folder.starter() == os.getpid():
        return process.poll() is not None
    age = time.time() - (folder.path / "state.json").stat().st_mtime
    return age > START_SECONDS and folder.log.exists()


def _worker_pid(folder: RunFolder) -> int | None:
    path = folder.path / "pid"
    return int(path.read_text()) if path.exists() else None


def _log_tail(folder: RunFolder) -> str:
    if not folder.log.exists():
        return ""
    lines = folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return " | ".join(line for line in lines[-LOG_TAIL_LINES:] if line.strip())
