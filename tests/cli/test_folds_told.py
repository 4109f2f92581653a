"""Folds on the command line: their price before anything starts, and what is told afterwards."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from tests.cli.test_cli import finine, process

SAMPLE = "sample:breast_cancer_flips"
PRICE = "every row gets an influence; takes about 3 × as long."


def test_the_price_is_said_before_anything_starts(tmp_path):
    told = process("run", SAMPLE, "--folds", 3, "--dry-run", "--home", tmp_path)
    lines = dict(line.split(None, 1) for line in told.splitlines() if len(line.split()) > 1)
    assert (lines["folds"], lines["train_rows"], lines["validation_rows"]) == ("3", "379", "190")
    found = json.loads(
        finine("run", SAMPLE, "--folds", 3, "--dry-run", "--json", "--home", tmp_path)
    )
    assert found["folds"] == 3
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_a_run_with_folds_tells_its_parts_and_every_row(tmp_path):
    home = tmp_path / "home"
    command = [sys.executable, "-m", "finine_core.cli", "run", SAMPLE, "--folds", "3", "--epochs",
               "20", "--model", "mlp", "--home", str(home)]  # fmt: skip
    # what a run says beside its result is only seen of a process
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert PRICE in found.stderr.splitlines()[0]
    assert found.stderr.index(PRICE) < found.stderr.index("training, part 1 of 3")
    assert "training, part 3 of 3" in found.stderr
    finine("scores", "latest", "--home", home, "--out", tmp_path / "s.csv")
    scores = pd.read_csv(tmp_path / "s.csv")
    assert len(scores) == 569
    assert scores["mu"].notna().all()
    which = ("group", "latest", "--where", "label = 'malignant'", "--home", home)
    told = "further rows of the group were held out in the first training"
    assert told in finine(*which)
    assert json.loads(finine(*which, "--json"))["left_out"] > 50
    row = scores.query("fold == 1")["row_number"].iloc[0]
    assert finine("curve", "latest", "--row", row, "--home", home).startswith("row_number,mu")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--validation", 0.3), "validation says what is held out, too"),
        (("--auxiliary",), "Leave auxiliary out, or folds"),
    ],
)
def test_what_does_not_go_together_is_one_clear_line(tmp_path, option, said):
    told = finine("run", SAMPLE, "--folds", 3, *option, "--home", tmp_path, ok=False)
    assert said in told
