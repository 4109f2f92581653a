"""Several columns of 0 and 1 as labels that may hold together: what may stand in them."""

import numpy as np
import pyarrow as pa
import pytest

from finine_core.dataset import check_dataset, load_dataset
from finine_core.dataset.roles import Roles
from finine_core.dataset.tasks import MULTI_LABEL, task_for
from finine_core.errors import FinineError
from finine_core.formats.values import RowNames

NAMES = ("rude", "loud")
HELD = np.array([[1, 0], [0, 0], [1, 1], [0, 1]])


def written(path, first, second, times=10):
    lines = [
        f"{k % 7},{a},{b}" for k, (a, b) in enumerate(list(zip(first, second, strict=True)) * times)
    ]
    path.write_text("x,rude,loud\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1, 0, 1, 0), (0, 0, 1, 1)),
        ((1.0, 0.0, 1.0, 0.0), ("0.0", "0.0", "1.0", "1.0")),
        (("True", "False", "True", "False"), ("no", "no", "yes", "yes")),
        (("Y", "n", "Y", "n"), ("f", "f", "t", "t")),
    ],
)
def test_what_says_yes_or_no_is_read_as_it_says(tmp_path, first, second):
    dataset = load_dataset(written(tmp_path / "a.csv", first, second), label=NAMES, features=["x"])
    assert (dataset.task, dataset.answers) == ("multi_label", NAMES)
    held = HELD[dataset.train.row_numbers % 4]
    np.testing.assert_array_equal(dataset.train.values, held)
    given = MULTI_LABEL.given(dataset.train.table.slice(0, 40), dataset.roles)
    words = np.array(["rude", "(none)", "rude + loud", "loud"])
    assert given == words[dataset.train.row_numbers % 4].tolist()
    assert sorted(dataset.classes) == sorted(words)


def test_text_that_is_0_and_1_and_truth_values_of_a_table_are_read():
    table = pa.table({"rude": ["1", "0", "1", "0"], "loud": [False, False, True, True]})
    found = MULTI_LABEL.read(table, Roles(label=NAMES), RowNames())
    np.testing.assert_array_equal(found.values, HELD)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ((0, 2, 1, 1), ["'loud'", "'2'", "row 1", "line 3", "neither yes nor no"]),
        (("no", "maybe", "yes", "yes"), ["'loud'", "'maybe'", "row 1"]),
        (("0", "", "1", "1"), ["'loud'", "no value in 10 of 40 rows", "lines 3"]),
        ((1, 1, 1, 1), ["'loud'", "yes in every row", "leave it out"]),
        ((0.5, 0, 1, 1), ["'loud'", "'0.5'", "row 0"]),
    ],
)
def test_a_value_that_is_missing_or_a_third_one_is_told(tmp_path, second, words):
    path = written(tmp_path / "a.csv", (1, 0, 1, 0), second)
    with pytest.raises(FinineError) as told:
        load_dataset(path, label=NAMES, features=["x"])
    assert all(word in str(told.value) for word in words), str(told.value)


def test_tasks_of_one_label_refuse_several_and_this_one_refuses_one(tmp_path):
    path = written(tmp_path / "a.csv", (1, 0, 1, 0), (0, 0, 1, 1))
    with pytest.raises(FinineError, match="learns one label column, and 2 are named"):
        load_dataset(path, label=NAMES, task="classification")
    with pytest.raises(FinineError, match="its only label column"):
        load_dataset(path, label="rude", task="multi_label")
    with pytest.raises(FinineError, match="'rude' is named twice"):
        load_dataset(path, label=("rude", "rude"))
    assert task_for("auto", pa.table({}), Roles(label=NAMES)) is MULTI_LABEL


def test_label_columns_are_never_learned_from(tmp_path):
    path = written(tmp_path / "a.csv", (1, 0, 1, 0), (0, 0, 1, 1))
    assert load_dataset(path, label=NAMES).roles.inputs == ("x",)


def test_rare_sets_count_under_their_rarest_label():
    values = np.array([[1, 0, 0]] * 20 + [[0, 1, 0]] * 10 + [[0, 0, 0]] * 20 + [[1, 1, 1]] * 2
                      + [[1, 0, 1]] * 3 + [[0, 0, 1]])  # fmt: skip
    table = pa.table(dict(zip("abc", values.T, strict=True)))
    found = MULTI_LABEL.read(table, Roles(label=tuple("abc")), RowNames())
    assert set(np.array(found.classes)[found.codes[50:55]]) == {"c + others"}
    assert found.classes[found.codes[55]] == "c", "a label alone is no rare set"


def test_a_second_file_may_have_sets_that_the_first_lacks(tmp_path):
    first = written(tmp_path / "a.csv", (1, 0, 1, 0), (0, 0, 0, 1))
    second = written(tmp_path / "b.csv", (1, 1, 1, 1), (1, 1, 0, 0))
    dataset = load_dataset(first, label=NAMES, features=["x"], validation=str(second))
    np.testing.assert_array_equal(dataset.validation.values[:4], [[1, 1], [1, 1], [1, 0], [1, 0]])
    assert dataset.validation.labels.max() < len(dataset.classes)


def test_a_split_that_leaves_a_label_out_of_training_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    lines = [f"{k},{k % 2},{int(k > 15)},{'val' if k > 15 else 'train'}" for k in range(20)]
    path.write_text("x,rude,loud,part\n" + "\n".join(lines))
    with pytest.raises(FinineError, match="do not differ in the label 'loud'"):
        load_dataset(path, label=NAMES, features=["x"], validation="column:part")


def test_a_label_in_hardly_any_row_is_warned_of(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,rude,loud\n" + "".join(f"{k},{k % 2},{int(k < 6)}\n" for k in range(60)))
    report = check_dataset(load_dataset(path, label=NAMES, features=["x"]))
    rare = [one for one in report.findings if one.kind == "rare_labels"]
    assert [one.count for one in rare] == [6]
    assert "'loud'" in rare[0].problem
    assert "'rude'" not in rare[0].problem


def test_the_same_row_with_another_rare_set_is_a_conflict(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{k},{k % 2},{k // 2 % 2},0" for k in range(80)]
    rows += ["7.5,1,1,1", "7.5,0,1,1", "8.5,1,0,1", "9.5,0,0,1"]
    path.write_text("x,rude,loud,odd\n" + "\n".join(rows))
    dataset = load_dataset(path, label=("rude", "loud", "odd"), features=["x"], validation=0)
    kinds = {one.kind: one for one in check_dataset(dataset).findings}
    assert kinds["conflicting_duplicates"].rows == (80, 81)


def test_a_column_that_gives_one_of_the_labels_away_is_told(tmp_path):
    path = tmp_path / "a.csv"
    random = np.random.default_rng(0)
    held = random.integers(2, size=(200, 2))
    lines = [f"{k * 37 % 211},{a},{b},{7 * b}" for k, (a, b) in enumerate(held)]
    path.write_text("x,rude,loud,volume\n" + "\n".join(lines))
    dataset = load_dataset(path, label=NAMES, features=["x", "volume"])
    (found,) = [one for one in check_dataset(dataset).findings if one.kind == "leakage"]
    assert found.columns == ("volume",)
    assert "gives the label 'loud' away" in found.problem
