"""Groups of rows that somebody saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from finine_core.curation.saved_groups import SavedGroups
from finine_core.errors import FinineError
from tests.trained import trained


def test_a_saved_group_keeps_its_rows_its_words_and_who_saved_it(tmp_path: Path) -> None:
    groups = SavedGroups(tmp_path, "r")
    groups.save([9, 1], " dark \n ones ", selection="lasso", reviewer="ann")
    found = SavedGroups(tmp_path, "r").named("dark ones")
    assert (found.rows, found.selection, found.reviewer) == (2, "lasso", "ann")
    assert groups.rows_of(found.group_id).tolist() == [1, 9]
    assert SavedGroups(tmp_path, "another run").all() == []


def test_two_groups_in_use_never_have_one_name(tmp_path: Path) -> None:
    groups = SavedGroups(tmp_path, "r")
    first = groups.save([1], "a")
    with pytest.raises(FinineError, match="a group 'a' already"):
        groups.save([2], "a")
    groups.trash(first.group_id)
    second = groups.save([2], "a")
    with pytest.raises(FinineError, match="already"):
        groups.restore(first.group_id)
    groups.rename(second.group_id, "b")
    groups.restore(first.group_id)
    assert [one.name for one in groups.all()] == ["b", "a"]
    with pytest.raises(FinineError, match="already"):
        groups.rename(second.group_id, "a")


@pytest.mark.parametrize("name", ["", "  \n", "x" * 201])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FinineError, match="not a name"):
        SavedGroups(tmp_path, "r").save([1], name)


def test_a_group_of_nothing_and_a_group_that_is_not_there_are_refused(tmp_path: Path) -> None:
    groups = SavedGroups(tmp_path, "r")
    with pytest.raises(FinineError, match="No rows"):
        groups.save([], "a")
    with pytest.raises(FinineError, match="no saved group 7"):
        groups.rows_of(7)
    with pytest.raises(FinineError, match="It has none yet"):
        groups.named("a")


def test_a_condition_means_the_group_where_the_data_has_columns_named_like_ours(
    tmp_path: Path,
) -> None:
    """`group_name` in the brackets was the group's own name, which every member has."""
    data = tmp_path / "data.csv"
    ours = "group_name,member,members,wanted,finine_group_name,finine_member,finine_members"
    lines = [f"{k}.5,odd,1,odd,odd,even,{k},odd,{'ab'[k % 2]}" for k in range(40)]
    data.write_text(f"x,{ours},label\n" + "\n".join(lines) + "\n")
    run = trained(data, label="label", features=["x"], home=tmp_path, epochs=1)
    rows = sorted(run.scores()["row_number"].tolist())
    run.save_group("odd", rows=rows[:3])
    run.save_group("even", rows=rows[3:10])
    for column, expected in (
        ("'odd'", rows[:3]),
        ("group_name", rows[:3]),
        ("members", rows[:3]),
        ("wanted", rows[:3]),
        ("data_finine_group_name", rows[3:10]),
        ("data_finine_members", rows[:3]),
    ):
        assert sorted(run.select(where=f"in_group({column})").tolist()) == expected, column
