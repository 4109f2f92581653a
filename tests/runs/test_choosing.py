"""The model and the epochs that a run takes when nobody says: what held-out rows do best with."""

import os
import signal

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from finine_core import api
from finine_core.runs import State
from finine_core.runs.jobs.progress import read_events
from finine_core.runs.work import choosing
from tests.trained import trained


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Digits, a fifth of all labels wrong: a network learns them by heart in 40 epochs."""
    x, y = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    wrong = random.random(len(y)) < 0.2
    y = np.where(wrong, (y + random.integers(1, 10, len(y))) % 10, y)
    path = tmp_path_factory.mktemp("digits") / "digits.csv"
    pd.DataFrame(x).add_prefix("x").assign(label=[f"d{k}" for k in y]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def chosen(digits, tmp_path_factory):
    return trained(digits, label="label", home=tmp_path_factory.mktemp("home"))


def test_a_run_ends_where_held_out_rows_are_best_and_says_so(chosen):
    record = chosen.record()
    mlp, logistic = record["tried"]
    assert (mlp["model"], logistic["model"]) == ("mlp", "logistic")
    assert record["resolved"]["model"] == "mlp"
    assert record["resolved"]["epochs"] == mlp["epochs"] < mlp["trained"] < 40
    assert record["resolved"]["candidates"] == ["mlp", "logistic"]
    phases = [event["phase"] for event in read_events(chosen.folder.events)]
    assert phases.index("choosing") < phases.index("training")
    # what is recorded is, to the last bit, the training that was tried
    assert record["results"]["validation_accuracy"] == mlp["quality"]


def test_it_learns_less_by_heart_and_does_better_than_the_most_epochs(chosen, digits, tmp_path):
    whole = trained(digits, label="label", home=tmp_path, model="mlp", epochs=120)
    assert not whole.record().get("tried"), "all was said: nothing is tried"
    check, other = chosen.record()["results"]["check"], whole.record()["results"]["check"]
    assert check["given"]["accuracy"] > other["given"]["accuracy"]
    assert check["training"]["accuracy"] < other["training"]["accuracy"] - 0.05
    assert "learned by heart" in [one.name for one in whole.cautions()]
    assert "learned by heart" not in [one.name for one in chosen.cautions()]
    (remedy,) = [one for one in whole.cautions() if one.name == "learned by heart"]
    assert remedy.options == {"epochs": None}


def test_many_classes_of_few_rows_get_the_model_that_can_tell_them_apart(tmp_path):
    random = np.random.default_rng(0)
    y = np.repeat(np.arange(60), 16)
    x = random.normal(size=(60, 30))[y] + 0.7 * random.normal(size=(len(y), 30))
    path = tmp_path / "many.csv"
    pd.DataFrame(x.round(4)).add_prefix("x").assign(label=[f"c{k}" for k in y]).to_csv(
        path, index=False
    )
    run = trained(path, label="label", home=tmp_path / "home")
    quality = {one["model"]: one["quality"] for one in run.record()["tried"]}
    assert quality["logistic"] > quality["mlp"]
    assert run.record()["resolved"]["model"] == "logistic"


def test_what_a_person_says_is_not_chosen_again(digits, tmp_path):
    run = trained(digits, label="label", home=tmp_path, epochs=50)
    tried = {one["model"]: one for one in run.record()["tried"]}
    assert set(tried) == {"mlp", "logistic"}
    assert all(one["epochs"] == one["trained"] == 50 for one in tried.values())
    taken = tried[run.record()["resolved"]["model"]]
    assert run.record()["resolved"]["epochs"] == 50
    assert run.record()["results"]["validation_accuracy"] == taken["quality"]
    run = trained(digits, label="label", home=tmp_path, model="logistic")
    (only,) = run.record()["tried"]
    assert run.record()["resolved"]["model"] == only["model"] == "logistic"
    assert run.record()["resolved"]["epochs"] == only["epochs"]


def test_without_enough_held_out_rows_nothing_is_tried(digits, tmp_path):
    run = trained(digits, label="label", home=tmp_path, validation=0.01)
    assert run.record()["resolved"]["epochs"] == 35
    assert not run.record().get("tried")
    assert run.record()["resolved"]["candidates"] == ["mlp"]


def test_a_run_killed_while_it_chooses_or_after_comes_to_the_same(
    digits, chosen, tmp_path, wait_for, same_scores
):
    run = api.run(digits, label="label", home=tmp_path, block=False)
    wait_for(lambda: run.status().phase == "choosing")
    os.killpg(int((run.folder.path / "pid").read_text()), signal.SIGKILL)
    wait_for(lambda: run.status().state is State.INTERRUPTED)
    assert not run.record().get("tried")
    run.resume()
    wait_for(lambda: run.status().phase == "training" and run.status().step > 10)
    os.killpg(int((run.folder.path / "pid").read_text()), signal.SIGKILL)
    wait_for(lambda: run.status().state is State.INTERRUPTED)
    tried = run.record()["tried"]
    run.resume()
    assert run.wait().state is State.DONE
    assert run.record()["tried"] == tried
    phases = [event["phase"] for event in read_events(run.folder.events)]
    assert phases[phases.index("training") :].count(choosing.CHOOSING) == 0
    same_scores(chosen, run)


def test_a_run_that_is_cancelled_while_it_chooses_stops(digits, tmp_path, wait_for):
    run = api.run(digits, label="label", home=tmp_path, block=False)
    wait_for(lambda: run.status().phase == "choosing")
    run.cancel()
    assert run.wait().state is State.CANCELLED


def test_held_out_rows_whose_label_is_doubted_count_less(digits, tmp_path, monkeypatch):
    seen = {}

    def spy(trainers, inputs, targets, weights, **options):
        seen["weights"] = weights
        return real(trainers, inputs, targets, weights, **options)

    real = choosing.try_out
    monkeypatch.setattr(choosing, "try_out", spy)
    trained(digits, label="label", home=tmp_path)
    assert 0.1 < np.mean(seen["weights"] < 0.5) < 0.35, "about the fifth that is wrong"
    trained(digits, label="label", home=tmp_path, trusted=True)
    assert (seen["weights"] == 1).all()
