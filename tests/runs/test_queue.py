"""A home trains one run at a time: the others wait for their turn, in real worker processes."""

import os
import signal

import pytest

from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import State
from finine_core.runs.jobs.queue import WORKERS_VARIABLE, _try_slot

TINY = {"label": "label", "id": "name", "block": False, "epochs": 2}
LONG = {**TINY, "epochs": 50_000}
SHORT_LIVED = {**TINY, "label": "lable"}  # it fails when its turn comes, before torch is imported


def end(run):
    os.killpg(int((run.folder.path / "pid").read_text()), signal.SIGKILL)


def test_of_two_runs_the_second_waits_and_both_get_done(table, tmp_path, wait_for):
    first, second = (api.run(table, home=tmp_path, **TINY) for _ in range(2))
    wait_for(lambda: first.status().state is State.RUNNING and second.folder.came_up)
    waiting = second.status()
    assert (waiting.state, waiting.ahead, waiting.phase) == (State.QUEUED, 1, "")
    assert second.wait().state is State.DONE
    assert first.status().state is State.DONE


def test_a_killed_worker_gives_its_slot_to_the_next(table, tmp_path, wait_for):
    first = api.run(table, home=tmp_path, **LONG)
    wait_for(lambda: first.status().state is State.RUNNING)
    second = api.run(table, home=tmp_path, **SHORT_LIVED)
    wait_for(lambda: second.folder.came_up)
    assert second.status().state is State.QUEUED
    end(first)
    assert "lable" in second.wait().message, "its turn came"
    assert first.status().state is State.INTERRUPTED


def test_waiting_runs_keep_their_order_are_cancelled_at_once_and_passed_over_when_dead(
    table, tmp_path, wait_for
):
    slot = _try_slot(tmp_path, 0)
    cancelled, killed, last = (api.run(table, home=tmp_path, **SHORT_LIVED) for _ in range(3))
    wait_for(lambda: all(one.folder.came_up for one in (cancelled, killed, last)))
    assert [one.status().ahead for one in (cancelled, killed, last)] == [1, 2, 3]
    assert cancelled.cancel().state is State.CANCELLED
    end(killed)
    wait_for(lambda: killed.status().state is State.INTERRUPTED)
    assert last.status().ahead == 1
    cancelled.resume()
    assert cancelled.status().ahead == 2, "it goes to the end of the queue"
    slot.close()
    assert cancelled.wait().state is last.wait().state is State.FAILED
    ends = [(one.folder.path / "state.json").stat().st_mtime_ns for one in (last, cancelled)]
    assert ends == sorted(ends), "first come, first served"
    assert not list((tmp_path / "slots" / "queue").iterdir())


def test_a_second_slot_lets_a_second_run_train(table, tmp_path, monkeypatch):
    slot = _try_slot(tmp_path, 0)
    monkeypatch.setenv(WORKERS_VARIABLE, "2")
    run = api.run(table, home=tmp_path, **SHORT_LIVED)
    assert run.wait().state is State.FAILED, "it did not wait"
    slot.close()
    monkeypatch.setenv(WORKERS_VARIABLE, "many")
    with pytest.raises(FinineError, match="whole number from 1 to 64"):
        run.resume()
    assert run.status().state is State.FAILED
