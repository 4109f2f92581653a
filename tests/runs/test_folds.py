"""A run with folds: the model is trained K times, each time without another part of the rows."""

import os
import signal

import numpy as np
import pandas as pd
import pytest

from finine_core import api
from finine_core.errors import FinineError
from finine_core.influence import SignalStore
from finine_core.runs import NO_CODE, State
from finine_core.runs.folds import read_folds
from finine_core.runs.jobs.progress import epoch_history, read_events
from tests.trained import trained

from .conftest import write_table

FOLDS = 3
# all that `auto` would decide by the rows
OPTIONS = {
    "features": ["a", "b", "c"],
    "id": "name",
    "model": "mlp",
    "epochs": 4,
    "batch_size": 16,
}
BY_CLASS = {**OPTIONS, "label": "label"}


@pytest.fixture(scope="module")
def run(module_table, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return trained(module_table, **BY_CLASS, home=home, seed=2, folds=FOLDS)


def alone(path, folder, fold, number, **options):
    """A run of its own that holds out the rows of one fold, as a column of the file says."""
    frame = pd.read_csv(path).assign(part=np.where(fold == number, "validation", "train"))
    frame.to_csv(folder / f"part-{number}.csv", index=False)
    options = {**options, "seed": options["seed"] + number - 1, "validation": "column:part"}
    return trained(folder / f"part-{number}.csv", **options, home=folder / "home")


@pytest.mark.parametrize(
    ("options", "targets"),
    [
        # each held-out row weighs by how far its label is trusted, which a run judges once: by the
        # validation set single runs weigh a little differently
        (BY_CLASS, ("self",)),
        ({**OPTIONS, "label": "d"}, ("self", "validation")),
        ({**OPTIONS, "label": "d", "optimizer": "adam"}, ("self", "validation")),
    ],
)
def test_a_rows_scores_are_the_means_of_runs_of_their_own_on_these_folds(
    table, tmp_path, options, targets
):
    options = {**options, "seed": 2, "targets": targets}
    run = trained(table, **options, folds=FOLDS, home=tmp_path / "home")
    fold = read_folds(run.folder.signals)
    single = [alone(table, tmp_path, fold, k + 1, **options) for k in range(FOLDS)]
    for estimator in (None, "gaussian"):
        for target in targets:
            every = pd.concat([one.scores(target, estimator=estimator) for one in single])
            mean = every.groupby("row_number")[["mu", "mu_low", "mu_high", "mean_loss"]].mean()
            found = run.scores(target, estimator=estimator).set_index("row_number").sort_index()
            assert len(found) == len(fold)
            assert (every.groupby("row_number").size() == FOLDS - 1).all()
            for column in mean:
                np.testing.assert_allclose(found[column], mean[column], rtol=1e-12, atol=1e-15)
            place = found["mu"].rank(ascending=target != "self")
            np.testing.assert_array_equal(found["rank"], place)


def test_every_row_has_a_mu_in_every_list(run):
    rows = pd.read_csv(run.record()["config"]["data"])
    for target in run.targets:
        found = run.scores(target)
        assert sorted(found["row_number"]) == list(range(len(rows)))
        assert found["mu"].notna().all()
        assert (found["mu_low"] <= found["mu"]).all()
        assert (found["mu"] <= found["mu_high"]).all()
        assert sorted(found["rank"]) == list(range(1, len(rows) + 1))
    by_suspicion = run.scores(by="suspicion")
    assert sorted(by_suspicion["row_number"]) == list(range(len(rows)))
    told = by_suspicion[["mu", "q_value", "training_margin", "harm", "mean_loss", "probability"]]
    assert told.notna().all(axis=None)
    assert run.scores("self").set_index("row_number")["row_id"].sort_index().tolist() == list(
        rows["name"]
    )


def test_folds_are_alike_and_the_first_is_what_the_runs_model_has_not_seen(run):
    fold = read_folds(run.folder.signals)
    record, scores = run.record(), run.scores("self").set_index("row_number").sort_index()
    assert sorted(set(fold)) == [1, 2, 3]
    assert np.bincount(fold)[1:].tolist() == [80, 80, 80]
    np.testing.assert_array_equal(scores["fold"], fold)
    of_class = scores.groupby(["label", "fold"]).size()
    assert (of_class.groupby("label").max() - of_class.groupby("label").min()).max() <= 1
    assert record["dataset"]["validation_rows"] == 80
    assert record["dataset"]["train_rows"] == 160
    assert record["config"]["folds"] == FOLDS
    assert record["results"]["seconds_folds"] > 0


def test_all_that_is_told_of_a_row_is_told_of_one_that_the_first_training_held_out(run):
    held_out = int(run.scores(where="fold = 1").iloc[0]["row_number"])
    other = int(run.scores(where="fold = 2").iloc[0]["row_number"])
    assert run.learned_in(held_out) == (2, 3)
    assert run.learned_in(other) == (1, 3)
    for target in run.targets:
        curve = run.curve(held_out, target)
        line = run.scores(target, where=f"row_number = {held_out}").iloc[0]
        assert (curve.mu, curve.mu_low, curve.mu_high) == tuple(
            line[["mu", "mu_low", "mu_high"]].astype(float)
        )
        assert (np.diff(curve.beta) <= 1e-12).all()
        assert (curve.beta_low <= curve.beta).all()
        assert (curve.beta <= curve.beta_high).all()
    store = SignalStore(run.folder.signals / "fold-2")
    place = np.flatnonzero(np.flatnonzero(read_folds(run.folder.signals) != 2) == held_out)[0]
    recorded = run.signals(held_out, "validation")
    np.testing.assert_array_equal(
        recorded["signal"], store.row("validation", int(place)).signal[:, 0]
    )
    assert run.prediction(held_out)["probability"].sum() == pytest.approx(1)
    assert len(run.neighbours(held_out)) > 0
    assert sorted(run.projection("pca")["row_number"]) == list(range(240))
    run.mark(rows=[held_out], decision="delete")
    try:
        assert run.marked().tolist() == [held_out]
    finally:
        run.undo()


def test_a_group_is_told_by_the_first_training_and_it_is_said_of_how_many_rows(run):
    some = run.scores("validation").head(30)
    found = run.group(rows=some["row_number"].tolist())
    assert found.rows == (some["fold"] != 1).sum()
    assert found.left_out == (some["fold"] == 1).sum() > 0
    with pytest.raises(FinineError, match="All of these rows were held out in the first training"):
        run.group(where="fold = 1")
    assert {one.column for one in run.slices()} >= {"label"}
    assert sum(one.influence.rows for one in run.slices() if one.column == "label") == 160


def test_discoveries_are_among_all_rows(module_table, tmp_path):
    options = {**BY_CLASS, "epochs": 13, "record_epochs": "all"}
    run = trained(module_table, **options, home=tmp_path, seed=2, folds=FOLDS)
    q = run.scores("validation").set_index("row_number")["q_value"]
    found = run.select(fdr=0.5, target="validation")
    assert set(found) == set(q[q <= 0.5].index)
    assert run.discoveries(0.5, "validation").tested == 240


def test_rows_that_are_wrong_are_found_among_those_that_the_first_training_held_out(tmp_path):
    path = write_table(tmp_path / "table.csv")
    frame = pd.read_csv(path)
    sure = (frame["a"] - frame["b"]).abs() > 1.5
    flipped = np.random.default_rng(0).permutation(np.flatnonzero(sure))[:24]
    frame.loc[flipped, "label"] = frame.loc[flipped, "label"].map({"yes": "no", "no": "yes"})
    frame.to_csv(path, index=False)
    run = trained(path, **{**BY_CLASS, "epochs": 20}, home=tmp_path, folds=FOLDS)
    first = run.scores("self").set_index("row_number").query("fold == 1")
    wrong = first.index.isin(flipped)
    assert wrong.sum() > 3
    above = (first["mu"].to_numpy()[wrong][:, None] > first["mu"].to_numpy()[~wrong]).mean()
    assert above > 0.8


def test_the_only_row_of_a_class_is_learned_from_in_every_training(tmp_path):
    path = write_table(tmp_path / "table.csv")
    frame = pd.read_csv(path)
    frame.loc[7, "label"] = "maybe"
    frame.to_csv(path, index=False)
    run = trained(path, **BY_CLASS, home=tmp_path, folds=2)
    assert run.learned_in(7) == (1, 2)
    assert run.scores("self", where="row_number = 7").iloc[0]["fold"] == 0
    assert len(run.scores("self")) == len(frame)


def test_model_and_epochs_are_chosen_once_for_all_trainings(table, tmp_path):
    open_options = {k: v for k, v in BY_CLASS.items() if k not in ("model", "epochs")}
    run = trained(table, **open_options, home=tmp_path, folds=FOLDS)
    record = run.record()
    assert len(record["tried"]) > 1
    plans = [SignalStore(run.folder.signals / name).plan for name in ("", "fold-2", "fold-3")]
    assert {plan.epochs for plan in plans} == {record["resolved"]["epochs"]}
    assert run.scores("self")["mu"].notna().all()


def test_progress_tells_the_part_and_the_history_is_the_first_trainings(run):
    events = [e for e in read_events(run.folder.events) if e.get("steps")]
    steps = [event["step"] for event in events]
    assert steps == sorted(steps)
    assert {(event["phase"], event["part"], event["parts"]) for event in events} == {
        ("training", k, FOLDS) for k in (1, 2, 3)
    }
    assert steps[-1] == events[-1]["steps"]
    assert len(epoch_history(run.folder.events)) == 4
    assert "training, part 2 of 3: epoch 4 of 4" in run.folder.log.read_text()


def test_a_run_killed_in_another_fold_resumes_to_the_same_scores(
    table, tmp_path, wait_for, same_scores
):
    options = {**BY_CLASS, "home": tmp_path, "epochs": 40, "batch_size": 8, "folds": FOLDS}
    whole, killed = trained(table, **options), api.run(table, **options, block=False)
    wait_for(lambda: killed.status().part == 2)
    wait_for((killed.folder.checkpoints / "fold-2.safetensors").exists)
    os.killpg(int((killed.folder.path / "pid").read_text()), signal.SIGKILL)
    wait_for(lambda: killed.status().state.over)
    done = (killed.folder.checkpoints / "training.json").stat().st_mtime_ns
    killed.resume()
    assert killed.wait().state is State.DONE
    same_scores(whole, killed)
    assert (killed.folder.checkpoints / "training.json").stat().st_mtime_ns == done


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"validation": 0.1}, "Leave validation out, or folds"),
        ({"validation": "column:name"}, "Leave validation out, or folds"),
        ({"trusted": True}, "Leave trusted out, or folds"),
        ({"auxiliary": True}, "Leave auxiliary out, or folds"),
        ({"folds": 11}, "folds = 11"),
        ({"folds": 0}, "folds = 0"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_starts(
    table, tmp_path, options, said
):
    with pytest.raises(FinineError, match=said):
        api.run(table, label="label", home=tmp_path, **{"folds": FOLDS, **options})
    assert api.runs(tmp_path) == []


def test_a_module_that_is_there_already_is_refused(table, tmp_path, monkeypatch):
    import torch

    # the app, opened by another test of this process, has said that no code may be run
    monkeypatch.delenv(NO_CODE, raising=False)
    net = torch.nn.Linear(3, 2)
    with pytest.raises(FinineError, match="Give a function that makes the model"):
        api.run(table, **{**BY_CLASS, "model": net}, home=tmp_path, folds=2)


def test_a_target_that_a_fold_lacks_is_refused(tmp_path):
    path = write_table(tmp_path / "table.csv")
    frame = pd.read_csv(path)
    frame.loc[[7, 9], "label"] = "maybe"
    frame.to_csv(path, index=False)
    options = {**BY_CLASS, "targets": ("self", "class:maybe")}
    with pytest.raises(FinineError, match="no validation row has class 'maybe'"):
        api.plan(path, **options, home=tmp_path, folds=3)


def test_the_plan_tells_the_folds_and_their_price(table, tmp_path):
    once, several = (api.plan(table, **BY_CLASS, home=tmp_path, folds=k) for k in (1, FOLDS))
    assert (once.train_rows, several.train_rows) == (192, 160)
    assert several.config.folds == FOLDS
    assert once.estimate.seconds < several.estimate.seconds < 3.3 * once.estimate.seconds
