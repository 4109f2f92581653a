"""Labels that may hold together, from a file to its cleaned copy."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score, roc_auc_score

from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs.config import RunConfig
from finine_core.runs.work.pipeline import stored_inputs
from finine_core.training.objectives import objective_named
from finine_core.verification import sentences
from tests.trained import trained

NAMES = ["toxic", "insult", "threat"]
ROWS, WRONG = 500, 50


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A file in which one label of every tenth row says the opposite, and which rows these are."""
    x, held = make_multilabel_classification(
        n_samples=ROWS, n_features=20, n_classes=3, random_state=0
    )
    random = np.random.default_rng(0)
    wrong = random.choice(ROWS, WRONG, replace=False)
    label = random.integers(3, size=WRONG)
    held[wrong, label] = 1 - held[wrong, label]
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])
    frame[NAMES] = held
    path = tmp_path_factory.mktemp("data") / "comments.csv"
    frame.to_csv(path, index=False)
    return path, np.sort(wrong)


@pytest.fixture(scope="module")
def run(planted, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    targets = ("self", "validation", "classes")
    return trained(planted[0], label=NAMES, home=home, targets=targets)


def test_labels_stand_in_its_files_as_a_person_reads_them(run):
    record = json.loads((run.folder.path / "run.json").read_text(encoding="utf-8"))
    assert record["config"]["label"] == NAMES
    assert record["dataset"]["roles"]["label"] == NAMES
    assert (record["dataset"]["task"], record["dataset"]["answers"]) == ("multi_label", NAMES)
    assert RunConfig.model_validate(record["config"]).label == tuple(NAMES)
    frame = pd.read_csv(record["config"]["data"])
    scores = run.scores("self").set_index("row_number")
    for row in scores.index[:20]:
        held = [name for name in NAMES if frame.loc[row, name]]
        assert scores.loc[row, "label"] == (" + ".join(held) or "(none)")


def test_the_model_has_a_sigmoid_a_label_and_is_judged_by_all_of_them(run):
    encoded = stored_inputs(run.folder.encoded)
    assert encoded.train_y.shape == (400, 3)
    results = run.record()["results"]
    assert results["validation_label_accuracy"] > 0.75
    assert results["validation_macro_f1"] > 0.75
    scores = run.scores("self")
    assert scores["mean_loss"].gt(0).all()
    assert scores["probability"].between(0, 1).all()
    assert (scores["mu_low"] < scores["mu"]).all()


def test_macro_f1_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    said, true = random.normal(size=(40, 3)), random.integers(2, size=(40, 3))
    objective = objective_named("multi_label")
    found = objective.beside(torch.from_numpy(said), torch.from_numpy(true))["macro_f1"]
    assert found == pytest.approx(f1_score(true, said > 0, average="macro"))


def test_rows_with_a_wrong_label_rank_high(run, planted):
    scores = run.scores("self")
    wrong = scores["row_number"].isin(planted[1])
    assert roc_auc_score(wrong, scores["mu"]) > 0.75
    assert roc_auc_score(wrong, scores["mean_loss"]) > 0.75


def test_a_class_target_is_of_the_held_out_rows_that_have_the_label(run):
    assert run.targets == ("self", "validation", *(f"class:{name}" for name in NAMES))
    mu = {name: run.scores(f"class:{name}").set_index("row_number")["mu"] for name in NAMES}
    assert not np.allclose(mu["toxic"], mu["threat"].loc[mu["toxic"].index])


def test_a_target_of_no_label_names_the_labels(planted, tmp_path):
    with pytest.raises(FinineError, match=r"no class 'rude'\. Classes: toxic, insult"):
        api.plan(planted[0], label=NAMES, targets=("class:rude",), home=tmp_path)


def test_a_row_says_of_each_label_whether_it_is_given_and_how_likely(run):
    row = int(run.scores("self")["row_number"].iloc[0])
    found = run.prediction(row)
    assert found["class"].tolist() == NAMES
    frame = pd.read_csv(run.record()["config"]["data"])
    assert found["given"].tolist() == frame.loc[row, NAMES].astype(bool).tolist()
    line = run.scores("self").set_index("row_number").loc[row]
    of_given = np.where(found["given"], found["probability"], 1 - found["probability"])
    assert line["probability"] == pytest.approx(of_given.prod())


def test_groups_and_kinds_of_rows_go_by_each_label(run):
    found = {(one.column, one.value) for one in run.slices()}
    assert {("toxic", "0"), ("toxic", "1"), ("threat", "1")} <= found


def test_labels_are_not_corrected_and_it_says_so(run):
    with pytest.raises(FinineError, match="several labels of a row, and finine does not correct"):
        run.mark(rows=[0], decision="relabel", label="toxic")


def test_marked_rows_are_verified_told_in_words_and_taken_out(run, planted, tmp_path):
    found = set(run.scores("self")["row_number"])
    rows = [row for row in planted[1].tolist() if row in found]
    run.mark(rows=rows, decision="delete", reason="wrong label")
    verified = run.verify(repeats=2, processes=1)
    told = " ".join(sentences(verified))
    assert "validation label accuracy" in told
    assert "Validation macro F1 (higher is better)" in told
    assert "with the same labels" in told
    assert "class" not in told
    result = run.export(tmp_path / "out")
    lines = planted[0].read_bytes().splitlines(keepends=True)
    kept = [one for row, one in enumerate(lines, start=-1) if row not in rows]
    assert result.cleaned.read_bytes() == b"".join(kept)
    again = tmp_path / "again.csv"
    api.apply(result.manifest, planted[0], again)
    assert again.read_bytes() == result.cleaned.read_bytes()
