"""What a person sees and can do on the Run page."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from finine_app.components.commands import run_command
from finine_app.components.data.address import short_form
from finine_app.components.data.choice import DataChoice
from finine_app.components.data.file_facts import default_choice, facts_of
from finine_app.components.run.form import DEFAULTS
from finine_app.components.run.panel import PHASES
from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs import State
from finine_core.runs.jobs.progress import EMBEDDING, TRAINING
from finine_core.runs.work.choosing import CHOOSING
from tests.app.looking import FLIPS, healthy, metrics, words
from tests.conftest import APP_SECONDS


def test_run_without_data_says_what_to_do(app, tmp_path):
    page = healthy(app(tmp_path, "run").run())
    assert "No data is chosen yet" in words(page)
    assert "Choose data" in [link.label for link in page.get("page_link")]


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


def test_a_tick_gives_every_row_an_influence_and_tells_its_price(app, tmp_path):
    page = app(tmp_path, "run")
    page.query_params["data"] = str(FLIPS.path)
    page.run()
    assert page.checkbox(key="every_row").label.endswith("takes about 3 × as long")
    assert "from **455 rows**" in words(page)
    assert "--folds" not in page.code[0].value
    page.checkbox(key="every_row").check().run()
    told = words(healthy(page))
    assert "The model is trained 3 times, each time without another third of the rows" in told
    assert "from **569 rows**" in told
    assert "3 times. Each time another part of them is held out." in told
    assert "--folds 3" in page.code[0].value
    page.number_input(key="folds").set_value(5).run()
    assert "The model is trained 5 times" in words(healthy(page))
    page.checkbox(key="auxiliary").check().run()
    assert "Leave auxiliary out, or folds" in words(page)
    assert not [one for one in page.button if one.key == "start_run"]


def test_folds_are_not_offered_beside_a_share_of_ones_own(app, tmp_path):
    page, facts = app(tmp_path, "run"), facts_of(FLIPS.path)
    choice = replace(default_choice(FLIPS.path, facts, facts.label), validation=0.3)
    page.query_params["data"] = str(FLIPS.path)
    page.query_params["columns"] = short_form(choice, FLIPS.path, facts)
    page.query_params["held_out"] = "0.3"
    page.session_state["every_row"] = True
    page.run()
    assert page.checkbox(key="every_row").disabled
    assert "from **398 rows**" in words(healthy(page))
    assert "--folds" not in page.code[0].value


def test_the_command_is_one_that_the_cli_takes():
    from typer.main import get_command

    from finine_core.cli import cli

    choice = DataChoice(str(FLIPS.path), "diagnosis", features=("mean area",), id="sample_id")
    options = {
        "data": choice.data, "label": choice.label, "features": choice.features, "id": choice.id,
        "text": (), "ignore": ("mean radius",), "targets": ("self",), "validation": 0.3,
        "model": "mlp", "epochs": 2, "batch_size": 16, "lr": 0.1, "optimizer": "adam", "seed": 4,
        "record_epochs": "all", "auxiliary": True, "folds": 3,
    }  # fmt: skip
    arguments = shlex.split(run_command(options, DEFAULTS, "a name"))[2:]
    command = get_command(cli).commands["run"]
    with command.make_context("run", arguments) as context:
        given = context.params
    assert given["validation"] == "0.3"
    assert given["target"] in (["self"], ("self",))
    assert (given["lr"], given["optimizer"], given["batch_size"]) == (0.1, "adam", 16)
    assert given["name"] == "a name"
    assert given["auxiliary"]
    assert given["record_epochs"] == "all"
    assert given["folds"] == 3


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

        from finine_app.components.run import start

        st.session_state["_start_token"] = "of this form"  # what the button carries
        for _ in range(2):
            start.start({"data": data, "label": "diagnosis", "epochs": 1}, "")

    monkeypatch.setenv("FININE_HOME", str(tmp_path))
    healthy(AppTest.from_function(two_clicks, args=(str(FLIPS.path),)).run(timeout=APP_SECONDS))
    assert len(api.runs(tmp_path)) == 1


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


def test_the_page_has_words_for_every_phase_that_a_worker_begins():
    work = Path(__file__).parents[2] / "finine_core" / "runs" / "work"
    text = "".join(path.read_text(encoding="utf-8") for path in work.glob("*.py"))
    begun = set(re.findall(r'begin_phase\(\s*folder,\s*"(\w+)"', text))
    assert {"reading", "encoding", "judging", "scoring"} <= begun
    assert begun | {CHOOSING, EMBEDDING, *TRAINING} <= set(PHASES)
    starts = [begin for _, begin in PHASES.values()]
    assert starts == sorted(starts), "the bar never goes back"


def test_a_finished_run_says_how_good_its_model_is_class_by_class(app, own_run):
    page = app(own_run.home, "run")
    page.session_state["_watched"] = own_run.run_id
    tables = [one.value for one in healthy(page.run()).dataframe]
    models = next(one for one in tables if "balanced accuracy" in one.columns)
    assert models["on held-out rows"].tolist()[-1] == "always the most frequent class"
    recall = next(one for one in tables if "recall" in one.columns)
    assert set(recall["class"]) == {"benign", "malignant"}
    assert recall["recall"].between(0, 1).all()
