"""What each check warns of, and what it must leave alone."""

import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.tree import DecisionTreeClassifier

from finine_core.dataset import Severity, check_dataset, load_dataset
from finine_core.dataset.checks import CHECKS
from finine_core.dataset.checks.base import subject_of
from finine_core.dataset.checks.one_column_tree import DEPTH, FEWEST_IN_LEAF, thresholds
from finine_core.dataset.checks.texts import LONG_LETTERS
from finine_sample_data import SAMPLES

N = 200
RANDOM = np.random.default_rng(0)
LABEL = RANDOM.permutation(np.repeat(["cat", "dog"], N // 2))
CLEAN = {
    "length": RANDOM.normal(size=N),
    "weight": RANDOM.normal(size=N) + (LABEL == "cat"),
    "colour": RANDOM.choice(["red", "green", "blue"], N),
    "label": LABEL,
}


@pytest.fixture
def random():
    return np.random.default_rng(1)


@pytest.fixture
def report_of(tmp_path):
    """Give `report_of(columns, **roles)`: what the checks say of a table."""

    def check(columns, name="data.parquet", **roles):
        pq.write_table(pa.table(columns), tmp_path / name)
        roles = {"label": "label", "validation": 0.2, **roles}
        return check_dataset(load_dataset(tmp_path / name, **roles))

    return check


def features(columns):
    return [name for name in columns if name != "label"]


def kinds(report):
    return [one.kind for one in report.findings]


def only(report, kind):
    (found,) = [one for one in report.findings if one.kind == kind]
    return found


# --- what must not be warned of -----------------------------------------------------------------


def test_a_clean_balanced_table_has_no_findings_and_says_what_was_looked_for(report_of):
    report = report_of(CLEAN)
    assert report.findings == ()
    assert report.rows == N
    assert len(report.looked_for) == len(CHECKS)
    assert not any("drawn at random" in one for one in report.looked_for)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda one: one.name)
def test_the_samples_are_clean(sample):
    dataset = load_dataset(sample.path, label=sample.label, text=sample.text, id=sample.id)
    assert check_dataset(dataset).findings == ()


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
def test_strong_but_honest_measurements_are_no_leak(report_of, load):
    found = load()
    columns = {f"x{i}": found.data[:, i] for i in range(found.data.shape[1])}
    assert "leakage" not in kinds(report_of({**columns, "label": found.target.astype(str)}))


def test_an_id_that_is_ignored_or_named_as_id_is_left_alone(report_of):
    columns = {**CLEAN, "row_id": np.arange(N)}
    assert report_of(columns, id="row_id").findings == ()
    assert report_of(columns, ignore=["row_id"]).findings == ()


# --- rows that repeat ---------------------------------------------------------------------------


def test_repeats_with_the_same_label_are_counted_by_rows_and_sets(report_of):
    columns = {name: np.append(values, values[[3, 3, 5]]) for name, values in CLEAN.items()}
    found = only(report_of(columns, validation=0), "duplicates")
    assert found.numbers == {"sets": 2, "repeats": 3}
    assert found.count == 5
    assert found.rows == (3, 200, 201, 5, 202), "set by set, in the file's order"
    assert found.severity is Severity.WARNING


def test_a_single_repeat_among_many_rows_is_a_note(report_of):
    columns = {name: np.append(values, values[:1]) for name, values in CLEAN.items()}
    report = report_of(columns, validation=0)
    assert [one.kind for one in report.notes] == ["duplicates"]
    assert report.warnings == ()


def test_repeats_whose_labels_disagree_are_a_warning_of_their_own(report_of):
    columns = {name: np.append(values, values[:2]) for name, values in CLEAN.items()}
    columns["label"][N] = "dog" if LABEL[0] == "cat" else "cat"
    report = report_of(columns, validation=0)
    found = only(report, "conflicting_duplicates")
    assert (found.rows, found.count, found.severity) == ((0, N), 2, Severity.WARNING)
    assert only(report, "duplicates").rows == (1, N + 1)


def test_held_out_rows_that_are_also_learned_from_are_a_warning(report_of):
    columns = {name: np.append(values, values[:4]) for name, values in CLEAN.items()}
    columns["part"] = ["train"] * N + ["val"] * 4
    found = only(report_of(columns, validation="column:part"), "validation_leak")
    assert found.numbers == {"held_out_rows": 4}
    assert found.rows == (0, N, 1, N + 1, 2, N + 2, 3, N + 3)
    assert "4 held-out rows of 4 are" in found.problem


def test_repeats_within_one_part_are_no_leak_of_validation(report_of):
    columns = {name: np.append(values, values[:4]) for name, values in CLEAN.items()}
    columns["part"] = ["train"] * 100 + ["val"] * 100 + ["train"] * 4
    assert "validation_leak" not in kinds(report_of(columns, validation="column:part"))


def test_rows_of_a_second_file_are_compared_and_named_from_minus_one(report_of, tmp_path):
    second = {name: values[[7, 8]] for name, values in CLEAN.items()}
    pq.write_table(pa.table(second), tmp_path / "second.parquet")
    found = only(report_of(CLEAN, validation=tmp_path / "second.parquet"), "validation_leak")
    assert found.rows == (7, -1, 8, -2)


def test_few_possible_answers_must_repeat_and_are_only_noted(report_of, random):
    columns = {"sex": random.choice(["f", "m"], N), "age": random.integers(1, 9, N), "label": LABEL}
    report = report_of(columns)
    assert kinds(report) == ["few_combinations"]
    assert report.warnings == ()


def test_a_missing_value_is_the_same_as_a_missing_value_and_empty_rows_do_not_count(report_of):
    text = [f"a text of its own, number {i}" for i in range(N)]
    text[4:6], text[10:13] = ["", ""], ["twice"] * 3
    x = [float(i % 7) for i in range(N)]
    x[10], x[11], x[12] = None, None, 1.0
    columns = {"text": [one or None for one in text], "x": x, "label": LABEL}
    columns["x"][4] = columns["x"][5] = None
    report = report_of(columns, text=["text"], features=["x"], validation=0)
    repeated = [one for one in report.findings if "duplicates" in one.kind]
    assert [one.rows for one in repeated] == [(10, 11)]


# --- columns ------------------------------------------------------------------------------------


def test_columns_that_hardly_vary_are_noted_with_the_rows_that_differ(report_of):
    same = np.full(N, 5)
    same[17] = 6
    often = np.where(np.arange(N) < 4, "rare", "usual")  # 2 %: a real, rare answer
    report = report_of({**CLEAN, "same": same, "often": often})
    found = only(report, "nearly_constant")
    assert (found.columns, found.rows, found.count) == (("same",), (17,), 1)
    assert found.severity is Severity.NOTE


def test_nearly_constant_columns_are_found_in_many_rows_too(report_of, random):
    rows = 20_000
    columns = {
        "x": random.normal(size=rows),
        "same": np.where(np.arange(rows) % 250 == 0, 1.5, 0.0),  # .4 %
        "varies": np.where(np.arange(rows) % 100 == 0, 1.5, 0.0),  # 1 %
        "label": random.choice(["a", "b"], rows),
    }
    found = only(report_of(columns, features=["x", "same", "varies"]), "nearly_constant")
    assert (found.columns, found.count) == (("same",), 80)


def test_columns_that_are_nearly_empty_are_noted_with_the_rows_that_are_filled(report_of):
    nearly = [None] * N
    nearly[150] = 2.5
    half = [1.5 * (i % 5) if i % 2 else None for i in range(N)]
    report = report_of({**CLEAN, "nearly": nearly, "half": half})
    assert kinds(report) == ["nearly_empty"]
    assert (report.findings[0].columns, report.findings[0].rows) == (("nearly",), (150,))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("number", np.arange(N)),
        ("when", 1.6e9 + np.arange(N) ** 1.5),
        ("back", -np.arange(N)),
        ("customer_id", RANDOM.permutation(N) * 7),
        ("code", np.array([f"K{i}" for i in RANDOM.permutation(N)])),
    ],
)
def test_ids_and_row_numbers_among_the_features_are_warned_of(report_of, name, values):
    columns = {**CLEAN, name: values}
    found = only(report_of(columns, features=features(columns)), "id_as_feature")
    assert found.columns == (name,)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("income", RANDOM.permutation(N) * 7),  # no value twice, and a measurement all the same
        ("key", RANDOM.integers(0, 12, N)),
        ("size", RANDOM.normal(size=N)),
        ("town", RANDOM.choice([f"town {i}" for i in range(60)], N)),
    ],
)
def test_measurements_and_categories_are_no_ids(report_of, name, values):
    columns = {**CLEAN, name: values}
    assert "id_as_feature" not in kinds(report_of(columns, features=features(columns)))


# --- classes and labels -------------------------------------------------------------------------


def test_a_class_of_nearly_all_rows_is_warned_of_and_uneven_ones_are_noted(report_of, random):
    def balance(*sizes):
        rows = sum(sizes)
        names = np.repeat([f"class {i}" for i in range(len(sizes))], sizes)
        return report_of({"x": random.normal(size=rows), "label": random.permutation(names)})

    assert only(balance(300, 20), "class_imbalance").severity is Severity.WARNING
    uneven = only(balance(300, 300, 20), "class_imbalance")
    assert uneven.severity is Severity.NOTE
    assert (uneven.numbers["ratio"], uneven.count) == (15, 20)
    assert kinds(balance(300, 100)) == []


def test_classes_of_few_rows_are_warned_of_and_single_rows_are_left_to_the_reading(report_of):
    label = np.where(np.arange(N) < 4, "rare", LABEL)
    label[50] = "once"
    report = report_of({**CLEAN, "label": label})
    found = only(report, "small_classes")
    assert (found.rows, found.numbers) == ((0, 1, 2, 3), {"classes": 1})
    assert "'once'" not in found.problem
    assert any("'once'" in note for note in report.file_notes)


def test_labels_that_differ_only_in_writing_are_named_with_their_counts(report_of):
    label = np.array(["Yes", "no"])[np.arange(N) % 2].astype(object)
    label[0], label[2], label[4] = "yes ", "YES", "Ｙｅｓ"  # the last in full-width letters
    found = only(report_of({**CLEAN, "label": label}), "label_variants")
    assert "'Yes' (97 rows) / 'YES' (1 row) / 'yes ' (1 row)" in found.problem
    assert found.rows == (0, 2, 4)
    assert found.numbers == {"labels": 1, "variants": 4}


@pytest.mark.parametrize("pair", [("C", "C++"), ("1", "-1"), ("v1.2", "v12"), ("a+", "a-")])
def test_signs_that_make_a_difference_make_no_variants(report_of, pair):
    label = np.array(pair)[np.arange(N) % 2]
    assert "label_variants" not in kinds(report_of({**CLEAN, "label": label}))


# --- leakage ------------------------------------------------------------------------------------


def codes(values):
    return np.unique(values, return_inverse=True)[1]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("words", np.where(LABEL == "cat", "meows", "barks")),
        ("number", codes(LABEL) * 3),
        ("measure", codes(LABEL) + RANDOM.normal(size=N) * 0.1),
        ("band", np.where(LABEL == "cat", 0, RANDOM.choice([-9, 9], N)) + RANDOM.normal(size=N)),
        ("missing", [1.5 * i if one == "cat" else None for i, one in enumerate(LABEL)]),
        ("nearly", np.where(np.arange(N) % 50 == 0, LABEL[::-1], LABEL)),
    ],
)
def test_a_column_that_gives_the_label_away_is_warned_of(report_of, name, values):
    columns = {**CLEAN, name: values}
    report = report_of(columns, features=features(columns))
    found = only(report, "leakage")
    assert report.findings[0] is found, "the worst comes first"
    assert found.columns == (name,)
    assert found.numbers["right_by_chance"] == 0.5
    assert found.numbers[f"right: {name}"] >= 0.975


def test_a_value_of_its_own_in_every_row_gets_no_credit(report_of):
    columns = {**CLEAN, "code": np.array([f"{one}{i}" for i, one in enumerate(LABEL)])}
    assert "leakage" not in kinds(report_of(columns, features=features(columns)))


def test_a_column_that_is_wrong_in_one_row_of_ten_is_no_leak(report_of, random):
    wrong = random.random(N) < 0.1
    columns = {**CLEAN, "hint": np.where(wrong, np.roll(LABEL, 1), LABEL)}
    assert "leakage" not in kinds(report_of(columns))


def test_with_uneven_classes_being_mostly_right_is_no_leak(report_of, random):
    rare = np.where(np.arange(N) % 40 == 0, "rare", "usual")
    columns = {"x": random.normal(size=N), "y": random.choice(["a", "b"], N), "label": rare}
    assert "leakage" not in kinds(report_of(columns)), "always 'usual' is 97.5 % right"
    many = 3_000
    rare = np.where(random.random(many) < 0.01, "rare", "usual")
    columns = {"x": random.normal(size=many) + 9 * (rare == "rare"), "label": rare}
    assert only(report_of(columns), "leakage").columns == ("x",)


def test_the_class_name_in_a_text_gives_it_away(report_of):
    said = [f"story number {i} is about a {one.upper()}, and so on" for i, one in enumerate(LABEL)]
    found = only(report_of({"text": said, "label": LABEL}, text=["text"]), "leakage")
    assert "by the class names in it" in found.problem
    some = [one if i % 3 == 0 else f"story number {i}" for i, one in enumerate(said)]
    report = report_of({"text": some, "label": LABEL}, text=["text"])
    assert "leakage" not in kinds(report)


def test_the_tree_cuts_where_the_usual_one_does(random):
    values = np.sort(random.normal(size=500))
    labels = (np.abs(values) > 0.7).astype(int) ^ (random.random(500) < 0.05)
    usual = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=FEWEST_IN_LEAF)
    usual.fit(values[:, None], labels)
    leaves = np.searchsorted(thresholds(values, labels), values, side="right")
    guesses = np.array([labels[leaves == leaf].mean() > 0.5 for leaf in range(leaves.max() + 1)])
    agree = guesses[leaves] == usual.predict(values[:, None])
    assert agree.mean() > 0.99, "they differ at most where two cuts are equally good"


# --- texts --------------------------------------------------------------------------------------


def test_empty_and_very_long_texts_are_told(report_of):
    text = [f"a text of the usual length, number {i}" for i in range(N)]
    text[3], text[4], text[9] = None, "  ", "x " * LONG_LETTERS
    report = report_of({"text": text, "label": LABEL}, text=["text"], validation=0)
    empty, long = only(report, "empty_texts"), only(report, "long_texts")
    assert (empty.rows, empty.severity) == ((3, 4), Severity.WARNING)
    assert long.rows == (9,)
    assert f"{2 * LONG_LETTERS:,} letters" in long.problem


def test_texts_that_are_all_long_are_not_named(report_of, random):
    text = [f"{i} " + "word " * random.integers(500, 3_000) for i in range(N)]
    assert kinds(report_of({"text": text, "label": LABEL}, text=["text"])) == []


# --- all together -------------------------------------------------------------------------------


def test_warnings_come_before_notes(report_of):
    same = np.append(np.full(N - 1, 5), 6)
    columns = {**CLEAN, "same": same, "word": np.where(LABEL == "cat", "meows", "barks")}
    assert kinds(report_of(columns, features=features(columns))) == ["leakage", "nearly_constant"]


def test_the_subject_keeps_the_files_order(tmp_path):
    pq.write_table(pa.table(CLEAN), tmp_path / "data.parquet")
    dataset = load_dataset(tmp_path / "data.parquet", label="label", validation=0.3)
    subject = subject_of(dataset)
    assert subject.row_numbers.tolist() == list(range(N))
    assert [dataset.classes[code] for code in subject.labels] == LABEL.tolist()
    held_out = set(subject.row_numbers[subject.held_out].tolist())
    assert held_out == set(dataset.validation.row_numbers.tolist())


def test_a_hundred_thousand_rows_of_thirty_columns_are_checked_in_seconds(tmp_path, random):
    rows = 100_000
    columns = {f"x{i}": random.normal(size=rows) for i in range(20)}
    columns |= {f"k{i}": random.choice(list("abcdefgh"), rows) for i in range(10)}
    columns["label"] = random.choice(["a", "b", "c"], rows)
    pq.write_table(pa.table(columns), tmp_path / "large.parquet")
    dataset = load_dataset(tmp_path / "large.parquet", label="label")
    started = time.perf_counter()
    report = check_dataset(dataset)
    assert time.perf_counter() - started < 5, "0.7 s on a quiet machine"
    assert kinds(report) == []
    assert "drawn at random" in report.looked_for[0]


def test_numbers_far_from_all_others_are_noted_and_bands_are_no_classes(report_of, random):
    values = random.normal(50, 3, size=N)
    values[[7, 30]] = 5000.0, -900.0
    report = report_of({"x": random.normal(size=N), "label": values})
    found = only(report, "far_numbers")
    assert found.severity is Severity.NOTE
    assert found.rows == (7, 30), "the furthest first"
    assert "2 numbers in 'label' lie far" in found.problem
    assert not {"class_imbalance", "small_classes", "label_variants"} & set(kinds(report))
    values[[7, 30]] = 50.0
    assert "far_numbers" not in kinds(report_of({"x": random.normal(size=N), "label": values}))
