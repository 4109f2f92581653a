"""What a person sees of a run with folds: every row has a μ, and what is told by one training."""

import shutil

import pytest

from finine_app.components.words import EXAMPLE_ALPHA, miss_words
from finine_core import api
from tests.app.looking import FLIPS, healthy, ranked, said, shown_row
from tests.trained import trained

FOLDS = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return trained(
        FLIPS.path, label=FLIPS.label, id=FLIPS.id, home=tmp_path_factory.mktemp("folds"),
        model="mlp", epochs=6, folds=FOLDS,
    )  # fmt: skip


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made.home, tmp_path / "home")
    return api.open_run(made.run_id, tmp_path / "home")


def test_the_row_that_the_first_training_held_out_is_shown_like_any_other(app, run):
    row = int(run.scores(by="suspicion", where="fold = 1", top=1)["row_number"].iloc[0])
    page = app(run.home, "review")
    page.query_params["row"] = str(row)
    page.run()
    text = said(healthy(page))
    assert shown_row(page) == row
    assert "fold 1, which the trained model has not seen" in text
    assert "means of the 2 trainings that learned from it" in text
    assert "was held out" not in text
    assert miss_words(run.curve(row), EXAMPLE_ALPHA) in text
    assert len(ranked(run, "self")) == 569


def test_groups_say_that_the_first_training_tells_of_them(app, run):
    page = app(run.home, "groups")
    page.run()
    assert "told by the first training, of the rows with fold <> 1 alone" in said(healthy(page))
    page.text_input(key="group_where").set_value("label = 'malignant'").run()
    left_out = run.group(where="label = 'malignant'").left_out
    assert left_out > 50
    assert f"{left_out} further rows of the group were held out in the first training" in said(
        healthy(page)
    )


def test_verify_says_which_marks_it_does_not_speak_of(app, run):
    run.mark(where="fold = 1", by="suspicion", top=2, decision="delete")
    run.mark(where="fold = 2", by="suspicion", top=3, decision="delete")
    text = said(healthy(app(run.home, "verify").run()))
    assert "2 further marks are of rows with fold = 1, held out here" in text
    assert "3 rows marked for deletion" in text


def test_all_rows_are_on_the_map_and_in_an_export(app, run):
    healthy(app(run.home, "map").run())
    assert len(run.projection("pca")) == 569
    text = said(healthy(app(run.home, "export").run()))
    assert "They have no μ" not in text


def test_the_run_says_how_often_it_was_trained(app, run):
    page = app(run.home, "run")
    page.session_state["_watched"] = run.run_id
    (text,) = [one.value for one in healthy(page.run()).success]
    assert "569 rows have a μ" in text
    assert "trained 3 times; the figures are of the first" in text
