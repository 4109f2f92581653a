"""What a run advises: the list by suspicion, its marks, and what is to be known before."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score

from finine_core.errors import FinineError
from finine_core.runs.cautions import GRAVE, cautions_of
from finine_core.runs.columns import COPY_GROUP, COPY_PLACE
from finine_core.runs.work.pipeline import stored_inputs
from finine_core.verification.believed import believed
from tests.trained import nothing_learned, trained


def written(path, x, labels):
    pd.DataFrame(np.round(x, 3)).add_prefix("x").assign(label=labels).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """A run on digits of which a fifth has a wrong label, held-out ones too; and which have."""
    folder, random = tmp_path_factory.mktemp("noisy"), np.random.default_rng(0)
    x, y = load_digits(return_X_y=True)
    x, y = x[:900], y[:900]
    wrong = random.random(len(y)) < 0.2
    given = np.where(wrong, (y + random.integers(1, 10, len(y))) % 10, y)
    names = np.array([f"d{code}" for code in range(10)])
    run = trained(written(folder / "d.csv", x, names[given]), label="label", home=folder / "home")
    return run, wrong, names[y]


def test_every_row_is_judged_and_the_wrong_ones_come_first(noisy):
    run, wrong, _ = noisy
    listed = run.scores(by="suspicion")
    assert sorted(listed["row_number"]) == list(range(len(wrong)))
    assert listed["rank"].tolist() == list(range(1, len(wrong) + 1))
    assert listed["suspicion"].is_monotonic_decreasing
    held_out = listed["mu"].isna()
    assert held_out.sum() == 180, "rows that were held out have no influence, and are judged"
    for rows in (listed, listed[held_out]):
        assert average_precision_score(wrong[rows["row_number"]], -rows["rank"]) > 0.9


def test_the_run_says_how_many_labels_are_wrong(noisy):
    run, wrong, _ = noisy
    advice = run.advice()
    assert advice["total"]["low"] <= wrong.sum() <= advice["total"]["high"]
    order = run.scores(by="suspicion")["row_number"].to_numpy()
    for share in advice["shares"]:
        found = wrong[order[: int(share["rows"])]].sum()
        assert share["low"] <= found <= share["high"]
    held_out = run.scores(by="suspicion", where="mu IS NULL")["row_number"]
    assert abs(advice["doubted"] - wrong[held_out].sum()) < 10


def test_influence_on_doubted_held_out_rows_counts_less(noisy):
    run, wrong, _ = noisy
    shared = run.scores("validation")
    found = average_precision_score(wrong[shared["row_number"]], -shared["mu"])
    assert found > 0.6, "with every held-out row counted whole it is near chance, 0.2"


def test_suspicion_stands_beside_mu_and_other_estimators_keep_it(noisy):
    run, _, _ = noisy
    own = run.scores("self").set_index("row_number")["suspicion"]
    every = run.scores(by="suspicion").set_index("row_number")
    assert (own == every.loc[own.index, "suspicion"]).all()
    other = run.scores(by="suspicion", estimator="gaussian").set_index("row_number")
    assert other["suspicion"].equals(every["suspicion"])
    assert not np.allclose(other["mu"].dropna(), every["mu"].dropna())


def test_rows_are_marked_and_corrected_by_suspicion_held_out_ones_too(noisy):
    run, _wrong, true = noisy
    event = run.mark(by="suspicion", top=30, decision="delete")
    assert event.rows == 30
    assert "top 30 by suspicion" in event.selection
    plan = run.export_plan()
    assert plan.deleted.num_rows == 30
    run.undo()
    events = run.correct(by="suspicion", where="suspicious")
    corrected = run.corrected()
    assert sum(one.rows for one in events) == len(corrected) > 50
    right = [true[row] == label for row, label in corrected.items()]
    assert np.mean(right) > 0.9
    held_out = set(run.scores(by="suspicion", where="mu IS NULL")["row_number"])
    assert held_out & set(corrected), "the cleaned file is clean in all of its rows"
    for _ in events:
        run.undo()
    first = sorted(corrected)[:5]
    run.mark(rows=first, decision="delete")
    again = run.correct(by="suspicion", where="suspicious")
    assert sorted(run.corrected()) == sorted(corrected)[5:], "what was decided stays as it was"
    for _ in (*again, "the deletion"):
        run.undo()


def test_a_ranking_there_is_not_is_refused(noisy):
    run, _, _ = noisy
    with pytest.raises(FinineError, match="not about a target"):
        run.scores("self", by="suspicion")
    with pytest.raises(FinineError, match=r"by.*'size'|'size'.*by|size"):
        run.scores(by="size")


def test_held_out_rows_that_are_trusted_are_taken_as_right(tmp_path):
    x, y = load_digits(return_X_y=True)
    given = np.where(np.arange(400) % 7 == 0, (y[:400] + 1) % 10, y[:400])
    path = written(tmp_path / "d.csv", x[:400], [f"d{code}" for code in given])
    run = trained(path, label="label", home=tmp_path / "home", epochs=3, trusted=True)
    held_out = run.scores(by="suspicion", where="mu IS NULL")
    assert len(held_out) == 80
    assert (held_out["suspicion"] == 0).all()
    assert run.advice()["rows"] == 320
    assert run.advice()["doubted"] == 0
    assert (held_out["cleaned_margin"] > 0).sum() > 5, "the probe would doubt them"
    codes = stored_inputs(run.folder.encoded).validation_y
    assert believed(run.folder, codes).all(), "so all of them judge a verification"


def test_near_duplicates_are_grouped_those_that_disagree_first(tmp_path):
    random = np.random.default_rng(0)
    x, y = load_digits(return_X_y=True)
    x, y = x[:300], y[:300]
    copied = random.choice(300, 20, replace=False)
    labels = np.append(y, np.where(np.arange(20) < 6, (y[copied] + 1) % 10, y[copied]))
    path = written(tmp_path / "d.csv", np.vstack([x, x[copied]]), [f"d{one}" for one in labels])
    run = trained(path, label="label", home=tmp_path / "home", epochs=3)
    found = run.scores(by="suspicion", where=f"{COPY_GROUP} IS NOT NULL")
    groups = found.groupby(COPY_GROUP)
    assert set(found["row_number"]) == {*copied.tolist(), *range(300, 320)}
    assert groups["copies_disagree"].first().tolist() == [True] * 6 + [False] * 14
    assert run.select(by="suspicion", where=f"{COPY_PLACE} > 0").size == 20, "all but one of each"
    assert run.advice()["copies"] == 40
    assert run.advice()["copies_disagree"] == 12
    disagree = found[found["copies_disagree"]]
    kept = disagree[disagree[COPY_PLACE] == 0]["row_number"]
    assert np.mean(kept < 300) >= 5 / 6, "the row that stays is the one whose label is right"


def test_a_model_that_has_learned_nothing_is_told_before_its_advice_is_followed(tmp_path):
    run = nothing_learned(tmp_path, rows=1500)
    cautions = {one.name: one for one in run.cautions()}
    assert GRAVE[0] in cautions
    assert cautions[GRAVE[0]].options == {"class_weights": "balanced"}
    listed = run.scores(by="suspicion")
    assert (listed["suggested_label"] == "").all()
    assert not listed["suspicious"].any()
    with pytest.raises(FinineError, match="another label is suggested"):
        run.correct(by="suspicion", top=100)


def test_a_good_model_calls_for_no_caution(noisy):
    run, _, _ = noisy
    assert not {one.name for one in run.cautions()} & set(GRAVE)


def test_of_few_held_out_rows_it_is_not_said_that_nothing_was_learned():
    good = {"accuracy": 0.75, "balanced_accuracy": 0.75, "auc": 0.8}
    record = {"config": {}, "dataset": {"classes": ["a", "b"]}}
    for rows, own in ((1, 0.0), (12, 0.75)):
        model = good | {"balanced_accuracy": own}
        (caution,) = cautions_of({**record, "results": {"check": {"model": model, "rows": rows}}})
        assert caution.name in GRAVE
        assert "cannot be told" in caution.words
        assert f"{rows} held-out row" in caution.words


def test_the_numbers_of_the_list_are_of_its_own_rows_not_of_a_second_file(tmp_path):
    random = np.random.default_rng(0)
    y = np.arange(140) % 2
    x = random.normal(size=(140, 2)) + 3 * y[:, None]
    names = np.array(["a", "b"])[np.where(np.arange(140) % 10 == 0, 1 - y, y)]
    second = written(tmp_path / "second.csv", x[60:], names[60:])
    run = trained(
        written(tmp_path / "first.csv", x[:60], names[:60]), label="label", home=tmp_path / "home",
        validation=str(second), epochs=1,
    )  # fmt: skip
    listed, advice = run.scores(by="suspicion"), run.advice()
    assert sorted(listed["row_number"]) == list(range(60))
    assert advice["rows"] == advice["total"]["rows"] == 60
    assert advice["held_out"] == 80
    assert max(one["rows"] for one in advice["shares"]) <= 30
    assert listed["suspicion"].sum() / 100 == pytest.approx(advice["total"]["wrong"], abs=0.1)


def test_labels_of_texts_are_judged_alike_whatever_the_model_reads(tmp_path):
    random = np.random.default_rng(0)
    words = np.array([["good", "fine", "lovely", "sunny"], ["bad", "awful", "rainy", "cold"]])
    y = np.arange(120) % 2
    texts = [" ".join(random.choice(words[code], 3)) + f" day {k % 7}" for k, code in enumerate(y)]
    given = np.where(np.arange(120) % 15 == 0, 1 - y, y)
    path = tmp_path / "texts.csv"
    pd.DataFrame({"text": texts, "label": np.array(["up", "down"])[given]}).to_csv(
        path, index=False
    )
    told = {}
    for model in ("bag", "logistic"):
        run = trained(
            path, label="label", text=["text"], home=tmp_path / "home", model=model, epochs=1
        )
        told[model] = run.scores(by="suspicion").sort_values("row_number")
    signals = ["out_of_fold_margin", "cleaned_margin", "neighbours", "errors_nearby"]
    for name in signals:
        assert told["bag"][name].tolist() == told["logistic"][name].tolist()


def test_a_person_is_told_when_labels_were_not_judged(tmp_path):
    x, y = load_digits(return_X_y=True)
    path = written(tmp_path / "d.csv", x[:36], np.where(y[:36] > 4, "high", "low"))
    run = trained(path, label="label", home=tmp_path / "home", epochs=2)
    assert run.advice() is None
    assert run.rankings == run.targets
    assert [one.name for one in run.cautions()] == ["labels not judged"]
