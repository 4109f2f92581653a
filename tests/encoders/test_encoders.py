"""Encoders: fitted on training rows only, deterministic, and honest about bad numbers."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from finine_core.dataset import Dataset, Part, Roles, load_dataset
from finine_core.encoders import encode
from finine_core.encoders.tabular import MAX_CATEGORIES
from finine_core.encoders.text import MAX_COMPONENTS, SQUARED_NORM
from finine_core.errors import FinineError


def dataset_of(columns, *, text=(), validation_rows=2) -> Dataset:
    """A dataset whose last rows are validation; every column but y is an input."""
    n = len(next(iter(columns.values())))
    table = pa.table({**columns, "y": [i % 2 for i in range(n)]})
    roles = Roles(label="y", text=text, features=tuple(c for c in columns if c not in text))
    codes = np.arange(n, dtype=np.int64) % 2
    cut = n - validation_rows

    def part(rows):
        return Part(table.take(pa.array(rows)), codes[rows], rows, codes[rows])

    return Dataset(
        Path("a.csv"), table, roles, "classification", ("0", "1"), ("0", "1"),
        part(np.arange(cut)), part(np.arange(cut, n)), "", (),
    )  # fmt: skip


def test_numbers_are_standardised_by_the_training_rows():
    encoded = encode(dataset_of({"x": [1.0, 3.0, 1.0, 3.0, 100.0, 2.0]}))
    assert encoded.train_x[:, 0].tolist() == [-1, 1, -1, 1]
    assert encoded.validation_x[:, 0].tolist() == [98, 0]
    assert encoded.train_x.dtype == np.float32


def test_missing_numbers_become_the_median_and_say_so():
    encoded = encode(dataset_of({"x": [0.0, 10.0, None, 4.0, None, 4.0]}))
    assert encoded.feature_names == ("x", "x is missing")
    assert encoded.train_x[2, 0] == encoded.train_x[3, 0] == encoded.validation_x[0, 0]
    assert encoded.train_x[2, 1] > 0 > encoded.train_x[3, 1]
    assert encoded.validation_x[0, 1] == encoded.train_x[2, 1]


def test_categories_are_one_hot_and_unknown_ones_are_zero():
    encoded = encode(dataset_of({"c": ["a", "b", None, "a", "new", "b"]}))
    assert encoded.feature_names == ("c = (missing)", "c = a", "c = b")
    assert encoded.train_x.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert encoded.validation_x.tolist() == [[0, 0, 0], [0, 0, 1]]


def test_rare_categories_share_a_column_which_also_takes_unknown_ones():
    values = [f"v{i:03d}" for i in range(100)] + ["v000", "never seen"]
    encoded = encode(dataset_of({"c": values}))
    assert len(encoded.feature_names) == MAX_CATEGORIES
    assert encoded.feature_names[-1] == "c = (other)"
    assert (encoded.train_x.sum(axis=1) == 1).all()
    assert encoded.validation_x[1, -1] == 1


def test_true_and_false_are_categories():
    encoded = encode(dataset_of({"b": [True, False, True, False, True, False]}))
    assert encoded.feature_names == ("b = false", "b = true")


def test_a_column_that_is_constant_in_training_is_left_out():
    encoded = encode(dataset_of({"x": [1, 2, 1, 2, 1, 2], "k": [5, 5, 5, 5, 6, 7]}))
    assert encoded.feature_names == ("x",)


def test_nothing_that_varies_is_refused():
    with pytest.raises(FinineError, match="'k' do not vary between training rows"):
        encode(dataset_of({"k": [5] * 6}))
    with pytest.raises(FinineError, match="'t' do not vary"):
        encode(dataset_of({"t": ["same text"] * 6}, text=("t",)))


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 2e30])
@pytest.mark.parametrize("row", [1, 5])
def test_infinite_and_huge_numbers_are_named_in_both_parts(value, row):
    column = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    column[row] = value
    with pytest.raises(FinineError) as caught:
        encode(dataset_of({"x": column}))
    assert f"Column 'x' is {value} in row {row}: " in str(caught.value)


def test_a_validation_value_that_leaves_float32_is_an_error_with_a_cause():
    column = [1.0, 1.0 + 1e-12, 1.0, 1.0 + 1e-12, 1e30, 1.0]
    with pytest.raises(FinineError, match=r"Column 'x' is 1e\+30 in row 4, which encodes to inf"):
        encode(dataset_of({"x": column}))


TEXTS = [
    f"{'good lovely' if i % 2 else 'bad dull'} film about {w} and {v}"
    for i, (w, v) in enumerate(
        (w, v) for w in ("ships", "bees", "war", "jazz", "snow", "cities") for v in "pqrstuvwxyz"
    )
]


def test_text_becomes_few_components_of_a_norm_that_suits_gradient_descent():
    encoded = encode(dataset_of({"t": TEXTS}, text=("t",)))
    assert 2 <= encoded.train_x.shape[1] <= MAX_COMPONENTS
    norms = (encoded.train_x.astype(np.float64) ** 2).sum(axis=1)
    np.testing.assert_allclose(norms, SQUARED_NORM, rtol=1e-4)


def test_text_features_hold_what_tells_the_classes_apart():
    from sklearn.linear_model import LogisticRegression

    encoded = encode(dataset_of({"t": TEXTS}, text=("t",), validation_rows=20))
    model = LogisticRegression().fit(encoded.train_x, encoded.train_y)
    assert model.score(encoded.validation_x, encoded.validation_y) == 1.0


def test_text_and_features_stand_side_by_side():
    ages = [float(i % 7) for i in range(len(TEXTS))]
    encoded = encode(dataset_of({"t": TEXTS, "age": ages}, text=("t",)))
    assert encoded.feature_names[-1] == "age"
    assert encoded.feature_names[0] == "t: component 1"
    assert len(encoded.feature_names) == encoded.train_x.shape[1]


def test_several_text_columns_share_the_norm():
    encoded = encode(dataset_of({"t": TEXTS, "u": TEXTS[::-1]}, text=("t", "u")))
    norms = (encoded.train_x.astype(np.float64) ** 2).sum(axis=1)
    np.testing.assert_allclose(norms, SQUARED_NORM, rtol=1e-4)


def test_missing_texts_punctuation_and_scripts_without_spaces_are_encoded():
    texts = ["很好的电影", "不好看", None, "!!! ???", "很好", "x", "", None]
    encoded = encode(dataset_of({"t": texts}, text=("t",)))
    assert np.isfinite(encoded.train_x).all()
    assert encoded.validation_x.shape[0] == 2


def test_a_text_column_without_any_text_is_refused():
    with pytest.raises(FinineError, match="'t' has no text in any training row"):
        encode(dataset_of({"t": [" ", None, "", None, "a", "b"]}, text=("t",)))


def test_validation_rows_do_not_change_what_training_rows_become():
    ages = [float(i % 7) for i in range(len(TEXTS))]
    columns = {"t": TEXTS, "age": ages}
    changed = {"t": [*TEXTS[:-2], "other words", ""], "age": [*ages[:-2], 1e9, -5.0]}
    first, second = (encode(dataset_of(c, text=("t",))) for c in (columns, changed))
    assert first.train_x.tobytes() == second.train_x.tobytes()


def test_the_same_dataset_and_seed_give_the_same_bits():
    columns = {"t": TEXTS, "age": [float(i % 7) for i in range(len(TEXTS))]}
    first, second = (encode(dataset_of(columns, text=("t",)), seed=3) for _ in range(2))
    assert first.train_x.tobytes() == second.train_x.tobytes()
    assert first.validation_x.tobytes() == second.validation_x.tobytes()


def test_an_empty_validation_part_has_the_same_columns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,x,label\n" + "a fine film,1,p\na dull film,2,q\n" * 5)
    dataset = load_dataset(path, label="label", text=["text"], features=["x"], validation=0)
    encoded = encode(dataset)
    assert encoded.validation_x.shape == (0, encoded.train_x.shape[1])
    assert encoded.validation_y.shape == (0,)
