"""Labels that may hold together, as a person meets them on every page."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from finine_app.components.data.choice import DataChoice
from finine_core import api
from tests.app.looking import healthy, in_address, said, shown_row, table, widget
from tests.app.looking import with_file as opened_with
from tests.app.test_past_runs import choose
from tests.conftest import APP
from tests.trained import trained

NAMES = ["toxic", "insult", "threat"]
PAGES = re.findall(r'url_path="(\w+)"', APP.read_text(encoding="utf-8"))


def content(rows=160, third=None):
    """A file with three label columns of which the first two can be learned."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 4)).round(3)
    frame = pd.DataFrame(x, columns=list("abcd"))
    frame["toxic"] = (x[:, 0] > 0).astype(int)
    frame["insult"] = (x[:, 1] > 0.3).astype(int)
    frame["threat"] = (x[:, 2] > 0.8).astype(int)
    if third is not None:
        frame.loc[5, "insult"] = third
    return frame.to_csv(index=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    path = folder / "comments.csv"
    path.write_text(content())
    return trained(path, label=NAMES, home=folder / "home", epochs=8,
                   targets=("self", "validation", "class:threat"))  # fmt: skip


def with_labels(app, home, tmp_path, text):
    page, path = opened_with(app, home, tmp_path, text)
    widget(page.selectbox, "label").set_value("toxic").run()
    widget(page.multiselect, "more_labels").set_value(["insult", "threat"]).run()
    return healthy(page), path


def test_several_label_columns_are_chosen_kept_in_the_address_and_run(app, tmp_path):
    home = tmp_path / "home"
    page, _ = with_labels(app, home, tmp_path, content())
    choice = page.session_state["_data_choice"]
    assert (choice.label, choice.features) == (tuple(NAMES), tuple("abcd"))
    text = said(page)
    assert "Learned as **multi_label**" in text
    assert "Rows of toxic, insult, threat" in text
    assert "Ready" in page.success[0].value
    assert ".4,5,6" in in_address(page, "columns")
    again = app(home, "data")
    for name in page.query_params:
        again.query_params[name] = in_address(page, name)
    healthy(again.run())
    assert again.session_state["_data_choice"] == choice, "a reload loses nothing"
    app.at_page(page, "run").run()
    text = said(healthy(page))
    assert "toxic, insult, threat" in text
    assert "3 labels that may hold together" in text
    assert "--label toxic --label insult --label threat" in page.code[0].value
    page.number_input(key="epochs").set_value(2).run()
    page.checkbox(key="target_classes").check().run()
    page.button(key="start_run").click().run()
    config = api.open_run(home=home).record()["config"]
    assert config["label"] == NAMES
    assert config["targets"] == ["self", "validation", "classes"]


def test_one_label_column_alone_is_still_a_class(app, tmp_path):
    page, _ = opened_with(app, tmp_path / "h", tmp_path, content())
    widget(page.selectbox, "label").set_value("toxic").run()
    assert page.session_state["_data_choice"].label == "toxic"
    assert "multi_label" not in widget(page.selectbox, "task").options


def test_no_further_labels_are_asked_for_where_no_column_is_one(app, tmp_path):
    rows = "".join(f"{k}.5,{'cat' if k % 2 else 'dog'}\n" for k in range(40))
    page, _ = opened_with(app, tmp_path / "h", tmp_path, "x,label\n" + rows)
    assert not [one for one in page.multiselect if one.key.startswith("more_labels")]


def test_columns_of_0_and_1_are_offered_first(app, tmp_path):
    page, _ = opened_with(app, tmp_path / "h", tmp_path, content())
    widget(page.selectbox, "label").set_value("insult").run()
    assert widget(page.multiselect, "more_labels").options == ["toxic", "threat", *"abcd"]


def test_a_third_value_is_told_before_the_run(app, tmp_path):
    page, _ = with_labels(app, tmp_path / "h", tmp_path, content(third=2))
    told = page.error[0].value.replace("\\", "")
    assert "'insult' is '2' in row 5 (line 7)" in told
    assert page.button(key="go_to_run").disabled


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_such_a_run(app, finished, name):
    text = said(healthy(app(finished.home, name).run()))
    assert "Traceback" not in text


def test_review_shows_the_set_and_what_is_doubted_and_offers_no_correction(app, finished):
    page = healthy(app(finished.home, "review").run())
    row = shown_row(page)
    scores = finished.scores("self").set_index("row_number")
    assert f"Labels **{scores.loc[row, 'label']}**".replace("(", "").replace(")", "") in said(
        page
    ).replace("(", "").replace(")", "")
    assert not [one for one in page.button if str(one.key).startswith("mark_relabel")]
    assert not [one for one in page.button if str(one.key).startswith("relabel_other")]
    bulk = page.selectbox(key="bulk_decision")
    assert not [one for one in bulk.options if "the model suggests" in one]
    sets = set(page.selectbox(key="filter_label").options)
    assert set(scores["label"]) <= sets
    wanted = scores["label"].value_counts().index[0]
    page.selectbox(key="filter_label").set_value(wanted).run()
    assert f"{(scores['label'] == wanted).sum():,} of {len(scores):,} rows" in said(healthy(page))


def test_a_doubted_label_is_named_with_its_probability(app, finished):
    scores = finished.scores("self")
    row = int(scores.loc[scores["label"] != scores["predicted"], "row_number"].iloc[0])
    page = app(finished.home, "review")
    page.query_params["row"] = str(row)
    text = said(healthy(page.run()))
    found = finished.prediction(row)
    for name, chance, given in zip(found["class"], found["probability"], found["given"],
                                   strict=True):  # fmt: skip
        told = f"The row {'has' if given else 'lacks'} **{name}**, to which the model gives"
        assert (f"{told} {chance:.0%}" in text) == ((chance < 0.5) == given)


def test_each_label_has_its_probability_beside_what_the_row_has(app, finished):
    page = app(finished.home, "review").run()
    page.session_state["row_others"] = "Probabilities"
    found = table(healthy(page.run()), "probability")
    assert found["class"].tolist() == NAMES
    assert found["given"].dtype == bool


def test_verify_and_export_have_words_for_labels(app, finished):
    finished.mark(top=5, decision="delete")
    text = said(healthy(app(finished.home, "verify").run()))
    assert "random rows with the same labels" in text
    page = healthy(app(finished.home, "export").run())
    assert "5" in said(page)
    finished.undo()


def test_a_choice_names_its_label_columns():
    assert DataChoice("a.csv", "y").labels == ("y",)
    assert DataChoice("a.csv", ("y", "z")).labels == ("y", "z")


def test_such_a_run_is_filled_in_again(app, finished):
    page = healthy(app(finished.home, "run").run())
    choose(page, finished.run_id, "Duplicate with changes")
    assert healthy(page).session_state["_data_choice"].label == tuple(NAMES)
    assert "3 labels that may hold together" in said(page)
    assert page.multiselect(key="more_targets").value == ["class:threat"]
