"""Starting, watching, cancelling and resuming the worker process of a run.

Takes a run's folder; what it says of the run comes from the stored state, the folder's lock and the
worker's last sign of life, so that every app and command on the home sees the same.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable

from finine_core.errors import FinineError
from finine_core.measures import measured
from finine_core.processes import child_environment, python_module
from finine_core.runs.folder import LOCK_SECONDS, RunFolder
from finine_core.runs.jobs.background import one_at_a_time
from finine_core.runs.jobs.heartbeat import last_beat, told_now
from finine_core.runs.jobs.progress import read_events
from finine_core.runs.jobs.queue import return_ticket, runs_ahead, take_ticket, worker_slots
from finine_core.runs.process import Process
from finine_core.runs.state import State, Status
from finine_core.training.code import require_code_allowed

POLL_SECONDS = 0.2  # how often `wait` looks
START_SECONDS = 60.0  # a worker that holds no lock after this never came up (imports are slow)
CANCEL_GRACE_SECONDS = 10.0  # the worker looks for the flag about twice a second
LOG_TAIL_LINES = 5  # of the log, in the message of a worker that died before it could speak

_started: dict[str, subprocess.Popen[bytes]] = {}  # this process's own workers, to reap them


def start(folder: RunFolder) -> None:
    """Start the worker of a run in a process group of its own; it waits for its turn by itself.

    The caller may exit; the worker goes on.

    Raises:
        FinineError: $FININE_WORKERS is set to nonsense, the disk is full, or the system starts no
            process.
    """
    worker_slots()
    with one_at_a_time(folder.path):
        _start(folder)


def _start(folder: RunFolder) -> None:
    _started.pop(folder.run_id, None)  # an earlier worker of the same run says nothing of this one
    folder.cancel_flag.unlink(missing_ok=True)
    (folder.path / "pid").unlink(missing_ok=True)  # that of an earlier worker
    folder.write_state(State.QUEUED)
    take_ticket(folder)
    try:
        with folder.log.open("ab") as log:
            process = subprocess.Popen(
                python_module("finine_core.runs.worker", str(folder.path)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=child_environment({"PYTHONUNBUFFERED": "1"}),
            )
    except OSError as error:
        why = f"No worker could be started ({error.strerror})."
        folder.write_state(State.FAILED, why)
        return_ticket(folder)
        raise FinineError(why, f"Mend that, then: finine resume {folder.run_id}") from error
    _started[folder.run_id] = process
    threading.Thread(target=_reap, args=(folder, process), daemon=True).start()


def _reap(folder: RunFolder, process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of our worker; how it ended is known here and nowhere else."""
    code = process.wait()
    with contextlib.suppress(FinineError, OSError):  # the folder may be gone meanwhile
        last = last_beat(folder)
        settle(folder, code if last and last.process.pid == process.pid else None)


def observe(folder: RunFolder) -> Status:
    """A run as it is now: its stored state, corrected by whether a worker holds the folder."""
    while True:
        state, message = folder.read_state()
        if state.over:
            break
        if folder.is_held():
            if folder.cancel_flag.exists():
                state = State.CANCELLING
            if (last := last_beat(folder)) is not None and last.silent and last.process.alive():
                message = (
                    f"The worker has given no sign of life for {last.moment.age:.0f} s:"
                    " it is stopped, or waits for a disk."
                )
            break
        found = _without_worker(folder, state, message)
        # else it has begun or ended between the looks
        if not folder.is_held() and folder.read_state() == (state, message):
            state, message = found
            break
    return _with_progress(folder, state, message)


def settle(folder: RunFolder, code: int | None = None) -> bool:
    """Store what became of a run whose worker left no word; False when there is nothing to store.

    Args:
        code: how the worker ended, where that is known (as of `subprocess`).
    """
    with one_at_a_time(folder.path):  # no worker is started meanwhile
        stored = folder.read_state()
        found = stored if stored[0].over else _without_worker(folder, *stored, code)
        # a worker that lives holds the folder before it does anything else, and until its end
        if folder.is_held() or folder.read_state() != stored:
            return False
        if found == stored or not found[0].over:
            return False
        folder.write_state(*found)
    return True


def _without_worker(
    folder: RunFolder, state: State, message: str, code: int | None = None
) -> tuple[State, str]:
    """What a stored state that is not over comes to when nobody holds the folder."""
    if state is State.QUEUED and not folder.came_up:
        if not _never_came_up(folder):
            return state, message
        if folder.log.exists():
            return State.FAILED, f"The worker did not start. {_log_tail(folder)}"
        return State.INTERRUPTED, "It was never started. Resume the run."
    if folder.cancel_flag.exists():
        return State.CANCELLED, "Cancelled by request."
    return State.INTERRUPTED, told_now(folder, code)


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
        pid, last = _worker_pid(folder), last_beat(folder)
        # the number may be another's by now; a group of another must never be ended
        if pid and last and last.process.alive() and folder.is_held():
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
    from finine_core.runs.record import config_of

    worker_slots()
    require_code_allowed(*config_of(folder.read()).code)
    with one_at_a_time(folder.path):  # of two who ask at once, the second finds it queued
        status = observe(folder)
        if status.state is State.DONE:
            raise FinineError(f"Run {folder.run_id} is done; there is nothing to resume.")
        deadline = time.monotonic() + LOCK_SECONDS
        while status.state.over and folder.is_held() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)  # a worker writes its last state just before it lets go
        if folder.is_held() or not status.state.over:
            raise FinineError(
                f"Run {folder.run_id} is {status.state}.", "Wait for it, or cancel it."
            )
        _start(folder)


def _with_progress(folder: RunFolder, state: State, message: str) -> Status:
    events = read_events(folder.events)
    seen: dict[str, object] = {}
    for event in events:
        seen.update({key: value for key, value in event.items() if value is not None})
    known = {key: seen[key] for key in Status.__dataclass_fields__ if key in seen}
    known["measure"], known["quality"] = measured(seen)
    known["validation_quality"] = measured(seen, "validation_")[1]
    if state is State.QUEUED:  # what an earlier worker of a resumed run told is over
        return Status(state, message, ahead=runs_ahead(folder))
    if events and "eta_seconds" not in events[-1]:
        known.pop("eta_seconds", None)
    if state.over:
        known.pop("eta_seconds", None)
    return Status(**{**known, "state": state, "message": message})  # type: ignore[arg-type]


def _is_ours(folder: RunFolder) -> bool:
    """Whether this process started its worker, and the worker lives."""
    process = _started.get(folder.run_id)
    return process is not None and process.poll() is None and _started_here(folder)


def _started_here(folder: RunFolder) -> bool:
    return folder.starter() == Process.of(os.getpid())


def _never_came_up(folder: RunFolder) -> bool:
    process = _started.get(folder.run_id)
    if process is not None and _started_here(folder):
        return process.poll() is not None
    return folder.state_age() > START_SECONDS


def _worker_pid(folder: RunFolder) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((folder.path / "pid").read_text(encoding="ascii"))
    return None


def _log_tail(folder: RunFolder) -> str:
    if not folder.log.exists():
        return ""
    lines = folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return " | ".join(line for line in lines[-LOG_TAIL_LINES:] if line.strip())
