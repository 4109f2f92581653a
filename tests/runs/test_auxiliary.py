"""A run with an auxiliary run: the same rows once more, with other random numbers."""

import os
import signal

import numpy as np
import pytest
import torch

from finine_core import api
from finine_core.influence import SignalStore, SignalWriter, estimator
from finine_core.influence.recorder import Recorder
from finine_core.runs import State
from finine_core.runs.config import Resolved
from finine_core.runs.jobs.progress import epoch_history, read_events
from finine_core.runs.work.pipeline import make_trainer, stored_inputs
from tests.trained import trained

# trusted: every held-out row counts whole, as for the recorder alone
OPTIONS = {"label": "label", "id": "name", "model": "mlp", "auxiliary": True, "trusted": True}


@pytest.fixture(scope="module")
def with_auxiliary(module_table, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return trained(module_table, **OPTIONS, home=home, epochs=4, seed=2)


def test_it_is_what_a_run_of_the_next_seed_on_the_same_rows_records(with_auxiliary, tmp_path):
    run = with_auxiliary
    store = SignalStore(run.folder.signals)
    resolved = Resolved.model_validate({**run.record()["resolved"], "seed": 3})
    trainer = make_trainer(stored_inputs(run.folder.encoded), resolved, 2, "cpu")
    writer = SignalWriter(tmp_path, store.plan)
    torch.set_num_threads(1)
    trainer.run([Recorder(trainer, writer)])
    alone = SignalStore(tmp_path)
    for target in ("self", "validation"):
        for carried in (False, True):
            again, found = (one.target(target, carried=carried) for one in (alone, store.auxiliary))
            np.testing.assert_allclose(found.signal, again.signal, rtol=1e-5)
            np.testing.assert_allclose(found.background, again.background, rtol=1e-5, atol=1e-9)
    for name in ("carried", "gaussian"):
        chosen = estimator(name)
        scores = run.scores("self", estimator=name).sort_values("row_number")
        mu = chosen.mu(store.auxiliary.target("self", carried=chosen.carried))
        np.testing.assert_allclose(scores["mu_auxiliary"], mu)
        assert np.corrcoef(scores["mu_auxiliary"], scores["mu"])[0, 1] > 0.5
        assert not np.allclose(scores["mu_auxiliary"], scores["mu"])


def test_the_background_is_taken_against_that_of_the_other_run(with_auxiliary):
    store = SignalStore(with_auxiliary.folder.signals)
    mine, other = store.target("self"), store.auxiliary.target("self")
    found = (mine.background - other.background) / np.sqrt(2)
    np.testing.assert_allclose(mine.residual(), found, rtol=1e-6)
    np.testing.assert_array_equal(mine.of_rows(slice(3, 5)).residual(), mine.residual()[:, 3:5])
    steps = np.array([2, 0])
    np.testing.assert_array_equal(mine.of_steps(steps).residual(), mine.residual()[steps])
    alone, shared = store.row("validation", 3), store.target("validation")
    np.testing.assert_array_equal(alone.residual(), shared.residual())


def test_progress_goes_on_evenly_and_the_history_is_the_runs_own(with_auxiliary):
    events = [e for e in read_events(with_auxiliary.folder.events) if e.get("steps")]
    steps = [event["step"] for event in events]
    assert steps == sorted(steps)
    assert {event["phase"] for event in events} == {"training", "auxiliary"}
    assert steps[-1] == events[-1]["steps"] == 2 * SignalStore(
        with_auxiliary.folder.signals
    ).plan.total_steps  # fmt: skip
    assert len(epoch_history(with_auxiliary.folder.events)) == 4


def test_a_run_killed_in_its_auxiliary_run_resumes_to_the_same_scores(
    table, tmp_path, wait_for, same_scores
):
    options = {**OPTIONS, "home": tmp_path, "epochs": 40, "batch_size": 8}
    whole, killed = trained(table, **options), api.run(table, **options, block=False)
    wait_for(lambda: killed.status().phase == "auxiliary")
    wait_for((killed.folder.checkpoints / "auxiliary.safetensors").exists)
    os.killpg(int((killed.folder.path / "pid").read_text()), signal.SIGKILL)
    wait_for(lambda: killed.status().state.over)
    killed.resume()
    assert killed.wait().state is State.DONE
    same_scores(whole, killed)
    np.testing.assert_array_equal(whole.scores()["mu_auxiliary"], killed.scores()["mu_auxiliary"])


def test_a_run_without_one_says_nothing_of_it(finished_run):
    assert "mu_auxiliary" not in finished_run.scores().columns
    assert SignalStore(finished_run.folder.signals).auxiliary is None
