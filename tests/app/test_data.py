"""What a person sees and can do on the Data page."""

from __future__ import annotations

import io
import time

import pytest

from finine_app.components.data.checked import check
from finine_app.components.data.file_facts import choice_of, facts_of
from finine_app.components.data.source import PATH, save_upload
from finine_core.errors import FinineError
from finine_core.files import sha256_of
from finine_sample_data import SAMPLES
from tests.app.looking import (
    FLIPS,
    MIXED,
    healthy,
    in_address,
    metrics,
    widget,
    with_file,
    words,
)
from tests.saved_datasets import save_splits


def test_an_empty_home_opens_on_data_with_every_sample_described_honestly(app, tmp_path):
    page = healthy(app(tmp_path).run())
    assert page.title[0].value == "Data"
    for sample in SAMPLES.values():
        assert page.button(key=f"sample_{sample.name}").label == "Use this sample"
        assert sample.description in words(page).replace("\\", "")


def test_a_chosen_sample_is_ready_with_its_suggested_roles(app, tmp_path):
    page = app(tmp_path, "data").run()
    page.button(key="sample_breast_cancer_flips").click().run()
    healthy(page)
    assert metrics(page) == {"Rows": "569", "Columns": "32", "Cells without a value": "0"}
    assert widget(page.selectbox, "label").value == FLIPS.label
    roles = widget(page.data_editor, "roles").value
    assert dict(zip(roles["Column"], roles["Role"], strict=True))["sample_id"] == "id"
    assert set(roles["Role"]) == {"id", "feature"}
    assert "455 rows" in page.success[0].value
    assert "114" in page.success[0].value
    assert not page.button(key="go_to_run").disabled
    assert page.query_params["data"] == str(FLIPS.path)


def test_the_preview_shows_the_first_rows_with_long_texts_shortened(app, tmp_path):
    long = "x" * 500
    rows = "".join(f"{long},{'ab'[i % 2]}\n" for i in range(300))
    page, _ = with_file(app, tmp_path / "h", tmp_path, "text,label\n" + rows)
    preview = page.dataframe[0].value
    assert len(preview) == 200
    assert preview["text"].str.len().max() == 80
    assert metrics(page)["Rows"] == "300"


@pytest.mark.parametrize(
    ("name", "content", "said", "mend"),
    [
        ("empty.csv", "", "empty.csv is empty", "first line must name the columns"),
        ("ragged.csv", "a,label\n1,x\n1,x,2\n", "row 1 (line 3 of the file)", "double quotes"),
        ("sheet.xls", "PK", "are not supported", ".parquet"),
        ("sheet.xlsx", "PK", "sheet.xlsx", ""),
        ("bad.jsonl", '{"a": 1}\n{"a": \n', "bad.jsonl", ""),
        ("not.parquet", "PAR0", "not.parquet", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_mend(app, tmp_path, name, content, said, mend):
    page, _ = with_file(app, tmp_path / "h", tmp_path, content, name)
    (message,) = page.error
    assert said in message.value.replace("\\", "")
    assert mend in message.value.replace("\\", "")
    assert not page.success


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,label\n1.5,x\n2,x\n3,x\n", "only one class"),
        ("a,label\n1.5,x\n2,\n3,y\n4,x\n5,y\n", "has no value in 1 of 5 rows (row 1, line 3)"),
    ],
)
def test_labels_that_cannot_be_learned_are_told_before_the_run(app, tmp_path, content, said):
    page, _ = with_file(app, tmp_path / "h", tmp_path, content)
    if not page.error:  # no label was guessed: a person names it
        widget(page.selectbox, "label").set_value("label").run()
    assert said in healthy(page).error[0].value.replace("\\", "")
    assert page.button(key="go_to_run").disabled


def test_a_path_to_nothing_is_told_and_the_earlier_file_is_let_go(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, MIXED)
    assert page.success
    page.text_input(key="data_path").set_value(str(tmp_path / "none.csv")).run()
    assert "There is no file" in healthy(page).error[0].value
    assert not page.success


def test_every_suggested_role_can_be_overruled(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, MIXED)
    editor = widget(page.data_editor, "roles")
    assert dict(zip(editor.value["Column"], editor.value["Role"], strict=True)) == {
        "id": "id", "part": "ignore", "note": "text", "x": "feature",
    }  # fmt: skip
    page.session_state[editor.key] = {
        "edited_rows": {2: {"Role": "ignore"}}, "added_rows": [], "deleted_rows": [],
    }  # fmt: skip
    healthy(page.run())
    choice = page.session_state["_data_choice"]
    assert (choice.text, choice.features, choice.ignore) == ((), ("x",), ("part", "note"))
    widget(page.selectbox, "label").set_value("part").run()
    choice = healthy(page).session_state["_data_choice"]
    assert choice.label == "part"
    assert choice.text == (), "what was overruled stays so under another label"


def test_leaving_every_column_out_is_refused_before_the_run(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, MIXED)
    key = widget(page.data_editor, "roles").key
    page.session_state[key] = {
        "edited_rows": {i: {"Role": "ignore"} for i in range(4)},
        "added_rows": [],
        "deleted_rows": [],
    }
    assert "No column is left to learn" in healthy(page.run()).error[0].value
    assert page.button(key="go_to_run").disabled


def test_two_ids_are_refused(tmp_path):
    with pytest.raises(FinineError, match="both to be the id"):
        choice_of(tmp_path / "a.csv", "label", {"a": "id", "b": "id"}, 0.2)


def test_a_split_column_is_offered_and_used(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, MIXED)
    assert "part says train and validation" in words(page)
    widget(page.radio, "validation_kind").set_value("A column says which").run()
    assert widget(page.selectbox, "validation_column").value == "part"
    assert "30 rows" in healthy(page).success[0].value


def test_a_second_file_can_be_the_validation(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, MIXED)
    second = tmp_path / "held_out.csv"
    second.write_text(MIXED)
    widget(page.radio, "validation_kind").set_value("A second file").run()
    widget(page.text_input, "validation_file").set_value(str(second)).run()
    assert "40 rows" in healthy(page).success[0].value
    assert "training file itself" in words(page)
    widget(page.text_input, "validation_file").set_value(str(tmp_path / "no.csv")).run()
    assert "There is no file" in healthy(page).error[0].value


def users_by_day():
    """40 rows of eight users, a day for every two, and texts of which two are the same."""
    return "user,day,x,label\n" + "".join(
        f"u{i % 8},2024-01-{1 + i // 2:02},{i * 7 % 41}.5,{'cat' if i % 3 else 'dog'}\n"
        for i in range(40)
    )


def test_whole_groups_can_be_held_out(app, tmp_path):
    page, path = with_file(app, tmp_path / "h", tmp_path, users_by_day())
    widget(page.radio, "validation_kind").set_value("Whole groups of rows").run()
    assert widget(page.selectbox, "group_column").value == "user", "named like a group"
    said = words(healthy(page))
    assert "2 of 8 groups and 10 rows are held out (25 %; 20 % was asked for)" in said
    assert "Nothing is learned from 'user'" in said
    assert "30 rows" in page.success[0].value
    choice = page.session_state["_data_choice"]
    assert (choice.group, choice.time, choice.validation) == ("user", None, 0.2)
    assert choice.features == ("x",), "the group is no feature, whatever its role was"
    command = next(one.value for one in page.code if "finine check" in one.value)
    assert command == f"finine check {path} --label label --features x --ignore day --group user"
    widget(page.slider, "validation_share").set_value(0.5).run()
    assert "4 of 8 groups and 20 rows" in words(healthy(page))
    app.at_page(page, "export").run()
    app.at_page(page, "data").run()
    assert widget(healthy(page).radio, "validation_kind").value == "Whole groups of rows"
    assert widget(page.slider, "validation_share").value == 0.5
    widget(page.radio, "validation_kind").set_value("A share of the rows").run()
    assert healthy(page).session_state["_data_choice"].group is None


def test_the_latest_rows_can_be_held_out(app, tmp_path):
    page, _ = with_file(app, tmp_path / "h", tmp_path, users_by_day())
    widget(page.radio, "validation_kind").set_value("The latest rows").run()
    assert widget(page.selectbox, "time_column").value == "day", "its values are dates"
    assert "The latest 8 rows are held out" in words(healthy(page))
    assert "'day' from '2024-01-17' on" in words(page)
    assert page.session_state["_data_choice"].time == "day"
    widget(page.selectbox, "time_column").set_value("user").run()
    assert "'user' is 'u0' in row 0 (line 2), which is no time" in page.error[0].value.replace(
        "\\", ""
    )
    assert page.button(key="go_to_run").disabled


@pytest.mark.parametrize(
    ("way", "name", "column"),
    [("Whole groups of rows", "held_group", "user"), ("The latest rows", "held_time", "day")],
)
def test_what_is_held_out_survives_a_reload(app, tmp_path, way, name, column):
    page, _ = with_file(app, tmp_path / "h", tmp_path, users_by_day())
    widget(page.radio, "validation_kind").set_value(way).run()
    assert in_address(healthy(page), name) == column
    again = app(tmp_path / "h", "data")
    for one in ("data", "columns", name):
        again.query_params[one] = in_address(page, one)
    assert widget(healthy(again.run()).radio, "validation_kind").value == way
    assert again.session_state["_data_choice"] == page.session_state["_data_choice"]
    hostile = app(tmp_path / "h", "data")
    for one in ("data", "columns"):
        hostile.query_params[one] = in_address(page, one)
    hostile.query_params[name] = "label"
    assert widget(healthy(hostile.run()).radio, "validation_kind").value == "A share of the rows"


def test_the_choices_survive_a_look_at_another_page(app, tmp_path):
    page, path = with_file(app, tmp_path / "h", tmp_path, MIXED)
    widget(page.slider, "validation_share").set_value(0.5).run()
    app.at_page(page, "export").run()
    app.at_page(page, "data").run()
    assert widget(healthy(page).slider, "validation_share").value == 0.5
    assert page.session_state["_data_choice"].validation == 0.5
    assert path.name in words(page)


def test_a_file_in_the_address_is_chosen_after_a_reload(app, tmp_path):
    page = app(tmp_path, "data")
    page.query_params["data"] = str(FLIPS.path)
    assert metrics(healthy(page.run()))["Rows"] == "569"


def test_a_saved_data_set_is_used_by_its_path(app, tmp_path):
    folder = save_splits(tmp_path / "saved", train=24, test=8)
    page = app(tmp_path / "h", "data").run()
    page.radio(key="data_source").set_value(PATH).run()
    page.text_input(key="data_path").set_value(str(folder)).run()
    healthy(page)
    assert metrics(page)["Rows"] == "32"
    assert widget(page.selectbox, "label").value == "label"
    assert "are read as one table, with a column 'split'" in words(page).replace("\\", "")
    assert not page.button(key="go_to_run").disabled


def test_an_upload_is_kept_by_content_and_never_changed(app, tmp_path):
    home = tmp_path / "h"
    page = app(home, "data").run()
    page.radio(key="data_source").set_value("Upload a file").run()
    page.file_uploader(key="upload").set_value(
        ("../my data (1).csv", MIXED.encode(), "text/csv")
    ).run()
    (kept,) = (home / "uploads").rglob("*.csv")
    assert kept.name == "my_data_1.csv"
    assert kept.read_bytes() == MIXED.encode()
    assert kept.parent.name == sha256_of(kept)
    assert "32 rows" in healthy(page).success[0].value


def test_an_upload_of_an_unknown_kind_is_told_and_not_kept(app, tmp_path):
    page = app(tmp_path, "data").run()
    page.radio(key="data_source").set_value("Upload a file").run()
    page.file_uploader(key="upload").set_value(("a.exe", b"MZ", "application/x")).run()
    assert "are not supported" in healthy(page).error[0].value
    assert not (tmp_path / "uploads").exists()


def test_the_same_upload_is_stored_once(tmp_path):
    first = save_upload(tmp_path, "a.csv", io.BytesIO(b"x,y\n"))
    before = first.stat().st_mtime_ns
    assert save_upload(tmp_path, "a.csv", io.BytesIO(b"x,y\n")) == first
    assert first.stat().st_mtime_ns == before


def test_names_with_signs_of_markdown_are_shown_as_they_are(app, tmp_path):
    content = "x,$y$\n" + "".join(f"{i}.5,{'ab'[i % 2]}\n" for i in range(20))
    page, _ = with_file(app, tmp_path / "h", tmp_path, content, "a_b_*c*.csv")
    widget(page.selectbox, "label").set_value("$y$").run()
    assert any(r"a\_b\_\*c\*.csv" in one.value for one in page.subheader)
    assert any(r"\$y\$" in one.value for one in page.subheader)


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,label\n1,a\n2,b\n")
    assert facts_of(path).rows == 2
    path.write_text("x,label\n1,a\n2,b\n3,a\n4,b\n")
    assert facts_of(path).rows == 4


def test_a_large_file_is_shown_in_under_a_second_once_it_was_read(app, tmp_path):
    rows = "".join(
        f"{i},word{i} and more words in a row {i},{'abc'[i % 3]}\n" for i in range(100_000)
    )
    page, path = with_file(app, tmp_path / "h", tmp_path, "id,text,label\n" + rows)
    assert metrics(page)["Rows"] == "100,000"
    started = time.perf_counter()
    healthy(page.run())
    assert time.perf_counter() - started < 1
    kept = check(page.session_state["_data_choice"]).dataset
    assert kept.table.num_rows == 0, "the page keeps counts, not rows"
    assert path.stat().st_size > 3e6
