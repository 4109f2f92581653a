"""What a person sees and can do on the Groups page."""

from __future__ import annotations

import numpy as np
import pytest

from finine_app.components.words import group_words
from finine_core import api
from finine_core.influence import GroupInfluence
from tests.app.looking import FLIPS, healthy, table, words


@pytest.fixture(scope="module")
def grouped(tmp_path_factory):
    """A run with a column of kinds: rows of kind `bad` have wrong labels."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True, as_frame=True)
    frame = x.iloc[:, :6].round(3)
    bad = np.arange(len(frame)) % 8 == 1
    frame["kind"] = np.where(bad, "bad", "good")
    frame["y"] = np.where(bad, 1 - y, y)
    frame["part"] = ["validation" if place % 8 in (0, 2, 4) else "train" for place in range(len(x))]
    folder = tmp_path_factory.mktemp("groups")
    frame.to_csv(folder / "rows.csv", index=False)
    return api.run(
        folder / "rows.csv", label="y", ignore=("kind",), validation="column:part",
        home=folder / "home", epochs=12, record_steps=12,
    )  # fmt: skip


def test_without_a_run_or_without_a_validation_target_it_says_what_to_do(app, tmp_path):
    assert "No run yet" in words(healthy(app(tmp_path, "groups").run()))
    api.run(FLIPS.path, label=FLIPS.label, home=tmp_path, epochs=2, validation=0.0)
    assert "no influence on validation rows" in words(healthy(app(tmp_path, "groups").run()))


def test_the_harmful_kind_of_rows_is_first_and_a_condition_shows_it_in_full(app, grouped):
    page = healthy(app(grouped.home, "groups").run())
    listed = table(page, "reading")
    assert listed["rows of"].iloc[0] == "kind = bad"
    assert listed["μ"].iloc[0] < 0
    assert listed["q"].iloc[0] < 0.01
    worst = grouped.slices()[0]
    condition = grouped.condition_of(worst)
    page.text_input(key="group_where").set_value(condition).run()
    one = grouped.group(where=condition)
    assert f"{one.rows:,} rows" in words(healthy(page))
    assert group_words(one) in words(page)
    assert grouped.select(where=condition, target="validation").size == worst.influence.rows


def test_a_condition_from_the_address_is_shown_and_a_wrong_one_is_told(app, grouped):
    page = app(grouped.home, "groups")
    page.query_params["group_where"] = "kind = 'good'"
    assert "helps" in words(healthy(page.run()))
    page.text_input(key="group_where").set_value("no_such_column = 1").run()
    assert "does not work" in page.error[0].value
    page.text_input(key="group_where").set_value("kind = 'neither'").run()
    assert "empty" in page.error[0].value


def test_conditions_of_slices_name_exactly_their_rows(grouped):
    for one in grouped.slices():
        found = grouped.select(where=grouped.condition_of(one), target="validation")
        assert found.size == one.influence.rows, (one.column, one.value)


@pytest.mark.parametrize(
    ("mu", "low", "high", "p", "said"),
    [
        (-2.0, -3.0, -1.0, 0.001, "The group hurts"),
        (2.0, 1.0, 3.0, 0.001, "The group helps"),
        (2.0, -1.0, 3.0, 0.001, "cannot be told"),
        (-2.0, -3.0, -1.0, 0.4, "by chance"),
    ],
)
def test_a_reading_says_no_more_than_interval_and_chance_allow(mu, low, high, p, said):
    assert said in group_words(GroupInfluence("validation", 50, mu, low, high, p, True, 0.05))
