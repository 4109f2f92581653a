"""A number to learn in a real browser: upload, run, errors, mark, export."""

import csv
import io

from playwright.sync_api import expect

from finine_core import api
from finine_sample_data import sample
from tests.e2e.steps import (
    by_key,
    comes,
    export,
    go,
    no_error_is_shown,
    press,
    settled,
    without_row,
)


def test_a_table_with_a_number_to_learn_from_upload_to_export(page, serve, shot, tmp_path):
    chosen, home = sample("diabetes_outliers"), tmp_path / "home"
    original = chosen.path.read_bytes()
    data = tmp_path / "diabetes.csv"
    data.write_bytes(original)
    page.goto(serve(home))
    page.get_by_text("Upload a file", exact=True).click()
    by_key(page, "upload").locator("input[type=file]").set_input_files(data)
    expect(page.get_by_text("Ready:", exact=False)).to_be_visible()
    expect(page.get_by_text("In bands of about as many rows each", exact=False)).to_be_visible()
    shot("regression_data")
    press(page, "go_to_run")
    press(page, "start_run")
    comes(by_key(page, "open_review"), home)
    expect(page.get_by_text("RMSE", exact=False).first).to_be_visible()
    shot("regression_run")
    press(page, "open_review")

    run = api.open_run("latest", home)
    assert run.record()["dataset"]["task"] == "regression"
    first = int(run.scores(top=1)["row_number"].iloc[0])
    expect(page.get_by_role("heading", name=f"Row {first}")).to_be_visible()
    page.get_by_role("tab", name="Errors").click()
    expect(page.get_by_text("On the dashed line the model is right", exact=False)).to_be_visible()
    shot("regression_review")
    press(page, "mark_delete")
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")
    go(page, "Map")
    settled(page)
    shot("regression_map")
    no_error_is_shown(page)

    with export(page) as packed:
        cleaned = packed.read("cleaned.csv")
    assert cleaned == without_row(original, first)
    assert len(list(csv.reader(io.StringIO(cleaned.decode())))) == 442
    assert data.read_bytes() == original, "the original must not change"
    no_error_is_shown(page)
