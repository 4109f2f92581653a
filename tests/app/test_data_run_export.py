"""What a person sees and can do on the Data, Run and Export pages and in the sidebar."""

from __future__ import annotations

import io
import json
import shlex
import time
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from finine_app.components.commands import run_command
from finine_app.components.data.file_facts import check, choice_of, facts_of
from finine_app.components.data.source import save_upload
from finine_app.components.run.form import DEFAULTS
from finine_app.state import DataChoice
from finine_core import api
from finine_core.errors import FinineError
from finine_core.files import sha256_of
from finine_core.runs import RunConfig, State, create_run
from finine_sample_data import SAMPLES

FLIPS = SAMPLES["breast_cancer_flips"]
MIXED = "id,part,note,x,label\n" + "".join(
    f"{i},{'val' if i % 4 == 0 else 'train'},some words that go on {i},{i * 7 % 11}.5,"
    f"{'cat' if i % 2 else 'dog'}\n"
    for i in range(40)
)


def widget(kind, key):
    """The widget whose key begins with `key`: those about a file end in a mark of the file."""
    found = [one for one in kind if one.key and one.key.startswith(key)]
    assert found, f"no widget {key}: {[one.key for one in kind]}"
    return found[0]


def table(app, column):
    """The table that has a column of this name."""
    (found,) = [one.value for one in app.dataframe if column in one.value.columns]
    return found


def words(app):
    kinds = (
        app.title, app.header, app.subheader, app.markdown, app.caption, app.info, app.success,
        app.error, app.warning,
    )  # fmt: skip
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def metrics(app):
    return {one.label: one.value for one in app.metric}


def healthy(app):
    assert not app.exception, app.exception
    return app


def with_file(app, home, tmp_path, content, name="data.csv"):
    """The Data page with a file on this machine chosen by its path."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    page = app(home, "data").run()
    page.radio(key="data_source").set_value("A file on this machine").run()
    page.text_input(key="data_path").set_value(str(path)).run()
    return healthy(page), path


# --- Data ---


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
        ("sheet.xlsx", "PK", "are not supported", ".parquet"),
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
        ("a,label\n1.5,x\n2,\n3,y\n4,x\n5,y\n", "has no value in 1 of 5 rows (row 1)"),
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
    assert kept.parent.name == sha256_of(kept)[:12]
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
    kept = check(page.session_state["_data_choice"])
    assert kept.table.num_rows == 0, "the page keeps counts, not rows"
    assert path.stat().st_size > 3e6


# --- Run ---


def test_run_without_data_says_what_to_do(app, tmp_path):
    page = healthy(app(tmp_path, "run").run())
    assert "No data is chosen yet" in words(page)
    assert [link.label for link in page.get("page_link")] == ["Choose data"]


def test_run_tells_what_will_be_done_and_the_command_for_it(app, tmp_path):
    page = app(tmp_path, "run")
    page.query_params["data"] = str(FLIPS.path)
    page.run()
    assert "diagnosis" in words(page)
    assert "model mlp" in words(page)
    assert page.checkbox(key="target_validation").value
    page.checkbox(key="target_validation").uncheck()
    page.number_input(key="epochs").set_value(3)
    page.text_input(key="run_name").set_value("first try").run()
    command = healthy(page).code[0].value
    assert "--target self" in command
    assert "--epochs 3" in command
    assert "--name 'first try'" in command
    page.checkbox(key="target_self").uncheck().run()
    assert "at least one target" in words(page)
    assert not [one for one in page.button if one.key == "start_run"]


def test_the_command_is_one_that_the_cli_takes():
    from typer.main import get_command

    from finine_core.cli import cli

    choice = DataChoice(str(FLIPS.path), "diagnosis", features=("mean area",), id="sample_id")
    options = {
        "data": choice.data, "label": choice.label, "features": choice.features, "id": choice.id,
        "text": (), "ignore": ("mean radius",), "targets": ("self",), "validation": 0.3,
        "model": "mlp", "epochs": 2, "batch_size": 16, "lr": 0.1, "optimizer": "adam", "seed": 4,
        "record_steps": 6,
    }  # fmt: skip
    arguments = shlex.split(run_command(options, DEFAULTS, "a name"))[2:]
    command = get_command(cli).commands["run"]
    with command.make_context("run", arguments) as context:
        given = context.params
    assert given["validation"] == "0.3"
    assert given["target"] in (["self"], ("self",))
    assert (given["lr"], given["optimizer"], given["batch_size"]) == (0.1, "adam", 16)
    assert given["name"] == "a name"


def test_a_run_can_be_started_once_watched_and_reviewed(app, tmp_path):
    page = app(tmp_path, "run")
    page.query_params["data"] = str(FLIPS.path)
    page.run()
    page.number_input(key="epochs").set_value(3)
    page.text_input(key="run_name").set_value("mine").run()
    start = page.button(key="start_run")
    start.click().run()
    (run,) = api.runs(tmp_path)
    assert page.query_params["run"] == run.run_id
    if not run.status().state.over:
        assert page.button(key="cancel_run").label == "Cancel"
    assert run.wait().state is State.DONE
    page.run()
    shown = metrics(healthy(page))
    assert shown["Accuracy on held-out rows"].endswith("%")
    assert shown["Training"].endswith("s")
    assert shown["Recording"].endswith("s")
    assert page.get("plotly_chart"), "the loss curve"
    assert len(api.runs(tmp_path)) == 1
    page.button(key="open_review").click().run()
    assert page.query_params["run"] == run.run_id
    assert page.title[0].value == "Review"


def test_two_clicks_in_a_row_start_one_run(monkeypatch, tmp_path):
    def two_clicks(data):
        import streamlit as st

        from finine_app.components.run import form as run_form

        st.session_state["_start_token"] = True  # what the button carries
        for _ in range(2):
            run_form._start({"data": data, "label": "diagnosis", "epochs": 1}, "")

    monkeypatch.setenv("FININE_HOME", str(tmp_path))
    healthy(AppTest.from_function(two_clicks, args=(str(FLIPS.path),)).run(timeout=60))
    (run,) = api.runs(tmp_path)
    assert run.wait().state is State.DONE


def test_a_running_run_can_be_cancelled_and_resumed(app, tmp_path):
    run = api.run(
        FLIPS.path, label=FLIPS.label, home=tmp_path, name="long", epochs=50_000, block=False
    )
    page = app(tmp_path, "run").run()
    assert page.button(key="cancel_run").label == "Cancel", "found without being asked for"
    page.button(key="cancel_run").click().run()
    assert run.status().state is State.CANCELLED
    page.run()
    assert "The run was cancelled" in words(healthy(page))
    page.button(key="resume_run").click().run()
    assert run.status().state in (State.QUEUED, State.RUNNING)
    run.cancel()


def test_a_failed_run_tells_why_with_its_log(app, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("x,label\n" + "1,a\n2,b\n" * 10)
    with pytest.raises(FinineError):
        api.run(data, label="lable", home=tmp_path / "h")
    page = healthy(app(tmp_path / "h", "run").run())
    assert "Did you mean 'label'?" in page.error[0].value
    assert "failed" in page.code[0].value
    assert page.button(key="resume_run").label == "Try again"


def test_earlier_runs_are_listed_and_open(app, own_run):
    page = healthy(app(own_run.home, "run").run())
    assert "flips" in words(page)
    page.button(key=f"open_{own_run.run_id}").click().run()
    assert "have a μ" in healthy(page).success[0].value


# --- Export ---


def test_export_without_a_run_says_what_to_do(app, tmp_path):
    assert "There is no run yet" in words(healthy(app(tmp_path, "export").run()))


def test_export_of_an_unfinished_run_says_why_not(app, tmp_path):
    run = api.run(FLIPS.path, label=FLIPS.label, home=tmp_path, epochs=50_000, block=False)
    run.cancel()
    page = healthy(app(tmp_path, "export").run())
    assert "has no scores" in page.error[0].value


def test_export_with_nothing_marked_leads_to_review(app, own_run):
    page = healthy(app(own_run.home, "export").run())
    assert "Nothing is marked for deletion" in words(page)
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
    assert "later version" in words(page)

    page.button(key="prepare_export").click().run()
    assert healthy(page).download_button(key="download_zip").label == "Download the zip"
    prepared = page.session_state["_prepared"]
    own_run.export(tmp_path / "by_core")
    with zipfile.ZipFile(prepared.path) as archive:
        assert set(archive.namelist()) == {
            "cleaned.csv", "removed.csv", "removed_scores.csv", "manifest.json",
        }  # fmt: skip
        cleaned = (tmp_path / "by_core" / "cleaned.csv").read_bytes()
        assert archive.read("cleaned.csv") == cleaned
        assert json.loads(archive.read("manifest.json"))["run_id"] == own_run.run_id
    codes = [one.value for one in page.code]
    assert codes[0].startswith(f"finine export {own_run.run_id} --home ")
    assert codes[1].startswith("finine apply cleaned/manifest.json")


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
    data.write_text(MIXED)
    run = api.run(data, label="label", features=("x",), home=tmp_path / "h", epochs=1)
    run.mark(top=2, decision="delete")
    moved = data.rename(tmp_path / "moved.csv")
    page = healthy(app(run.home, "export").run())
    assert "no longer at" in page.warning[0].value
    page.button(key="prepare_export").click().run()
    assert "does not exist" in page.error[0].value
    page.text_input(key="export_data").set_value(str(moved)).run()
    page.button(key="prepare_export").click().run()
    assert "38 rows stay" in healthy(page).success[0].value
    assert any("--data" in one.value and "moved.csv" in one.value for one in page.code)


# --- the sidebar ---


def test_the_sidebar_names_the_run_and_the_reviewer_and_explains_the_words(app, own_run):
    page = healthy(app(own_run.home, "export").run())
    chooser = page.sidebar.selectbox(key="run_choice")
    assert chooser.value == own_run.run_id
    assert chooser.options[0].startswith("✓ flips · ")
    assert page.query_params["run"] == own_run.run_id, "the view is a link"
    page.sidebar.text_input(key="reviewer_name").set_value(" ann ").run()
    assert page.session_state["_reviewer"] == "ann"
    explained = "\n".join(one.value for one in page.sidebar.markdown)
    for word in ("μ", "Trade-off curve", "Type I error", "Type II error", "Target validation"):
        assert word in explained


def test_choosing_a_run_in_the_sidebar_changes_every_page(app, own_run):
    other = create_run(own_run.home, RunConfig(data=str(FLIPS.path), label=FLIPS.label), "other")
    page = app(own_run.home, "export").run()
    assert page.sidebar.selectbox(key="run_choice").value == other.run_id, "the newest"
    assert "has no scores" in page.error[0].value
    page.sidebar.selectbox(key="run_choice").set_value(own_run.run_id).run()
    assert page.query_params["run"] == own_run.run_id
    assert "flips" in words(healthy(page))
    assert not page.error


@pytest.mark.parametrize("page", ["data", "run", "export"])
def test_a_damaged_run_does_not_take_the_pages_down(app, own_run, page):
    Path(own_run.folder.path / "run.json").write_text("{")
    opened = healthy(app(own_run.home, page).run())
    assert "cannot be read" in words(opened) + "".join(one.value for one in opened.sidebar.caption)
