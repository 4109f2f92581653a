"""Names of targets, and which rows they are."""

import pytest

from finine_core.dataset import load_dataset
from finine_core.errors import FinineError
from finine_core.influence.targets import check_targets, target_named
from finine_core.runs.config import make_config
from finine_core.runs.work.target_rows import expanded, rows_of


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "rows.csv"
    lines = [f"{k},{name},{'validation' if k % 4 == 0 else 'train'}"
             for k, name in enumerate(["cat", "dog", "a/b: c"] * 8)]  # fmt: skip
    path.write_text("x,label,part\n" + "\n".join(lines) + "\n")
    return load_dataset(path, label="label", features=["x"], validation="column:part")


def test_a_class_is_its_validation_rows(dataset):
    (found,) = rows_of(target_named("class:a/b: c"), dataset)
    assert found.part == "validation"
    numbers = dataset.validation.row_numbers[found.places]
    assert numbers.tolist() == [8, 20]


def test_rows_may_be_trained_on_and_held_out(dataset):
    train, held = rows_of(target_named("rows:1-4,8"), dataset)
    assert dataset.train.row_numbers[train.places].tolist() == [1, 2, 3]
    assert dataset.validation.row_numbers[held.places].tolist() == [4, 8]


def test_classes_stand_for_each_of_them(dataset):
    found = expanded(("self", "classes", "class:cat"), dataset)
    assert found == ("self", "class:a/b: c", "class:cat", "class:dog")
    assert rows_of(target_named("self"), dataset) == ()
    assert len(rows_of(target_named("validation"), dataset)[0].places) == 6


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rows:", "'' is no row number"),
        ("rows:3,x", "'x' is no row number"),
        ("rows:9-3", "9-3 is empty"),
        ("rows:0-99999999999", "more than 10,000 rows"),
        ("rows:-1", "'-1' is no row number"),
        ("class:", "There is no target 'class:'"),
        ("selfie", "There is no target 'selfie'"),
    ],
)
def test_a_wrong_name_is_told_before_anything_is_started(name, said):
    with pytest.raises(FinineError, match=said):
        target_named(name)
    with pytest.raises(FinineError, match=said):
        make_config(data="rows.csv", label="y", targets=(name,))


def test_what_the_data_lack_is_told(dataset):
    with pytest.raises(FinineError, match="no class 'cow'"):
        rows_of(target_named("class:cow"), dataset)
    with pytest.raises(FinineError, match="there is no row 24"):
        rows_of(target_named("rows:24"), dataset)
    with pytest.raises(FinineError, match="needs validation rows"):
        check_targets(["class:cat"], 0)
