"""What a person sees and can do on the Export page."""

from __future__ import annotations

import csv
import json
import zipfile

from finine_core import api
from tests.app.looking import FLIPS, MIXED, healthy, metrics, table, words
from tests.trained import trained


def test_export_without_a_run_says_what_to_do(app, tmp_path):
    assert "There is no run yet" in words(healthy(app(tmp_path, "export").run()))


def test_export_of_an_unfinished_run_says_why_not(app, tmp_path):
    run = api.run(FLIPS.path, label=FLIPS.label, home=tmp_path, epochs=50_000, block=False)
    run.cancel()
    page = healthy(app(tmp_path, "export").run())
    assert "has no scores" in page.error[0].value


def test_export_with_nothing_marked_leads_to_review(app, own_run):
    page = healthy(app(own_run.home, "export").run())
    assert "Nothing is marked for deletion, and no label is corrected" in words(page)
    assert metrics(page)["Will be removed"] == "0"
    assert not [one for one in page.button if one.key == "prepare_export"]


def test_export_shows_what_goes_and_gives_a_zip_the_core_agrees_with(app, own_run, tmp_path):
    own_run.mark(top=12, decision="delete", reason="wrong label", reviewer="ann")
    own_run.mark(top=3, target="validation", decision="delete", reviewer="ben")
    own_run.mark(top=1, decision="review", reviewer="ben")
    own_run.undo("ben")
    marked = own_run.log.counts()["delete"]
    page = healthy(app(own_run.home, "export").run())
    assert metrics(page) == {
        "Rows in the file": "569",
        "Stay": f"{569 - marked}",
        "Will be removed": f"{marked}",
        "Labels corrected": "0",
        "Still marked for review": "0",
    }
    groups = table(page, "Decided by")
    assert groups["Rows"].sum() == marked
    assert set(groups["Decided by"]) == {"ann", "ben"}
    log = table(page, "In force")
    assert "no, undone" in set(log["In force"])
    assert len(log) == 4
    balance = table(page, "% before")
    assert (balance["Before"] - balance["After"]).sum() == marked
    assert "114 of the rows were held out" in words(page)
    assert "Training again with and without" in words(page)

    page.button(key="prepare_export").click().run()
    assert healthy(page).download_button(key="download_zip").label == "Download the zip"
    prepared = page.session_state["_prepared"]
    own_run.export(tmp_path / "by_core")
    with zipfile.ZipFile(prepared.path) as archive:
        assert set(archive.namelist()) == {
            "cleaned.csv", "removed.csv", "removed_scores.csv", "corrected_labels.csv",
            "manifest.json",
        }  # fmt: skip
        cleaned = (tmp_path / "by_core" / "cleaned.csv").read_bytes()
        assert archive.read("cleaned.csv") == cleaned
        assert json.loads(archive.read("manifest.json"))["run_id"] == own_run.run_id
    codes = [one.value for one in page.code]
    assert codes[0].startswith(f"finine export {own_run.run_id} --home ")
    assert codes[1].startswith("finine apply cleaned/manifest.json")


def test_held_out_rows_that_were_decided_about_are_told_and_exported(app, own_run, tmp_path):
    held_out = own_run.scores(by="suspicion", where="mu IS NULL")
    gone, corrected = held_out["row_number"].tolist()[:2]
    old = held_out.set_index("row_number")["label"][corrected]
    new = next(one for one in own_run.record()["dataset"]["classes"] if one != old)
    own_run.mark(rows=[gone], decision="delete")
    own_run.mark(rows=[corrected], decision="relabel", label=new)
    page = healthy(app(own_run.home, "export").run())
    assert metrics(page)["Will be removed"] == metrics(page)["Labels corrected"] == "1"
    assert table(page, "Model says")["Row"].tolist() == [gone]
    assert "no μ; what was decided about them is carried out like the rest" in words(page)
    result = own_run.export(tmp_path / "out")
    (line,) = csv.DictReader(result.corrected_labels.open(encoding="utf-8"))
    ids = held_out.set_index("row_number")["row_id"]
    assert (line["row_number"], line["row_id"]) == (str(corrected), ids[corrected])
    assert line["mu"] == ""


def test_a_decision_made_after_preparing_takes_the_old_zip_away(app, own_run):
    own_run.mark(top=2, decision="delete")
    page = app(own_run.home, "export").run()
    page.button(key="prepare_export").click().run()
    assert [one for one in page.download_button if one.key == "download_zip"]
    own_run.mark(top=3, decision="delete")
    page.run()
    assert not [one for one in healthy(page).download_button if one.key == "download_zip"]
    assert page.button(key="prepare_export").label == "Prepare the download"


def test_a_moved_input_can_be_named(app, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text(MIXED.replace("some words that go on 3,", "=words that go on 3,"))
    run = trained(data, label="label", features=("x",), home=tmp_path / "h", epochs=1)
    run.mark(top=2, decision="delete")
    moved = data.rename(tmp_path / "moved.csv")
    page = healthy(app(run.home, "export").run())
    assert "no longer at" in page.warning[0].value
    assert "1 cell begins like a formula" in page.warning[1].value
    page.button(key="prepare_export").click().run()
    assert "does not exist" in page.error[0].value
    page.text_input(key="export_data").set_value(str(moved)).run()
    page.button(key="prepare_export").click().run()
    assert "38 rows stay" in healthy(page).success[0].value
    assert any("--data" in one.value and "moved.csv" in one.value for one in page.code)


def test_corrected_labels_are_shown_counted_and_exported(app, own_run):
    classes = own_run.record()["dataset"]["classes"]
    first = own_run.scores(top=3)
    row, old = int(first["row_number"][0]), first["label"][0]
    (new,) = set(classes) - {old}
    own_run.mark(rows=[row], decision="relabel", label=new, reason="a *slip*", reviewer="ann")
    own_run.mark(rows=[int(first["row_number"][1])], decision="relabel", label=old)
    own_run.undo()
    page = healthy(app(own_run.home, "export").run())
    assert metrics(page)["Labels corrected"] == "1"
    assert metrics(page)["Will be removed"] == "0"
    groups, rows = (one.value for one in page.dataframe if "Corrected to" in one.value.columns)
    assert rows["Row"].tolist() == [row]
    assert groups.iloc[0].to_dict() == {
        "Rows": 1, "Label now": old, "Corrected to": new, "Reason": "a *slip*", "Decided by": "ann",
    }  # fmt: skip
    balance = table(page, "% before").set_index("Class")
    assert (balance["After"] - balance["Before"]).to_dict() == {old: -1, new: 1}
    log = table(page, "In force")
    assert f"✎ relabel to {new}" in log["What"].iloc[-1]
    assert list(log["In force"][1:]) == ["no, undone", "yes"]
    assert "Training again with and without these marks tells" in words(page)
    assert "What will be removed" not in words(page)

    page.checkbox(key="spreadsheet_safe").check().run()
    page.button(key="prepare_export").click().run()
    assert "569 rows stay, 0 are taken out, 1 label is corrected" in healthy(page).success[0].value
    with zipfile.ZipFile(page.session_state["_prepared"].path) as archive:
        assert "cleaned_for_spreadsheets.csv" in archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["corrected_labels"][0]["new_label"] == new
    assert json.loads(page.json[0].value)["run_id"] == own_run.run_id
    assert len(page.table[0].value) == 6  # each file with its line
    assert page.code[0].value.endswith("--spreadsheet-safe --out cleaned")
    page.checkbox(key="spreadsheet_safe").uncheck().run()
    assert not [one for one in healthy(page).download_button if one.key == "download_zip"]


def test_a_correction_to_a_class_the_data_does_not_have_is_told_with_a_way_out(app, own_run):
    row = int(own_run.scores(top=1)["row_number"][0])
    own_run.log.mark([row], "relabel", label="no such class")
    page = healthy(app(own_run.home, "export").run())
    assert f"Row {row} is to have the label" in page.error[0].value
    assert "clear that decision" in page.error[0].value
