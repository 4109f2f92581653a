"""Runs as a person meets them: real worker processes, really cancelled, really killed."""

import os
import shutil
import signal
import subprocess

import numpy as np
import pytest

from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import State, observe, start
from finine_core.runs.jobs.progress import epoch_history, read_events
from tests.trained import trained

LONG = {"epochs": 4000, "batch_size": 8}  # a run one has time to disturb


@pytest.fixture(scope="module")
def short(module_table, tmp_path_factory):
    """A finished run of three epochs, and what was seen of it; look, and change nothing."""
    home, seen = tmp_path_factory.mktemp("home"), []
    run = api.run(
        module_table, label="label", id="name", home=home, epochs=3, on_progress=seen.append
    )
    return run, seen


@pytest.fixture
def own_short(short, tmp_path):
    """A copy of that run in a home of this test."""
    shutil.copytree(short[0].home, tmp_path / "copied")
    return api.open_run(short[0].run_id, tmp_path / "copied")


def test_the_same_seed_gives_identical_scores_in_a_worker_and_here_and_another_seed_does_not(
    short, module_table, tmp_path, same_scores
):
    options = {"label": "label", "id": "name", "home": tmp_path, "epochs": 3}
    one, two = short[0], trained(module_table, **options)
    other = trained(module_table, **options, seed=1)
    same_scores(one, two)
    assert one.folder.embedding.read_bytes() == two.folder.embedding.read_bytes()
    assert not np.array_equal(one.scores()["mu"], other.scores()["mu"])


def test_a_finished_run_tells_what_it_did(short):
    run, seen = short
    status, record = run.status(), run.record()
    assert status.state is State.DONE
    assert [event["epoch"] for event in epoch_history(run.folder.events)] == [1, 2, 3]
    assert {"reading", "encoding", "training", "scoring"} <= {
        event["phase"] for event in read_events(run.folder.events)
    }
    assert record["results"]["seconds_record"] > 0
    assert record["dataset"]["train_rows"] + record["dataset"]["validation_rows"] == 240
    assert record["resolved"]["model"] in [one["model"] for one in record["tried"]]
    assert len(run.scores()) == record["dataset"]["train_rows"]
    assert seen[-1].state is State.DONE
    assert [one.run_id for one in api.runs(run.home)] == [run.run_id]
    assert api.open_run("latest", run.home).run_id == run.run_id


def test_a_cancelled_run_stops_and_can_be_resumed(table, tmp_path, wait_for):
    run = api.run(table, label="label", id="name", home=tmp_path, block=False, **LONG)
    wait_for(lambda: run.status().step > 100)
    assert run.cancel().state is State.CANCELLED
    wait_for(lambda: not run.folder.is_held())
    with pytest.raises(FinineError, match="finine resume"):
        run.scores()
    run.resume()
    wait_for(lambda: run.status().state is State.RUNNING)
    run.cancel()


def test_a_killed_run_is_seen_as_interrupted_and_resumes_to_the_same_scores(
    table, tmp_path, wait_for, same_scores
):
    options = {"label": "label", "id": "name", "home": tmp_path, "epochs": 160, "batch_size": 8}
    whole = trained(table, **options)
    killed = api.run(table, **options, block=False)
    checkpoint = killed.folder.checkpoints / "latest.safetensors"
    wait_for(checkpoint.exists)
    os.killpg(int((killed.folder.path / "pid").read_text()), signal.SIGKILL)
    wait_for(lambda: killed.status().state.over)
    assert killed.status().state is State.INTERRUPTED
    killed.resume()
    assert killed.wait().state is State.DONE
    same_scores(whole, killed)
    assert killed.folder.embedding.read_bytes() == whole.folder.embedding.read_bytes()


def test_a_failure_is_told_with_its_mend_and_leaves_no_traceback(table, tmp_path):
    with pytest.raises(FinineError, match="lable"):
        api.run(table, label="lable", home=tmp_path)
    run = api.open_run("latest", tmp_path)
    assert run.status().state is State.FAILED
    assert "Traceback" not in run.folder.log.read_text()


def test_training_that_diverges_says_to_lower_the_learning_rate(table, tmp_path):
    with pytest.raises(FinineError, match=r"(?i)lower the learning rate"):
        trained(table, label="label", id="name", home=tmp_path, lr=1e5, epochs=5)


def test_two_workers_never_work_on_one_run(table, tmp_path, wait_for):
    run = api.run(table, label="label", id="name", home=tmp_path, block=False, **LONG)
    wait_for(lambda: run.status().state is State.RUNNING)
    with pytest.raises(FinineError, match="running"):
        run.resume()
    run.cancel()


def test_an_input_that_changed_since_is_refused(table, tmp_path, wait_for):
    run = api.run(table, label="label", id="name", home=tmp_path, block=False, **LONG)
    wait_for(lambda: run.status().state is State.RUNNING)
    run.cancel()
    table.write_text(table.read_text() + "x,1,2,3,4,yes\n")
    start(run.folder)
    assert run.wait().state is State.FAILED
    assert "has changed since" in observe(run.folder).message


def test_wrong_options_are_refused_before_anything_starts(table, tmp_path):
    for wrong, words in [
        ({"epochs": 0}, "epochs = 0"),
        ({"model": "forest"}, "known: auto, logistic, mlp"),
        ({"speed": 3}, "speed"),
    ]:
        with pytest.raises(FinineError, match=words):
            api.run(table, label="label", home=tmp_path, **wrong)
    assert api.runs(tmp_path) == []
    with pytest.raises(FinineError, match="There is no file"):
        api.run(tmp_path / "missing.csv", label="label", home=tmp_path)
    with pytest.raises(FinineError, match="There is no run"):
        api.open_run("nonsense", tmp_path)


def test_adam_and_logistic_work_too(table, tmp_path):
    run = trained(
        table, label="label", id="name", home=tmp_path, epochs=5, optimizer="adam",
        model="logistic", validation=0, targets=["self"],
    )  # fmt: skip
    assert run.targets == ("self",)
    assert len(run.scores()) == 240
    assert (run.scores()["mu"] > 0).all()


def test_a_run_without_validation_rows_refuses_the_validation_target(table, tmp_path):
    with pytest.raises(FinineError, match="needs validation rows"):
        trained(table, label="label", id="name", home=tmp_path, validation=0,
                targets=["validation"])  # fmt: skip


def test_an_onlooker_cannot_keep_a_worker_from_its_run(own_short):
    run = own_short
    import fcntl
    import threading

    glance = (run.folder.path / "lock").open("r")
    fcntl.flock(glance, fcntl.LOCK_SH)
    threading.Timer(0.5, glance.close).start()
    with run.folder.held() as free:
        assert free, "a glance is over in an instant; the worker waits for it"


def test_a_torn_progress_line_does_not_make_a_run_unreadable(own_short):
    run = own_short
    with run.folder.events.open("a") as stream:
        stream.write('{"at": "20{"phase": "x"}\n')
    assert run.status().state is State.DONE


def test_rows_may_be_marked_by_an_array(own_short):
    run = own_short
    event = run.mark(rows=run.scores(top=3)["row_number"].to_numpy(), decision="keep")
    assert (event.rows, run.log.counts()["keep"]) == (3, 3)


def test_a_fraction_written_as_text_is_not_taken_for_a_path(table, tmp_path):
    with pytest.raises(FinineError, match="without quotes"):
        api.run(table, label="label", id="name", home=tmp_path, validation="0.2")


def test_a_validation_file_that_changed_is_refused_on_resume(table, tmp_path, wait_for):
    second = tmp_path / "validation.csv"
    second.write_bytes(table.read_bytes())
    run = api.run(
        table, label="label", id="name", home=tmp_path, validation=str(second), block=False, **LONG
    )
    wait_for(lambda: run.status().step > 0)
    run.cancel()
    second.write_text(second.read_text() + "x,1,2,3,4,yes\n")
    run.resume()
    assert run.wait().state is State.FAILED
    assert "validation.csv has changed" in run.status().message


def test_rows_of_a_small_last_batch_are_recorded_like_the_others(table, tmp_path):
    run = trained(
        table, label="label", id="name", home=tmp_path, epochs=3, batch_size=19, validation=0
    )
    from finine_core.influence import SignalStore

    store = SignalStore(run.folder.signals)
    assert 240 % 19 != 0
    assert store.losses().shape == (3, 240)
    assert (store.losses() > 0).all()
    assert (store.target("self").signal > 0).all()


@pytest.fixture
def full_disk(tmp_path):
    """A folder on a disk of its own with room for little, where one may be mounted."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root on Linux")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_the_run_resumes_once_there_is_room(table, full_disk):
    with pytest.raises(FinineError, match=r"small disk/home/runs is full"):
        api.run(table, label="label", id="name", home=full_disk / "home", epochs=40)
    subprocess.run(["mount", "-o", "remount,size=20m", str(full_disk)], check=True)
    (failed,) = api.runs(full_disk / "home")
    assert failed.status().state is State.FAILED
    failed.resume()
    assert failed.wait().state is State.DONE
