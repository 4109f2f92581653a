"""What a person sees and can do on the Groups page."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from finine_app.components.named_curve import of_group, of_row
from finine_app.components.words import group_words, pair_words
from finine_core import api
from finine_core.curation.group_filter import in_group
from finine_core.influence import GroupInfluence
from tests.app.looking import FLIPS, healthy, in_address, said, table, words
from tests.trained import trained


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
    return trained(
        folder / "rows.csv", label="y", ignore=("kind",), validation="column:part",
        home=folder / "home", epochs=12,
    )  # fmt: skip


def test_without_a_run_or_without_a_validation_target_it_says_what_to_do(app, tmp_path):
    assert "No run yet" in words(healthy(app(tmp_path, "groups").run()))
    trained(FLIPS.path, label=FLIPS.label, home=tmp_path, epochs=2, validation=0.0)
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
    ("mu", "low", "high", "p", "expected"),
    [
        (-2.0, -3.0, -1.0, 0.001, "The group hurts"),
        (2.0, 1.0, 3.0, 0.001, "The group helps"),
        (2.0, -1.0, 3.0, 0.001, "cannot be told"),
        (-2.0, -3.0, -1.0, 0.4, "Not shown"),
    ],
)
def test_a_reading_says_no_more_than_interval_and_chance_allow(mu, low, high, p, expected):
    assert expected in group_words(GroupInfluence("validation", 50, mu, low, high, p, True, 0.05))


@pytest.fixture
def saving(app, grouped, tmp_path):
    """A copy of that run, and the page opened on a condition of it."""
    shutil.copytree(grouped.home, tmp_path / "home")
    run = api.open_run(grouped.run_id, tmp_path / "home")
    page = app(run.home, "groups")
    page.query_params["group_where"] = "kind = 'bad'"
    return run, healthy(page.run())


def test_a_condition_is_saved_renamed_put_into_the_trash_and_restored(saving):
    run, page = saving
    assert "No group is saved yet" in said(page)
    page.text_input(key="group_name").set_value("bad $ones$").run()
    healthy(page.button(key="group_save").click().run())
    (one,) = run.groups.all()
    assert one.name == "bad $ones$"
    assert run.groups.rows_of(one.group_id).tolist() == sorted(
        run.select(where="kind = 'bad'", target="validation")
    )
    listed = table(page, "chosen by").iloc[0]
    assert (listed["rows"], listed["chosen by"]) == (one.rows, "where kind = 'bad'")
    assert listed["μ"] == run.group(group=one.name).mu

    number = one.group_id
    page.text_input(key=f"group_new_name_{number}").set_value("bad ones").run()
    healthy(page.button(key=f"group_rename_{number}").click().run())
    assert run.groups.named("bad ones").group_id == number
    assert page.selectbox(key="group_shown").value == "bad ones", "it is still the one shown"

    healthy(page.button(key=f"group_trash_{number}").click().run())
    assert run.groups.all() == []
    assert "No group is saved yet" in said(page)
    healthy(page.button(key="group_restore").click().run())
    assert [found.name for found in run.groups.all()] == ["bad ones"]


def test_a_name_that_is_taken_is_refused_and_a_second_press_saves_nothing_twice(saving):
    run, page = saving
    page.button(key="group_save").click().run()
    page.button(key="group_save").click().run()
    assert [one.name for one in run.groups.all()] == ["kind = 'bad'"]
    assert not page.error
    page.text_input(key="group_where").set_value("kind = 'good'").run()
    page.text_input(key="group_name").set_value("kind = 'bad'").run()
    page.button(key="group_save").click().run()
    assert "There is a group" in page.error[0].value


def test_all_rows_of_a_group_are_marked_after_a_preview_and_one_undo_takes_it_back(saving):
    run, page = saving
    one = run.save_group("it's bad", where="kind = 'bad'", target="validation")
    page.run()
    healthy(page.selectbox(key="bulk_decision").set_value("delete").run())
    preview = table(page, "rows in this group")
    assert preview["rows in this group"].sum() == one.rows
    (apply,) = [found for found in page.button if (found.key or "").startswith("bulk_apply_")]
    healthy(apply.click().run())
    assert run.log.counts()["delete"] == one.rows
    assert run.decisions()[-1].selection == "where in_group('it''s bad')"
    healthy(page.button(key="undo").click().run())
    assert run.log.counts()["delete"] == 0


def test_the_review_page_lists_the_rows_of_a_saved_group(app, saving):
    run, _ = saving
    one = run.save_group("it's bad", where="kind = 'bad'", target="validation")
    page = app(run.home, "review")
    page.query_params["filter_sql"] = in_group(one.name)
    page.query_params["target"] = "validation"
    healthy(page.run())
    assert f"**{one.rows:,} of" in said(page)
    run.groups.rename(one.group_id, "other")
    healthy(page.run())
    assert "no saved group" in page.error[0].value, "counted again: the group has another name"


def test_a_group_and_rows_are_pinned_and_compared_with_their_bands(app, saving):
    run, page = saving
    healthy(page.button(key="group_save_pin").click().run())
    one = run.groups.named("kind = 'bad'")
    assert in_address(page, "pins") == f"g{one.group_id}"
    row = run.scores("validation", top=1)["row_number"][0]

    compare = app(run.home, "compare")
    compare.query_params["pins"] = f"{row},g{one.group_id}"
    compare.query_params["target"] = "validation"
    healthy(compare.run())
    found = table(compare, "pinned")
    assert found["pinned"].tolist() == [f"row {row}", "group kind = 'bad'"]
    assert found["rows"].tolist() == [1, one.rows]
    curves = [
        of_row(run.curve(row, "validation")),
        of_group(run.group_curve(group=one.name), one.name),
    ]
    assert pair_words(*curves).replace("\\", "") in said(compare)
    low, high = curves[1].band_at(0.05)
    assert found["band of β"].iloc[1] == f"{low:.2f} … {high:.2f}"
    assert in_address(compare, "pins") == f"{row},g{one.group_id}", "the link keeps the pins"

    compare.button_group(key="compare_target").set_value("self").run()
    assert "Not shown here: kind = 'bad'" in said(healthy(compare))
    assert table(compare, "pinned")["pinned"].tolist() == [f"row {row}"]
    compare.button_group(key="compare_target").set_value("validation").run()

    run.groups.trash(one.group_id)
    assert "is in the trash" in said(healthy(compare.run()))
    assert table(compare, "pinned")["pinned"].tolist() == [f"row {row}"]


def test_a_group_is_added_on_the_compare_page_and_a_pin_of_nothing_is_told(app, saving):
    run, _ = saving
    one = run.save_group("bad", where="kind = 'bad'", target="validation")
    compare = app(run.home, "compare")
    compare.query_params["pins"] = "g99,gx,g1e3," + "9" * 30
    compare.query_params["target"] = "validation"
    healthy(compare.run())
    assert "no saved group 99" in said(compare)
    compare.selectbox(key="compare_add_group").set_value(one.group_id).run()
    assert table(healthy(compare), "pinned")["pinned"].tolist() == ["group bad"]
    assert in_address(compare, "pins") == f"g99,g{one.group_id}"
