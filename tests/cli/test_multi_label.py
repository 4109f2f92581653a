"""Several label columns on the command line: texts whose labels are yes and no."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.cli.test_cli import finine

NAMES = ["rude, very", "loud"]  # a column's name may hold a comma
WORDS = {"rude, very": "idiot fool", "loud": "SHOUT NOISE"}


@pytest.fixture(scope="module")
def comments(tmp_path_factory):
    random = np.random.default_rng(1)
    held = random.integers(2, size=(120, 2))
    texts = [
        " ".join(["some words", *(WORDS[n] for n, has in zip(NAMES, row, strict=True) if has)])
        + f" about thing{k}"
        for k, row in enumerate(held)
    ]
    frame = pd.DataFrame({"comment": texts})
    frame[NAMES] = np.where(held, "yes", "no")
    path = tmp_path_factory.mktemp("data") / "comments.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_run_its_scores_its_export_and_its_manifest(comments, tmp_path):
    labels = [word for name in NAMES for word in ("--label", name)]
    home = ("--home", tmp_path / "home")
    report = finine("check", comments, *labels, "--text", "comment")
    assert "Labels that may hold together: 'rude, very', 'loud'." in report
    told = json.loads(finine("run", comments, *labels, "--dry-run", "--json", *home))
    assert (told["label"], told["objective"]) == (NAMES, "multi_label")
    run_id = finine("run", comments, *labels, "--text", "comment", "--epochs", 5, *home).split()[-1]
    shown = finine("show", run_id, *home)
    assert "validation_label_accuracy" in shown
    assert "validation_macro_f1" in shown
    lines = json.loads(finine("scores", run_id, "--format", "json", *home))
    frame = pd.read_csv(comments)
    for line in lines:
        held = [name for name in NAMES if frame.loc[line["row_number"], name] == "yes"]
        assert line["label"] == (" + ".join(held) or "(none)")
    finine("mark", run_id, "--top", 7, "--as", "delete", *home)
    told = finine(
        "mark", run_id, "--rows", 0, "--as", "relabel", "--label", "loud", *home, ok=False
    )
    assert "several labels" in told
    finine("export", run_id, "--out", tmp_path / "out", *home)
    again = tmp_path / "again.csv"
    finine("apply", tmp_path / "out/manifest.json", "--data", comments, "--out", again)
    assert again.read_bytes() == (tmp_path / "out/cleaned.csv").read_bytes()
    assert len(pd.read_csv(again)) == len(frame) - 7


def test_a_word_that_is_neither_yes_nor_no_is_told(comments, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(comments.read_text().replace(",no\n", ",perhaps\n", 1))
    labels = [word for name in NAMES for word in ("--label", name)]
    told = finine("run", other, *labels, "--home", tmp_path, ok=False)
    assert "'loud' is 'perhaps' in row" in told
    assert "other.csv" in told
