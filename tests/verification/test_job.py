"""Verifications that go on by themselves: real processes, really stopped, really killed."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from finine_core.curation.manifest import read_manifest
from finine_core.errors import FinineError
from finine_core.verification import VerifyState, stored_verifications
from finine_core.verification.plan import make_plan
from finine_core.verification.store import store_of


def store(run):
    return store_of(run.folder, make_plan(run.folder, run.marked()))


def pid(run):
    return int(json.loads(store(run).job.read_text())["pid"])


def heeds_ctrl_c():
    """As in a terminal, also where the tests themselves run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def show(run):
    command = [sys.executable, "-m", "finine_core.cli", "verify", run.run_id, "--show"]
    return subprocess.run([*command, "--home", run.home], capture_output=True, text=True)


def test_one_that_was_started_comes_to_the_result_of_one_that_was_waited_for(
    marked_run, verified_run, wait_for
):
    assert marked_run.verify_status().state is VerifyState.NONE
    assert marked_run.verification() is None
    told = show(marked_run)
    assert told.returncode == 1
    assert "not verified yet" in told.stderr
    marked_run.start_verify(repeats=2, processes=1)
    status = marked_run.verify_status()
    assert (status.state, status.total) == (VerifyState.RUNNING, 6)
    with pytest.raises(FinineError, match="is going on"):
        marked_run.start_verify(repeats=2)
    wait_for(lambda: marked_run.verify_status().state is not VerifyState.RUNNING)
    status = marked_run.verify_status()
    assert (status.state, status.done, status.total) == (VerifyState.DONE, 6, 6)
    found = marked_run.verification()
    assert found == verified_run.verification()
    assert [one.key for one in marked_run.verifications()] == [found.key]
    assert "95 % interval" in show(marked_run).stdout


def test_the_export_of_verified_marks_says_so_and_of_others_does_not(verified_run, tmp_path):
    found = verified_run.verification()
    verified_run.export(tmp_path / "out")
    told = read_manifest(tmp_path / "out" / "manifest.json").verification
    assert (told.key, told.repeats) == (found.key, 2)
    assert "balanced accuracy" in told.conclusion[0], "the verdict comes first"
    assert "retrainings" in told.conclusion[1]
    verified_run.mark(rows=[int(verified_run.marked()[0])], decision="keep")
    verified_run.export(tmp_path / "other")
    assert read_manifest(tmp_path / "other" / "manifest.json").verification is None


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_one_that_ends_early_keeps_its_trainings_and_goes_on(marked_run, wait_for, how):
    marked_run.start_verify(repeats=200, processes=1)
    wait_for(lambda: marked_run.verify_status().done >= 2)
    number = pid(marked_run)
    if how == "stopped":
        (going_on,) = marked_run.running_verifications()
        marked_run.stop_verify(going_on.key)
    else:
        os.kill(number, signal.SIGKILL)
        wait_for(lambda: marked_run.verify_status().state is not VerifyState.RUNNING)
    status = marked_run.verify_status()
    assert status.state is VerifyState.STOPPED
    assert 2 <= status.done < 600
    kept = store(marked_run).trainings.read_bytes()
    marked_run.start_verify(repeats=2, processes=1)
    wait_for(lambda: marked_run.verify_status().state is not VerifyState.RUNNING)
    assert marked_run.verify_status().state is VerifyState.DONE
    assert store(marked_run).trainings.read_bytes().startswith(kept[: kept.rfind(b"\n") + 1])
    assert marked_run.verification().repeats == 2


def test_a_failure_is_told_with_its_mend(marked_run, wait_for):
    record = marked_run.record()["resolved"]
    marked_run.folder.update(resolved={**record, "lr": 1e5})  # as a damaged run.json would
    marked_run.start_verify(repeats=2, processes=1)
    wait_for(lambda: marked_run.verify_status().state is not VerifyState.RUNNING)
    status = marked_run.verify_status()
    assert status.state is VerifyState.FAILED
    assert "diverged" in status.problem.problem
    assert "learning rate" in status.problem.mend


def test_stored_ones_are_listed_newest_first_and_damaged_ones_left_out(verified_run):
    first = verified_run.verification()
    verified_run.mark(rows=[int(verified_run.marked()[0])], decision="keep")
    second = verified_run.verify(repeats=2, processes=1)
    assert [one.key for one in verified_run.verifications()] == [second.key, first.key]
    store(verified_run).result.write_text("{")
    assert [one.key for one in stored_verifications(verified_run.folder)] == [first.key]


def test_one_in_a_terminal_is_seen_but_not_stopped_from_elsewhere(marked_run, wait_for):
    command = [sys.executable, "-m", "finine_core.cli", "verify", marked_run.run_id]
    options = ["--repeats", "200", "--processes", "1", "--home", marked_run.home]
    terminal = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL,
                                preexec_fn=heeds_ctrl_c)  # fmt: skip
    try:
        wait_for(lambda: marked_run.verify_status().done >= 1)
        status = marked_run.verify_status()
        assert (status.state, status.total) == (VerifyState.RUNNING, 600)
        (going_on,) = marked_run.running_verifications()
        store(marked_run).job.write_text(json.dumps({"pid": os.getpid()}))  # of one from before
        with pytest.raises(FinineError, match="started in a terminal"):
            marked_run.stop_verify(going_on.key)
    finally:
        terminal.send_signal(signal.SIGINT)
        wait_for(lambda: terminal.poll() is not None)
        assert terminal.returncode == 130
    status = marked_run.verify_status()
    assert (status.state, status.total) == (VerifyState.STOPPED, 600)


def test_of_two_starts_at_once_one_is_refused_and_the_other_comes_to_its_end(marked_run, wait_for):
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(marked_run.start_verify, repeats=2, processes=1) for _ in range(4)]
    refused = [one.exception() for one in asked]
    assert sum(one is None for one in refused) == 1
    wait_for(lambda: marked_run.verify_status().state is not VerifyState.RUNNING)
    assert marked_run.verify_status().state is VerifyState.DONE


def test_a_result_of_another_seed_is_about_the_same_marks(marked_run):
    found = marked_run.verify(repeats=2, seed=5, processes=1)
    assert marked_run.verification() == found
