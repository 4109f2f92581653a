"""An Excel workbook in a real browser: upload, run, mark, export, and read it back."""

import io
import zipfile

import openpyxl
from playwright.sync_api import expect

from finine_core import api
from tests.e2e.steps import by_key, comes, go, no_error_is_shown, press

ROWS = 200


def workbook(path):
    book = openpyxl.Workbook()
    book.active.title = "Measurements"
    book.active.append(["size", "weight", "note", "kind"])
    for row in range(ROWS):
        kind = row % 2
        line = [row * 37 % 101 / 10 + 8 * kind, row * 53 % 89, f"=A{row + 2}*2", "ab"[kind]]
        book.active.append(line)
    book.active["A2"].number_format = "0.00"
    book.save(path)
    return path


def test_an_excel_workbook_from_upload_to_export(page, serve, shot, tmp_path):
    data = workbook(tmp_path / "my measurements.xlsx")
    home = tmp_path / "home"
    page.goto(serve(home))
    page.get_by_text("Upload a file", exact=True).click()
    by_key(page, "upload").locator("input[type=file]").set_input_files(data)
    expect(page.get_by_text("200 cells hold formulas", exact=False).first).to_be_visible()
    expect(page.get_by_text("Ready:", exact=False)).to_be_visible()
    shot("formats_data")
    press(page, "go_to_run")
    press(page, "start_run")
    comes(by_key(page, "open_review"), home)
    press(page, "open_review")

    run = api.open_run("latest", home)
    first, second = (int(row) for row in run.scores(by="suspicion", top=2)["row_number"])
    expect(page.get_by_role("heading", name=f"Row {first}")).to_be_visible()
    press(page, "mark_delete")
    expect(page.get_by_role("heading", name=f"Row {second}")).to_be_visible()
    expect(by_key(page, "decision_counts")).to_contain_text("1 delete")

    go(page, "Export")
    press(page, "prepare_export")
    expect(by_key(page, "download_zip")).to_be_visible()
    shot("formats_export")
    with page.expect_download() as waiting:
        press(page, "download_zip")
    no_error_is_shown(page)
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as packed:
        cleaned = openpyxl.load_workbook(io.BytesIO(packed.read("cleaned.xlsx"))).active
    before = list(openpyxl.load_workbook(data).active.iter_rows(values_only=True))
    after = list(cleaned.iter_rows(values_only=True))
    kept = before[: first + 1] + before[first + 2 :]
    assert [(row[0], row[1], row[3]) for row in after] == [(r[0], r[1], r[3]) for r in kept]
    assert [row[2] for row in after[1:]] == [f"=A{line}*2" for line in range(2, ROWS + 1)]
    assert cleaned.title == "Measurements"
