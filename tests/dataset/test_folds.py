"""How the rows of a file are cut into folds."""

import numpy as np
import pandas as pd
import pytest

from finine_core.dataset import load_dataset
from finine_core.dataset.folds import (
    NEVER_HELD_OUT,
    NOT_USED,
    cut,
    folds_of,
    in_training,
    learned_from,
    without_rows,
)
from finine_core.errors import FinineError


@pytest.mark.parametrize("count", [2, 3, 7, 10])
@pytest.mark.parametrize("seed", [0, 1])
def test_folds_are_even_in_all_and_in_every_class(count, seed):
    codes = np.random.default_rng(seed).choice(4, size=203, p=[0.6, 0.3, 0.07, 0.03])
    fold = folds_of(codes, count, seed)
    assert set(fold) == set(range(1, count + 1))
    assert np.ptp(np.bincount(fold)[1:]) <= 1
    for code in range(4):
        assert np.ptp(np.bincount(fold[codes == code], minlength=count + 1)[1:]) <= 1
    np.testing.assert_array_equal(fold, folds_of(codes, count, seed))
    assert (fold != folds_of(codes, count, seed + 1)).any()


def test_rows_that_belong_together_lie_in_one_fold():
    random = np.random.default_rng(0)
    together = random.choice(60, size=400)
    codes = random.choice(3, size=60)[together]
    fold = folds_of(codes, 4, 0, together)
    for group in range(60):
        assert len(set(fold[together == group])) == 1
    sizes = np.bincount(fold)[1:]
    assert len(sizes) == 4
    assert np.ptp(sizes) <= np.bincount(together).max()


def test_the_only_group_of_a_class_is_never_held_out():
    together = np.repeat(np.arange(12), 5)
    codes = np.where(together == 3, 2, together % 2)
    fold = folds_of(codes, 3, 0, together)
    assert set(fold[together == 3]) == {NEVER_HELD_OUT}
    assert set(fold[together != 3]) == {1, 2, 3}


@pytest.fixture
def dataset(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(40, 2)), columns=["a", "b"])
    frame["y"] = np.where(np.arange(40) % 3, "u", "v")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    return load_dataset(tmp_path / "rows.csv", label="y")


def test_each_training_sees_all_rows_on_one_side_or_the_other(dataset):
    folds = cut(dataset, 3, seed=0)
    for number in (1, 2, 3):
        seen = in_training(dataset, folds, number)
        np.testing.assert_array_equal(seen.train.row_numbers, learned_from(folds, number))
        np.testing.assert_array_equal(seen.validation.row_numbers, np.flatnonzero(folds == number))
        for part in (seen.train, seen.validation):
            rows = part.row_numbers
            assert part.table.equals(dataset.table.take(rows))
            names = np.array(dataset.classes)[part.labels]
            assert names.tolist() == dataset.table.column("y").take(rows).to_pylist()
    # the cut does not depend on how the dataset was split before
    np.testing.assert_array_equal(cut(in_training(dataset, folds, 2), 3, seed=0), folds)


def test_rows_that_are_not_used_are_in_no_training(dataset):
    folds = cut(dataset, 3, seed=0)
    folds[[4, 7]] = NOT_USED
    for number in (1, 2, 3):
        seen = in_training(dataset, folds, number)
        rows = np.concatenate([seen.train.row_numbers, seen.validation.row_numbers])
        assert not np.isin([4, 7], rows).any()
        assert len(rows) == 38


def test_a_class_that_a_training_lacks_is_told(dataset):
    folds = np.where(dataset.table.column("y").to_numpy() == "u", 1, 2)
    with pytest.raises(FinineError, match="into 2 folds leaves no training row of class 'v'"):
        in_training(dataset, folds, 2)


def test_groups_and_copies_lie_in_one_fold_and_too_few_groups_are_refused(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(40, 2)), columns=["a", "b"])
    frame = pd.concat([frame, frame[:10]], ignore_index=True)
    frame["who"] = np.arange(50) % 13
    frame["y"] = np.where(np.arange(50) % 3, "u", "v")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    copies = load_dataset(tmp_path / "rows.csv", label="y", features=["a", "b"])
    folds = cut(copies, 3, seed=0)
    assert folds[40:].tolist() == folds[:10].tolist()
    assert set(folds) == {1, 2, 3}
    groups = load_dataset(tmp_path / "rows.csv", label="y", features=["a", "b"], group="who")
    folds = cut(groups, 3, seed=0)
    assert all(len(set(folds[frame["who"] == who])) == 1 for who in range(13))
    seen = in_training(groups, folds, 2)
    assert set(seen.train.groups).isdisjoint(seen.validation.groups)
    for whole in (copies, groups):  # the app keeps counts alone, and must come to the same folds
        np.testing.assert_array_equal(cut(without_rows(whole), 3, seed=0), cut(whole, 3, seed=0))
    assert seen.held_out == {"by": "folds", "folds": 3, "group": "who"}
    with pytest.raises(FinineError, match="14 folds need more groups of 'who' than there are"):
        cut(groups, 14, seed=0)
