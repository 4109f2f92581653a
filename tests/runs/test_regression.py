"""A number to learn: from a file to scores, retraining and export, as a person would."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from finine_core.errors import FinineError
from finine_core.verification import sentences
from finine_sample_data import SAMPLES
from tests.cli.test_cli import finine
from tests.trained import trained

SAMPLE = SAMPLES["diabetes_outliers"]


@pytest.fixture(scope="module")
def numbers_run(tmp_path_factory):
    """A finished run on diabetes_outliers, with all that is left to the defaults."""
    home = tmp_path_factory.mktemp("home")
    return trained(SAMPLE.path, label=SAMPLE.label, id=SAMPLE.id, home=home)


@pytest.fixture(scope="module")
def shifted():
    """For each row of the scores, whether its number was shifted by us."""
    answers = pd.read_csv(SAMPLE.path.parent / SAMPLE.reference_file).set_index(SAMPLE.reference_id)
    return lambda scores: scores["row_id"].map(answers["shifted"]).to_numpy(dtype=bool)


def test_it_is_seen_to_be_a_number_and_told_in_its_measure(numbers_run):
    record = numbers_run.record()
    assert record["dataset"]["task"] == "regression"
    results = record["results"]
    assert "validation_accuracy" not in results
    deviation = pd.read_csv(SAMPLE.path)[SAMPLE.label].std()
    assert 0 < results["validation_rmse"] < deviation, "better than the mean, in the file's numbers"


def test_shifted_numbers_rank_first_and_errors_are_in_the_numbers_of_the_file(numbers_run, shifted):
    scores = numbers_run.scores("self")
    bad = shifted(scores)
    assert roc_auc_score(bad, scores["mu"]) > 0.85
    assert roc_auc_score(bad, scores["mean_loss"]) > 0.85
    given, said = scores["label"].astype(float), scores["predicted"].astype(float)
    np.testing.assert_allclose(said - given, scores["error"], atol=0.01)
    assert (scores["suggested_label"].fillna("") == "").all(), "a guess is no measurement"


def test_verification_speaks_of_rmse_and_export_keeps_every_other_byte(
    numbers_run, shifted, tmp_path
):
    scores = numbers_run.scores("self").sort_values("row_number")
    marked = scores.loc[shifted(scores), "row_number"].tolist()
    numbers_run.mark(rows=marked, reason="shifted by us")
    found = numbers_run.verify(repeats=2, processes=1)
    said = " ".join(sentences(found))
    assert "RMSE" in said
    assert "accuracy" not in said
    numbers_run.export(tmp_path / "out")
    lines = SAMPLE.path.read_bytes().splitlines(keepends=True)
    gone = {row + 1 for row in marked}
    kept = b"".join(line for place, line in enumerate(lines) if place not in gone)
    assert (tmp_path / "out" / "cleaned.csv").read_bytes() == kept
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["removed_rows"] == marked


def test_a_number_is_not_corrected_to_what_the_model_says(numbers_run):
    row = int(numbers_run.scores("self")["row_number"].iloc[0])
    with pytest.raises(FinineError, match="number"):
        numbers_run.mark(rows=[row], decision="relabel", label="100")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--label", "note", "--task", "regression"], "does not hold numbers, such as 'word'"),
        (["--label", "kind", "--loss", "huber"], "huber"),
        (
            ["--label", "gap", "--task", "regression"],
            "has no value in 1 of 40 rows (row 7, line 9)",
        ),
    ],
)
def test_what_cannot_be_learned_as_a_number_is_told(tmp_path, options, said):
    table = pd.DataFrame({"x": np.arange(40) % 7, "y": np.arange(40) / 3, "note": "word"})
    table["gap"], table["kind"] = table["y"].where(table.index != 7), ["a", "b"] * 20
    table.to_csv(tmp_path / "d.csv", index=False)
    told = finine("run", tmp_path / "d.csv", *options, "--features", "x",
                  "--home", tmp_path / "home", ok=False)  # fmt: skip
    assert said in " ".join(told.split())
