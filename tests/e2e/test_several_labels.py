"""Labels that may hold together in a real browser: upload, choose them, run, mark, export."""

import csv
import io
import re

import numpy as np
import pandas as pd
from playwright.sync_api import expect
from sklearn.datasets import make_multilabel_classification

from finine_core import api
from tests.e2e.steps import (
    by_key,
    comes,
    export,
    no_error_is_shown,
    pick,
    press,
    settled,
    without_row,
)

NAMES = ("toxic", "insult", "threat")
ROWS = 300


def comments(path):
    """A table of counts with three columns of 0 and 1."""
    x, y = make_multilabel_classification(ROWS, 8, n_classes=3, random_state=0)
    table = pd.DataFrame(x.astype(int)).add_prefix("word_")
    table.assign(**dict(zip(NAMES, np.asarray(y).T, strict=True))).to_csv(path, index=False)
    return path


def test_a_table_with_several_labels_from_upload_to_export(page, serve, shot, tmp_path):
    data, home = comments(tmp_path / "comments.csv"), tmp_path / "home"
    original = data.read_bytes()
    page.goto(serve(home))
    page.get_by_text("Upload a file", exact=True).click()
    by_key(page, "upload").locator("input[type=file]").set_input_files(data)
    expect(page.get_by_text("Which column is the label", exact=False)).to_be_visible()
    settled(page)
    further = page.get_by_role("combobox", name="Further labels", exact=False)
    for name in ("toxic", "insult"):  # one right after the other, as the list invites to
        pick(further, name)
    page.keyboard.press("Escape")
    chosen = page.get_by_test_id("stMultiSelect")
    for name in ("toxic", "insult"):
        expect(chosen).to_contain_text(name)
    settled(page)
    expect(page.get_by_text("Ready:", exact=False)).to_be_visible()
    shot("several_labels_data")
    press(page, "go_to_run")
    press(page, "start_run")
    comes(by_key(page, "open_review"), home)
    expect(page.get_by_text("label accuracy", exact=False).first).to_be_visible()
    press(page, "open_review")

    run = api.open_run("latest", home)
    assert run.record()["dataset"]["task"] == "multi_label"
    assert set(run.record()["dataset"]["roles"]["label"]) == set(NAMES)
    first = int(run.scores(top=1)["row_number"].iloc[0])
    expect(page.get_by_role("heading", name=f"Row {first}")).to_be_visible()
    expect(page.get_by_text(re.compile("The model (predicts|agrees)")).first).to_be_visible()
    shot("several_labels_review")
    press(page, "mark_delete")
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")
    expect(by_key(page, "mark_relabel")).to_have_count(0)
    no_error_is_shown(page)

    with export(page) as packed:
        cleaned = packed.read("cleaned.csv")
    assert cleaned == without_row(original, first)
    assert len(list(csv.reader(io.StringIO(cleaned.decode())))) == ROWS
    assert data.read_bytes() == original, "the original must not change"
    no_error_is_shown(page)
