"""Which rows are held out: groups stay whole, the latest are late, and copies are not parted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finine_core.dataset import check_dataset, load_dataset
from finine_core.dataset.holding_out.same_inputs import same_inputs
from finine_core.dataset.holding_out.together import (
    drawn_in_sets,
    joined,
    parted_mended,
    stratified_folds,
)
from finine_core.dataset.roles import Roles
from finine_core.dataset.split import split_by_fraction
from finine_core.errors import FinineError

ROWS = 240


def table(**columns: object) -> pa.Table:
    """Numbers that never repeat, 24 users of ten rows, 60 days of four rows, two classes."""
    random = np.random.default_rng(0)
    usual = {
        "x": random.normal(size=ROWS),
        "user": [f"u{one}" for one in random.permutation(np.repeat(np.arange(24), 10))],
        "day": [f"2024-{1 + k // 120:02}-{1 + k // 4 % 30:02}" for k in range(ROWS)],
        "label": random.permutation(["cat", "dog"] * (ROWS // 2)),
    }
    return pa.table({**usual, **columns})


@pytest.fixture
def written(tmp_path):
    def write(content: pa.Table, name: str = "rows.parquet") -> Path:
        pq.write_table(content, tmp_path / name)
        return tmp_path / name

    return write


def told(path: Path, **options: object) -> str:
    with pytest.raises(FinineError) as caught:
        load_dataset(path, label="label", **options)
    return str(caught.value)


def parted(numbers: np.ndarray, folds: np.ndarray) -> bool:
    """Whether rows of one number are in several folds."""
    pairs = np.unique(np.stack([numbers, folds]), axis=1)
    return pairs.shape[1] > len(np.unique(numbers))


# --- sets of rows ---

labelled = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=6, max_size=80)


@given(labelled, st.sampled_from([0.1, 0.2, 0.5]), st.integers(0, 2**31 - 1))
def test_sets_lie_on_one_side_and_every_class_keeps_a_training_row(rows, fraction, seed):
    classes, together = (np.array(one) for one in zip(*rows, strict=True))
    codes = np.unique(classes, return_inverse=True)[1].astype(np.int64)
    drawn = split_by_fraction(codes, fraction, seed)
    for draw in (drawn_in_sets, parted_mended):
        mask = draw(codes, together, drawn, fraction, seed)
        assert not parted(together, mask)
        assert (np.bincount(codes[~mask], minlength=codes.max() + 1) > 0).all()
        assert np.array_equal(mask, draw(codes, together, drawn, fraction, seed))


@given(st.lists(st.integers(0, 3), min_size=6, max_size=80), st.integers(0, 2**31 - 1))
def test_without_copies_a_draw_stays_as_it_was(classes, seed):
    codes = np.unique(classes, return_inverse=True)[1].astype(np.int64)
    drawn = split_by_fraction(codes, 0.2, seed)
    alone = np.random.default_rng(seed).permutation(len(codes))
    assert np.array_equal(parted_mended(codes, alone, drawn, 0.2, seed), drawn)
    assert np.array_equal(drawn_in_sets(codes, alone, drawn, 0.2, seed), drawn)


def test_a_draw_that_parts_copies_changes_little_and_holds_out_as_many_of_each_class():
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, 2000)
    together = np.arange(2000)
    together[:200] = np.repeat(np.arange(100), 2)
    drawn = split_by_fraction(codes, 0.2, 0)
    mask = parted_mended(codes, together, drawn, 0.2, 0)
    assert not parted(together, mask)
    assert np.array_equal(np.bincount(codes[mask]), np.bincount(codes[drawn]))
    assert (mask != drawn).mean() < 0.05


def test_groups_of_many_sizes_come_near_to_the_share_in_all_classes_and_any_may_be_held_out():
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), random.integers(1, 40, 60))
    codes = (groups + random.integers(0, 2, len(groups))) % 3  # groups differ in their classes
    often = np.zeros(60)
    for seed in range(20):
        drawn = split_by_fraction(codes, 0.2, seed)
        mask = drawn_in_sets(codes, groups, drawn, 0.2, seed)
        assert not parted(groups, mask)
        assert abs(mask.mean() - 0.2) < 0.01
        share = np.bincount(codes[mask]) / np.bincount(codes)
        assert np.abs(share - 0.2).max() < 0.03
        often += np.bincount(groups, weights=mask) > 0
    large = np.bincount(groups) >= 20
    assert 2 < often[large].mean() < 6, "a fifth of 20 draws, for large groups as for small ones"
    assert 2 < often[~large].mean() < 6


@pytest.mark.parametrize("grouped", [False, True])
def test_folds_are_alike_in_size_and_classes_and_part_no_group(grouped):
    random = np.random.default_rng(1)
    codes = random.choice(4, 1000, p=[0.6, 0.3, 0.08, 0.02])
    groups = random.integers(0, 150, 1000) if grouped else np.arange(1000)
    for folds in (2, 5, 10):
        found = stratified_folds(codes, folds, 0, groups)
        assert not parted(groups, found)
        sizes = np.bincount(found, minlength=folds)
        assert np.ptp(sizes) <= (4 if grouped else 3)
        for code in range(4):
            of_class = np.bincount(found[codes == code], minlength=folds)
            assert np.ptp(of_class) <= (4 if grouped else 1)
    alone = stratified_folds(codes, 5, 0)
    assert np.array_equal(alone, stratified_folds(codes, 5, 0, np.arange(1000)))
    assert (alone != stratified_folds(codes, 5, 1)).any()


def test_sets_of_two_kinds_are_joined_step_by_step():
    assert joined(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 3])).tolist() == [0, 0, 0, 0, 1]


# --- groups ---


def test_rows_of_a_group_are_held_out_together_and_nothing_is_learned_from_it(written):
    dataset = load_dataset(written(table()), label="label", group="user")
    assert dataset.roles.group == "user"
    assert dataset.roles.inputs == ("x",)
    train, held_out = (
        set(p.table["user"].to_pylist()) for p in (dataset.train, dataset.validation)
    )
    assert not train & held_out
    assert len(train | held_out) == 24
    assert len(dataset.validation) == 50, "five groups of ten are nearest to 48 rows"
    assert dataset.held_out == {
        "by": "group", "groups_held_out": 5, "group": "user", "groups": 24
    }  # fmt: skip
    (first, second) = dataset.notes
    assert first.startswith(
        "The rows of each group of 'user' lie on one side: 5 of 24 groups and 50"
    )
    assert second == "Nothing is learned from 'user'; it only says which rows belong together."
    again = load_dataset(written(table()), label="label", group="user")
    assert np.array_equal(again.validation.row_numbers, dataset.validation.row_numbers)
    other = load_dataset(written(table()), label="label", group="user", seed=1)
    assert not np.array_equal(other.validation.row_numbers, dataset.validation.row_numbers)


def test_a_row_without_a_group_is_a_group_of_its_own_and_it_is_told(written):
    users = [None, "", " ", *["a", "b", "c"] * 79]
    dataset = load_dataset(written(table(user=users)), label="label", group="user", features=["x"])
    assert "has no value in 3 rows: each is a group of its own." in " ".join(dataset.notes)
    assert len({*dataset.train.groups, *dataset.validation.groups}) == 6
    assert dataset.held_out["groups"] == 3
    assert dataset.held_out["rows_without_group"] == 3


def test_numbers_may_be_groups_and_missing_ones_are_told(written):
    users = np.repeat(np.arange(24.0), 10)
    users[0] = np.nan
    dataset = load_dataset(written(table(user=users)), label="label", group="user")
    assert dataset.held_out["rows_without_group"] == 1


@pytest.mark.parametrize(
    ("users", "said"),
    [
        (["a"] * ROWS, "'user' has the same value in every row, so all rows belong together"),
        ([None] * ROWS, "'user' has no value in any row"),
        ([b"a", b"b"] * (ROWS // 2), "'user' holds binary values"),
    ],
)
def test_a_column_that_makes_no_groups_is_refused(written, users, said):
    assert said in told(written(table(user=pa.array(users))), group="user", features=["x"])


def test_groups_of_which_none_can_be_spared_are_refused(written):
    content = table(user=["a"] * 120 + ["b"] * 120, label=["cat"] * 120 + ["dog"] * 120)
    said = told(written(content), group="user")
    assert "No group of 'user' can be held out: each of its 2 groups has all rows of some" in said


def test_one_group_larger_than_the_share_is_told(written):
    users = ["large"] * 200 + [f"u{k}" for k in range(40)]
    dataset = load_dataset(written(table(user=users)), label="label", group="user")
    assert "large" not in dataset.validation.table["user"].to_pylist()
    assert f"{len(dataset.validation)} rows are held out" in dataset.notes[0]
    assert "20 % was asked for" in dataset.notes[0]


def test_two_groups_of_half_the_rows_hold_one_out_and_say_how_much_that_is(written):
    dataset = load_dataset(written(table(user=["a", "b"] * 120)), label="label", group="user")
    assert len(dataset.validation) == 120
    assert "(50 %; 20 % was asked for)" in dataset.notes[0]


def test_a_class_that_only_one_group_has_is_told(written):
    labels = ["cat", "dog"] * (ROWS // 2)
    users = [f"u{k // 2 % 12}" for k in range(ROWS)]
    labels[0], labels[24] = "owl", "owl"
    dataset = load_dataset(written(table(user=users, label=labels)), label="label", group="user")
    assert "All rows of 'owl' are in one group of 'user'" in " ".join(dataset.notes)
    assert "owl" not in dataset.validation.table["label"].to_pylist()


def test_without_held_out_rows_groups_are_known_all_the_same(written):
    dataset = load_dataset(written(table()), label="label", group="user", validation=0)
    assert len(np.unique(dataset.train.groups)) == 24
    assert dataset.held_out["by"] == "nothing"


def test_a_split_column_that_parts_groups_is_followed_and_told(written):
    part = ["val" if k % 5 == 0 else "train" for k in range(ROWS)]
    content = table(part=part)
    dataset = load_dataset(
        written(content), label="label", group="user", validation="column:part"
    )  # fmt: skip
    assert len(dataset.validation) == 48
    both = dataset.held_out["groups_on_both_sides"]
    assert both > 10
    assert f"{both} groups of 'user' are on both sides" in " ".join(dataset.notes)


def test_groups_are_known_across_a_second_file(written):
    first, second = table(), table(user=[f"u{k % 30}" for k in range(ROWS)])
    dataset = load_dataset(
        written(first), label="label", group="user", validation=str(written(second, "b.parquet"))
    )
    assert "24 groups of 'user' are in both files" in " ".join(dataset.notes)
    by_name = {}
    for part in (dataset.train, dataset.validation):
        for name, number in zip(part.table["user"].to_pylist(), part.groups, strict=True):
            assert by_name.setdefault(name, number) == number
    assert len(set(by_name.values())) == 30
    without = load_dataset(
        written(first), label="label", group="user",
        validation=str(written(second.drop_columns("user"), "c.parquet")),
    )  # fmt: skip
    assert len(np.unique(without.validation.groups)) == ROWS, "each its own"


# --- the latest ---

NUMBERS = np.arange(ROWS) // 4
TIMES = {
    "ISO dates": [f"2024-{1 + k // 120:02}-{1 + k // 4 % 30:02}" for k in range(120)]
    + [f"2025-01-{1 + k // 4 % 30:02}" for k in range(120)],
    "ISO times": [f"2024-01-01T{k // 40:02}:{k % 40 // 4:02}:00Z" for k in range(ROWS)],
    "months": [f"{2000 + k // 48}-{1 + k % 48 // 4:02}" for k in range(ROWS)],
    "whole numbers": NUMBERS,
    "numbers": NUMBERS * 0.5 - 7,
    "dates": pa.array(NUMBERS.astype(np.int32), pa.int32()).cast(pa.date32()),
    "timestamps": pa.array(NUMBERS, pa.timestamp("s", "UTC")),
}


@pytest.mark.parametrize("kind", TIMES)
def test_the_latest_rows_are_held_out_whatever_way_times_are_written(written, kind):
    order = np.random.default_rng(0).permutation(ROWS)
    times = pa.array(TIMES[kind]).take(pa.array(order))
    path = written(table(day=times))
    dataset = load_dataset(path, label="label", time="day", features=["x"])
    assert sorted(order[dataset.validation.row_numbers]) == list(range(192, ROWS))
    assert dataset.held_out["by"] == "time"
    first = dataset.validation.table["day"].take(
        [int(np.argmin(order[dataset.validation.row_numbers]))]
    )
    assert dataset.held_out["from"] in str(first.cast(pa.string())[0])


def test_rows_of_the_same_time_lie_on_one_side_and_the_share_is_told(written):
    days = np.repeat([1, 2, 3, 4], 60)
    dataset = load_dataset(written(table(day=days)), label="label", time="day", features=["x"])
    assert set(dataset.validation.table["day"].to_pylist()) == {4}
    assert (
        "The latest 60 rows are held out (25 %; 20 % was asked for): those with 'day' from '4' on."
        in dataset.notes[0]
    )


def test_a_time_is_learned_from_only_where_it_is_asked_for(written):
    path = written(table(when=np.arange(ROWS)))
    dataset = load_dataset(path, label="label", time="when")
    assert dataset.roles.time == "when"
    assert "when" not in dataset.roles.inputs
    assert "Nothing is learned from 'when'; it only says which rows are late." in dataset.notes
    asked = load_dataset(path, label="label", time="when", features=["x", "when"])
    assert asked.roles.inputs == ("x", "when")
    assert not any("Nothing is learned" in note for note in asked.notes)
    named = load_dataset(path, label="label", time="when", id="when", features=["x"])
    assert (named.roles.id, named.roles.time) == ("when", "when")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["2024-01-01", "31.01.2024"] * 120, "'day' is '31.01.2024' in row 1, which is no time"),
        (["2024-01-01", None] * 120, "'day' has no value in 120 of 240 rows (rows 1, 3, 5, 7, 9"),
        ([1.0, float("nan")] * 120, "'day' has no value in 120 of 240 rows"),
        ([1.0, float("inf")] * 120, "'day' is inf in row 1, which is no time"),
        (["2024-01-01", "2024-01-02T00:00Z"] * 120, "'2024-01-02T00:00Z' in row 1. Which is later"),
        ([True, False] * 120, "'day' holds bool values, which are no times"),
        (["10:30", "11:30"] * 120, "'day' is '10:30' in row 0, which is no time"),
        (["2024-01-01"] * ROWS, "'day' has the same value in every row"),
    ],
)
def test_a_column_that_says_no_times_is_refused(written, days, said):
    assert said in told(written(table(day=pa.array(days))), time="day", features=["x"])


def test_a_row_of_a_csv_is_named_by_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,day,label\n" + "1.5,2024-01-01,a\n2.5,soon,b\n" * 9)
    assert "'day' is 'soon' in row 1 (line 3), which is no time" in told(path, time="day")


def test_a_class_that_only_late_rows_have_is_refused(written):
    labels = ["cat", "dog"] * 119 + ["owl", "owl"]
    said = told(written(table(label=labels, day=np.arange(ROWS))), time="day", features=["x"])
    assert "The split by time 'day' leaves no training row of class 'owl'" in said
    assert "only among the latest rows" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"time": "day", "group": "user"}, "Both group ('user') and time ('day')"),
        ({"time": "day", "validation": 0}, "validation 0 holds out none"),
        ({"time": "day", "validation": "column:user"}, "Both time ('day') and validation"),
        ({"time": "day", "validation": "second.csv"}, "Both time ('day') and validation"),
        ({"time": "day", "validation": 0.95}, "The validation fraction is 0.95"),
        ({"group": "user", "validation": 0.95}, "The validation fraction is 0.95"),
        ({"group": "usr"}, "There is no column 'usr'. Did you mean 'user'?"),
        ({"group": "label"}, "'label' is named twice: as label and as group"),
        (
            {"group": "user", "features": ["user"]},
            "'user' is named twice: as features and as group",
        ),
        ({"time": "label"}, "'label' is named twice: as label and as time"),
    ],
)
def test_what_does_not_go_together_is_refused(written, options, said):
    assert said in told(written(table()), **options)


# --- copies ---


def texts(copied: int) -> pa.Table:
    words = np.random.default_rng(0).integers(0, 500, (ROWS, 6))
    lines = [" ".join(f"word{w}" for w in row) for row in words]
    for k in range(copied):
        lines[ROWS - 1 - k] = f" {lines[k].upper()}  "
    return pa.table({"text": lines, "label": ["cat", "dog"] * (ROWS // 2)})


def test_texts_that_differ_in_case_and_spaces_are_held_out_together(written):
    for seed in range(3):
        dataset = load_dataset(written(texts(40)), label="label", text=["text"], seed=seed)
        held_out = set(dataset.validation.row_numbers.tolist())
        assert all((k in held_out) == (ROWS - 1 - k in held_out) for k in range(40))
        assert len(held_out) == 48
        assert dataset.held_out["copies_kept_together"] == 80
        assert dataset.notes[0].startswith("80 rows are the same as another in all that is learned")
    assert not any(one.kind == "validation_leak" for one in check_dataset(dataset).findings)


def test_a_file_without_copies_is_split_as_ever(written):
    content = texts(0)
    codes = np.tile([0, 1], ROWS // 2)
    dataset = load_dataset(written(content), label="label", text=["text"], seed=3)
    expected = np.flatnonzero(split_by_fraction(codes, 0.2, 3))
    assert dataset.validation.row_numbers.tolist() == expected.tolist()
    assert dataset.held_out == {"by": "chance"}
    assert not dataset.notes


def test_copies_of_which_whole_sets_cannot_be_held_out_are_told(written):
    content = texts(0).set_column(
        0, "text", [["the same in every row of this file"] * 230 + list("abcdefghij")]
    )
    dataset = load_dataset(written(content), label="label", text=["text"])
    assert len(dataset.validation) == 48
    assert "copies lie on both sides" in dataset.notes[0]
    assert dataset.held_out["copies_kept_together"] == 0


def test_rows_of_few_columns_that_must_repeat_are_no_copies():
    ages = pa.table({"age": [30, 31, 32] * 50, "sex": ["f", "m"] * 75, "y": [0, 1] * 75})
    assert same_inputs(ages, Roles(label="y", features=("age", "sex"))) is None
    exact = pa.table({"x": [0.1, 0.1, *np.linspace(1, 2, 98)], "y": [0, 1] * 50})
    assert same_inputs(exact, Roles(label="y", features=("x",)))[:3].tolist() == [0, 0, 1]


def test_copies_that_a_column_parts_stay_where_it_puts_them(written):
    lines = texts(0)["text"].to_pylist()
    content = texts(0).set_column(0, "text", [[*lines[:-40], *lines[:40]]])
    content = content.append_column("part", [["val"] * 24 + ["train"] * (ROWS - 24)])
    dataset = load_dataset(
        written(content), label="label", text=["text"], validation="column:part"
    )  # fmt: skip
    assert dataset.validation.row_numbers.tolist() == list(range(24))
    (leak,) = (one for one in check_dataset(dataset).findings if one.kind == "validation_leak")
    assert leak.numbers["held_out_rows"] == 24


def test_a_column_of_groups_may_be_ignored_too_and_spaces_do_not_part_a_group(tmp_path):
    names = [f"u{k % 10}{' ' if k % 3 else ''}" for k in range(60)]
    rows = "".join(f"{name},{k % 7},{'ab'[k % 2]}\n" for k, name in enumerate(names))
    (tmp_path / "rows.csv").write_text("user,x,y\n" + rows)
    found = load_dataset(tmp_path / "rows.csv", label="y", group="user", ignore=["user"])
    assert found.roles.group == "user"
    assert len(set(found.train.groups) | set(found.validation.groups)) == 10
    assert set(found.train.groups).isdisjoint(found.validation.groups)


def test_single_rows_make_up_for_a_group_too_large_to_be_held_out(tmp_path):
    rows = "".join(f"{'big' if k < 220 else k},{k % 7},{'ab'[k % 2]}\n" for k in range(300))
    (tmp_path / "rows.csv").write_text("user,x,y\n" + rows)
    found = load_dataset(tmp_path / "rows.csv", label="y", features=["x"], group="user")
    assert len(found.validation) == 60
    assert (found.validation.row_numbers >= 220).all()
