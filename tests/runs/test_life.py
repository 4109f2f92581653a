"""Who is at a run, who was, and how it died: told apart without a doubt."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import RunConfig, State, create_run, observe
from finine_core.runs.jobs import control, settle
from finine_core.runs.jobs.heartbeat import Beat, beat, beat_file, last_beat, why_it_died
from finine_core.runs.jobs.memory import Memory, memory_now
from finine_core.runs.jobs.queue import _try_slot, dead_tickets, take_ticket
from finine_core.runs.process import Moment, Process, boot_id

GIGABYTE = 10**9


@pytest.fixture
def folder(table, tmp_path):
    """A run that was made and not started."""
    return create_run(tmp_path / "home", RunConfig(data=str(table), label="label"))


def change(path, **fields):
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_worker_of_a_machine_that_went_down_is_not_taken_for_alive(folder):
    folder.write_state(State.RUNNING)
    beat(folder)
    assert last_beat(folder).process.alive()
    change(beat_file(folder), boot="an earlier boot")
    status = observe(folder)
    assert status.state is State.INTERRUPTED
    assert "machine went down" in status.message
    assert folder.read_state()[0] is State.RUNNING, "a look changes nothing"
    assert settle(folder)
    assert folder.read_state() == (State.INTERRUPTED, status.message)
    assert not settle(folder), "once is enough"


def test_a_run_that_nobody_started_can_be_resumed_and_is_not_queued_for_ever(folder):
    assert observe(folder).state is State.QUEUED
    change(folder.path / "state.json", boot="an earlier boot")
    assert observe(folder).state is State.INTERRUPTED
    assert "never started" in observe(folder).message
    take_ticket(folder)
    assert len(dead_tickets(folder.home)) == 1


def test_of_two_who_resume_at_once_one_is_refused(folder, wait_for):
    folder.write_state(State.CANCELLED)
    slot = _try_slot(folder.home, 0)  # so that it waits
    run = api.Run(folder)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(run.resume) for _ in range(2)]
    refused = [one.exception() for one in asked if one.exception()]
    assert [str(one) for one in refused] == [
        f"Run {run.run_id} is queued. Wait for it, or cancel it."
    ]
    wait_for(lambda: folder.came_up and folder.is_held())
    assert run.cancel().state is State.CANCELLED
    slot.close()


def test_a_number_that_was_given_to_another_process_is_left_alone(folder, monkeypatch):
    monkeypatch.setattr(control, "CANCEL_GRACE_SECONDS", 0.3)
    folder.write_state(State.RUNNING)
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE,
                             start_new_session=True)  # fmt: skip
    try:
        beat(folder)
        (folder.path / "pid").write_text(str(other.pid))
        worker = Process.of(other.pid)
        change(beat_file(folder), **Process(other.pid, worker.started - 5, worker.boot).stored)
        with folder.held():
            assert control.cancel(folder).state is State.CANCELLED
        assert other.poll() is None, "it was not the worker"
    finally:
        other.kill()
        other.wait()


def test_a_worker_that_does_not_stir_is_told(folder):
    folder.write_state(State.RUNNING)
    beat(folder)
    change(beat_file(folder), uptime=Moment.now().seconds - 90)
    with folder.held():
        status = observe(folder)
    assert status.state is State.RUNNING
    assert "no sign of life for 90 s" in status.message


@pytest.mark.parametrize(
    ("used", "kills", "code", "words"),
    [
        (21, 4, -9, "for lack of memory: it used 21.0 of 24.0 GB. Use fewer features"),
        (21, 3, -9, "most likely by the system for lack of memory: it used 21.0 of 24.0 GB"),
        (2, 3, -9, "was killed, and left no word of why"),
        (2, 3, None, "Its last sign of life was at noon"),
        (21, 3, -11, "ended by the signal SIGSEGV"),
        (2, 3, 7, "with exit code 7"),
    ],
)
def test_how_a_worker_died_is_told_as_far_as_it_can_be(used, kills, code, words):
    memory = Memory(used * GIGABYTE, used * GIGABYTE, 24 * GIGABYTE, kills=3)
    last = Beat(Process(1), Moment("now", 0.0), "noon", memory)
    assert words in why_it_died(last, kills=kills, boot="now", code=code)


def test_its_memory_is_known():
    now = memory_now()
    assert 10**7 < now.used <= now.peak < now.limit
    assert boot_id()


def test_a_run_outlives_who_asked_and_ends_when_its_folder_is_deleted(table, tmp_path, wait_for):
    code = (
        "import sys; from finine_core import api;"
        " api.run(sys.argv[1], label='label', id='name', home=sys.argv[2], epochs=100_000,"
        " block=False); import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, table, tmp_path / "home"])
    run = api.open_run("latest", tmp_path / "home")
    wait_for(lambda: run.status().state is State.RUNNING)
    worker = last_beat(run.folder).process
    with pytest.raises(FinineError, match="running"):
        run.resume()
    gone = tmp_path / "gone"
    run.folder.path.rename(gone)
    wait_for(lambda: not worker.alive())
    assert not run.folder.path.exists(), "it does not come back"
    shutil.rmtree(gone)
    assert os.getpid() != worker.pid
