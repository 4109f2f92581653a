"""Columns of the review table that follow from others."""

from __future__ import annotations

import math

import pytest

from finine_core.curation.comparing import places
from finine_core.curation.derived import (
    LIKELIER_WRONG,
    SURE,
    SUSPICIOUS_RATE,
    SUSPICIOUS_SHARE,
    derived_columns,
)
from finine_core.errors import FinineError
from tests.trained import trained


def test_a_row_is_suspicious_when_its_label_is_likelier_wrong_than_right(finished_run):
    scores = finished_run.scores("validation")
    wrong = scores["suspicion"] >= LIKELIER_WRONG
    assert 0 < wrong.sum() < len(scores)
    assert (scores["suspicious"] == wrong).all()
    suggested = scores["suggested_label"] != ""
    assert wrong[suggested].all(), "another label is suggested for suspicious rows only"
    assert (scores["suggested_label"] != scores["label"]).all()
    asked = finished_run.scores("validation", where="suspicious AND suggested_label <> ''")
    assert len(asked) == suggested.sum() > 0


def test_where_labels_were_not_judged_the_model_and_mu_say_what_is_suspicious():
    names = {"label", "predicted", "predicted_probability", "q_value"}
    columns = derived_columns(names, rows=40)
    for part in (str(SURE), str(SUSPICIOUS_RATE), f"rank <= {math.ceil(SUSPICIOUS_SHARE * 40)}"):
        assert part in columns["suspicious"][1]


def test_several_counts_and_shares_come_from_one_look(own_run):
    table = own_run.review()
    own_run.mark(rows=own_run.scores(top=3)["row_number"].tolist(), decision="keep")
    rows = len(own_run.scores())
    found = table.tally({"all": "true", "kept": "decision = 'keep'"}, target="self")
    assert found == {"all": rows, "kept": 3}
    shares = table.shares({"a": "decision = 'keep'", "b": "NULL"}, target="self", where="rank <= 6")
    top = own_run.scores("self", top=6)
    kept = (top["decision"] == "keep").groupby(top["label"]).mean()
    assert shares == {label: {"a": kept[label], "b": None} for label in kept.index}
    with pytest.raises(FinineError, match="nosuch"):
        table.tally({"a": "nosuch > 1"}, target="self")


def test_the_likeliest_classes_of_each_row_are_kept(finished_run):
    import pyarrow.parquet as pq

    scores = finished_run.scores("self").sort_values("row_number")
    kept = pq.read_table(finished_run.folder.predictions).sort_by("row_number")
    assert kept.column("row_number").to_pylist() == scores["row_number"].tolist()
    lines = kept.to_pylist()
    assert [one["classes"][0] for one in lines] == scores["predicted"].tolist()
    assert [one["probabilities"][0] for one in lines] == pytest.approx(
        scores["predicted_probability"].tolist()
    )
    assert all(sum(one["probabilities"]) == pytest.approx(1, abs=1e-5) for one in lines)


def test_what_the_model_makes_of_a_row_is_told_for_training_rows_only(finished_run):
    line = finished_run.scores(top=1).iloc[0]
    found = finished_run.prediction(int(line["row_number"]))
    assert found["class"][0] == line["predicted"]
    given = found.loc[found["class"] == line["label"], "probability"].item()
    assert given == pytest.approx(line["probability"])
    with pytest.raises(FinineError, match="no row 99999"):
        finished_run.prediction(99999)


def test_rows_that_say_the_same_are_found_whatever_their_label_and_id(tmp_path):
    lines = [f"r{i},{'ab'[i % 2]},{i % 7},{'x' if i % 3 else ''}" for i in range(60)]
    lines += ["t1,a,99.5,odd", "t2,b,99.5,odd", "t3,a,99.5,"]
    (tmp_path / "d.csv").write_text("id,label,n,note\n" + "\n".join(lines) + "\n")
    run = trained(tmp_path / "d.csv", label="label", id="id", home=tmp_path / "h", validation=0.05,
                  epochs=1, seed=3)  # fmt: skip
    numbers = run.scores("self").set_index("row_id")["row_number"]
    assert {"t1", "t2", "t3"} <= set(numbers.index)
    assert run.same_rows(numbers["t1"]).tolist() == [numbers["t2"]]
    assert run.same_rows(numbers["t3"]).tolist() == []


def test_a_value_is_placed_among_the_rows_of_a_label(finished_run):
    table = finished_run.review()
    data = finished_run.scores("self").merge(
        table.query(target="self", with_data=True).to_pandas()[["row_number", "mean radius"]]
    )
    line = table.query(target="self", where="rank = 5", with_data=True).to_pylist()[0]
    by_label = places(table, line, ["mean radius"], ["benign", "malignant"], "self")
    assert list(by_label) == ["benign", "malignant"]
    (found,) = by_label["benign"]
    others = data[(data["label"] == "benign") & (data["row_number"] != line["row_number"])]
    below = (others["mean radius"] < line["mean radius"]).mean()
    equal = (others["mean radius"] == line["mean radius"]).mean()
    assert (found.numeric, found.share) == (True, pytest.approx(below + equal / 2))
    assert found.oddness == pytest.approx(abs(2 * found.share - 1))
