"""From a file to a Dataset: labels, splits, row numbers, and what is refused."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finine_core.dataset import load_dataset
from finine_core.dataset.labels import read_labels
from finine_core.dataset.split import split_by_fraction
from finine_core.errors import FinineError


def write(tmp_path: Path, content: str, name: str = "data.csv") -> Path:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    rows = "".join(f"{i},{i * 0.5},{'cat' if i % 4 else 'dog'}\n" for i in range(40))
    return write(tmp_path, "id,x,label\n" + rows)


def error_of(path, **arguments) -> str:
    with pytest.raises(FinineError) as caught:
        load_dataset(path, **{"label": "label", "features": ["x"], **arguments})
    return str(caught.value)


# --- the split ----------------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=60),
    st.floats(0, 0.89),
    st.integers(0, 2**32 - 1),
)
def test_a_split_is_stratified_and_leaves_every_class_a_training_row(labels, fraction, seed):
    codes = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    mask = split_by_fraction(codes, fraction, seed)
    assert np.array_equal(mask, split_by_fraction(codes, fraction, seed))
    sizes, taken = np.bincount(codes), np.bincount(codes, weights=mask)
    assert (sizes - taken >= 1).all()
    assert (taken <= np.ceil(fraction * sizes)).all()
    assert (taken >= np.minimum(np.floor(fraction * sizes), sizes - 1)).all()
    if sizes.min() > 1 / (1 - fraction):
        assert mask.sum() == round(fraction * len(codes))


def test_another_seed_draws_other_rows():
    codes = np.zeros(100, dtype=np.int64)
    assert (split_by_fraction(codes, 0.5, 0) != split_by_fraction(codes, 0.5, 1)).any()


@pytest.mark.parametrize("fraction", [-0.1, 0.9, 1.0, float("nan")])
def test_a_fraction_outside_its_range_is_refused(path, fraction):
    assert "validation fraction" in error_of(path, validation=fraction)


def test_the_parts_are_the_rows_their_numbers_say(path):
    dataset = load_dataset(path, label="label", features=["x"], id="id")
    numbers = np.concatenate([dataset.train.row_numbers, dataset.validation.row_numbers])
    assert sorted(numbers.tolist()) == list(range(40))
    assert len(dataset.validation) == 8
    for part in (dataset.train, dataset.validation):
        assert part.table["id"].to_pylist() == part.row_numbers.tolist()
        assert [dataset.classes[code] for code in part.labels] == part.table["label"].to_pylist()
        assert (np.diff(part.row_numbers) > 0).all()
    assert dataset.fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    assert dataset.task == "classification"
    assert dataset.table.num_rows == 40


def test_no_validation_rows_may_be_asked_for(path):
    dataset = load_dataset(path, label="label", features=["x"], validation=0)
    assert (len(dataset.train), len(dataset.validation)) == (40, 0)
    assert dataset.validation.table.schema == dataset.table.schema
    assert "There are no validation rows." in dataset.notes


def test_a_column_may_say_the_split(tmp_path):
    path = write(tmp_path, "x,part,label\n1,Train,a\n2,DEV,b\n3,training,b\n4,test,a\n5,train,a\n")
    dataset = load_dataset(path, label="label", features=["x"], validation="column:part")
    assert dataset.train.row_numbers.tolist() == [0, 2, 4]
    assert dataset.validation.row_numbers.tolist() == [1, 3]
    assert dataset.roles.split == "part"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["train", "holdout", "dev", "train"], "has the values 'holdout'"),
        (["train", "", "dev", "train"], "has no value in 1 rows (row 1, line 3)"),
        (["train", "train", "train", "train"], "has no validation rows"),
        (["dev", "test", "val", "val"], "has no training rows"),
        (["train", "train", "dev", "dev"], "leaves 2 training rows"),
        (["train", "dev", "train", "train"], "leaves no training row of class 'b'"),
    ],
)
def test_a_split_column_that_does_not_split_is_refused(tmp_path, values, message):
    labels = ["a", "b", "a", "a"]
    rows = "".join(f"{i},{v},{y}\n" for i, (v, y) in enumerate(zip(values, labels, strict=True)))
    path = write(tmp_path, "x,part,label\n" + rows)
    assert message in error_of(path, validation="column:part")


def test_a_split_column_that_does_not_exist_is_refused(path):
    assert "There is no column 'part'" in error_of(path, validation="column:part")


# --- a second file ------------------------------------------------------------------------------


def test_a_second_file_gives_rows_with_negative_numbers(path, tmp_path):
    second = write(tmp_path, "label,x,extra\ndog,7,p\ncat,1,q\n", "second.csv")
    dataset = load_dataset(path, label="label", features=["x"], validation=str(second))
    assert len(dataset.train) == 40
    assert dataset.validation.row_numbers.tolist() == [-1, -2]
    assert [dataset.classes[code] for code in dataset.validation.labels] == ["dog", "cat"]
    assert dataset.validation.table.column_names == ["id", "x", "label"]
    assert dataset.validation.table["x"].to_pylist() == [7.0, 1.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,label\n1,bird\n", "has the label 'bird' in row 0"),
        ("x,label\n1,\n", "of the validation file has no value in 1 of 1 rows"),
        ("z,label\n1,cat\n", "There is no column 'x' in the validation file"),
        ("x,label\nred,cat\n", "holds double values in the training file, but string"),
    ],
)
def test_a_second_file_that_does_not_fit_is_refused(path, tmp_path, content, message):
    second = write(tmp_path, content, "second.csv")
    assert message in error_of(path, validation=str(second))


def test_a_second_file_that_does_not_exist_is_refused(path, tmp_path):
    assert "There is no file" in error_of(path, validation=str(tmp_path / "no.csv"))


# --- labels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([10, 9, 10, 9], ("9", "10")),
        ([0.5, 1.0, 0.5, 1.0], ("0.5", "1")),
        ([True, False, True, False], ("false", "true")),
        (["b", "a", "b", "a"], ("a", "b")),
        (["10", "9", "010", "9"], ("9", "010", "10")),
    ],
)
def test_classes_are_read_as_a_person_would(values, classes):
    labels = read_labels("y", pa.chunked_array([values]))
    assert labels.classes == classes
    assert labels.codes.dtype == np.int64
    shown = [labels.classes[code] for code in labels.codes]
    assert len(set(zip(values, shown, strict=True))) == len(classes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", None, "b", " ", "a"], r"no value in 2 of 5 rows \(rows 1, 3\)"),
        (["a", "a"], "only one class, 'a'"),
        (["a", "b", "c"], "a different value in each of its 3 rows"),
        ([i / 7 for i in range(1, 31)] * 9, "quantity to estimate"),
        (list(range(100)) * 3, "quantity to estimate"),
        ([1.0, float("inf"), 1.0], "is inf in row 1"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(values, message):
    with pytest.raises(FinineError, match=message):
        read_labels("y", pa.chunked_array([values]))


def test_a_class_with_one_row_stays_in_training_with_a_note(tmp_path):
    path = write(tmp_path, "x,label\n" + "1,a\n2,b\n" * 10 + "3,rare\n")
    dataset = load_dataset(path, label="label", features=["x"], validation=0.8)
    assert dataset.train.table["label"].to_pylist().count("rare") == 1
    assert any("have a single row" in note and "'rare'" in note for note in dataset.notes)


def test_a_label_column_that_does_not_exist_is_refused(path):
    assert "Did you mean 'label'?" in error_of(path, label="labels")


def test_doubled_ids_are_noted_not_refused(tmp_path):
    path = write(tmp_path, "id,x,label\n7,1,a\n7,2,b\n8,3,a\n9,4,b\n")
    dataset = load_dataset(path, label="label", features=["x"], id="id")
    assert any("'id' repeats 1 of its values (first 7)" in note for note in dataset.notes)
