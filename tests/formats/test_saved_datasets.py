"""Folders of the library `datasets`: what is read, what is refused, what an export keeps."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pytest

from finine_core.dataset import load_dataset
from finine_core.errors import FinineError
from finine_core.formats import CopiedCells, format_of, is_image_tree, read_table
from finine_core.formats.sources.inputs import check_input, fingerprint_of
from tests.saved_datasets import LABEL, images, numbers, save_splits, save_table


def opened(path):
    return pa.ipc.open_stream(path.read_bytes())


def changed(path, **what):
    path.write_text(json.dumps({**json.loads(path.read_text()), **what}))


def test_rows_come_in_order_with_their_classes_by_name(tmp_path):
    folder = save_table(tmp_path / "saved", *numbers(10), shards=3)
    check_input(folder)
    raw = read_table(folder)
    assert format_of(folder).name == "Hugging Face dataset"
    assert not is_image_tree(folder)
    assert raw.table.column_names == ["x", "tags", "label"]
    assert raw.table["tags"].to_pylist() == [f'["t{row}"]' for row in range(10)]
    assert raw.table["label"].to_pylist() == ["neg", "pos"] * 5
    assert "shown by name: 'neg', 'pos'" in raw.notes[0]


def test_splits_are_one_table_and_divide_training_from_validation(tmp_path):
    folder = save_splits(tmp_path / "saved", train=12, validation=4, test=2)
    table = read_table(folder).table
    assert table["split"].to_pylist() == ["train"] * 12 + ["validation"] * 4 + ["test"] * 2
    found = load_dataset(folder, label="label", validation="column:split")
    assert found.train.row_numbers.tolist() == list(range(12))
    assert found.validation.row_numbers.tolist() == list(range(12, 18))


def test_a_column_called_split_stays_and_the_splits_get_another_name(tmp_path):
    table, features = numbers(6)
    table = table.append_column("split", pa.array(["mine"] * 6))
    for name in ("train", "test"):
        save_table(tmp_path / "saved" / name, table, features)
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    read = read_table(tmp_path / "saved").table
    assert set(read["split"].to_pylist()) == {"mine"}
    assert read["saved_split"].to_pylist() == ["train"] * 6 + ["test"] * 6


def test_images_in_a_column_are_learned_from(tmp_path):
    folder = save_table(tmp_path / "saved", *images(12))
    found = load_dataset(folder, label="label", image="image", validation=0.25)
    assert found.train.pixels.shape == (9, 1, 8, 8)


def test_a_row_without_a_class_is_missing_and_told(tmp_path):
    table, features = numbers(4)
    table = table.set_column(2, "label", pa.array([0, -1, None, 1]))
    raw = read_table(save_table(tmp_path / "saved", table, features))
    assert raw.table["label"].to_pylist() == ["neg", None, None, "pos"]
    assert "-1 in 1 row is no class" in raw.notes[0]


def test_a_class_without_a_name_is_refused_with_its_row(tmp_path):
    table, features = numbers(4)
    folder = save_table(
        tmp_path / "saved", table.set_column(2, "label", pa.array([0, 1, 7, 1])), features
    )
    with pytest.raises(FinineError, match=r"column 'label' in row 2 is 7, but .* names 2 classes"):
        read_table(folder)


def test_a_selection_kept_apart_from_its_table_is_refused(tmp_path):
    old = {"_indices_data_files": [{"filename": "indices.arrow"}]}
    folder = save_table(tmp_path / "saved", *numbers(4), **old)
    with pytest.raises(FinineError, match=r"selection of rows apart .* flatten_indices"):
        check_input(folder)


@pytest.mark.parametrize("name", ["../other.arrow", "/etc/passwd", "..", "", None, 3])
def test_a_state_that_names_files_elsewhere_is_refused(tmp_path, name):
    (tmp_path / "other.arrow").write_bytes(b"")
    folder = save_table(tmp_path / "saved", *numbers(4), _data_files=[{"filename": name}])
    with pytest.raises(FinineError, match="which is no bare name"):
        read_table(folder)


def test_a_split_elsewhere_a_link_and_a_missing_table_are_refused(tmp_path):
    folder = save_splits(tmp_path / "saved", train=4, test=4)
    changed(folder / "dataset_dict.json", splits=["train", "../saved/test"])
    with pytest.raises(FinineError, match="no bare name"):
        fingerprint_of(folder)
    changed(folder / "dataset_dict.json", splits=["train", "test"])
    table = folder / "test" / "data-00000-of-00001.arrow"
    table.rename(tmp_path / "moved.arrow")
    with pytest.raises(FinineError, match="There is no file"):
        read_table(folder)
    table.symlink_to(tmp_path / "moved.arrow")
    with pytest.raises(FinineError, match="is a symbolic link"):
        read_table(folder)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"_data_files": []}', '{"_data_files": 5}', "[" * 100_000]
)
def test_a_damaged_state_is_told(tmp_path, text):
    folder = save_table(tmp_path / "saved", *numbers(4))
    (folder / "state.json").write_text(text)
    with pytest.raises(FinineError, match=r"saved/state\.json is damaged"):
        read_table(folder)


def test_splits_of_other_columns_or_classes_are_refused(tmp_path):
    folder = save_splits(tmp_path / "saved", train=4, test=4)
    shutil.rmtree(folder / "test")
    table, features = numbers(4)
    other = table.set_column(0, "x", pa.array([1, 2, 3, 4], pa.int32()))
    save_table(folder / "test", other, features)
    with pytest.raises(FinineError, match=r"column 'x' is not the same .*float and int32"):
        read_table(folder)
    shutil.rmtree(folder / "test")
    swapped = {**LABEL, "names": ["pos", "neg"]}
    save_table(folder / "test", table, {**features, "label": swapped})
    with pytest.raises(FinineError, match="name the classes of column 'label' differently"):
        read_table(folder)


def test_a_folder_beyond_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    folder = save_table(tmp_path / "saved", *numbers(500), shards=4)
    largest = max(one.stat().st_size for one in folder.iterdir())
    monkeypatch.setenv("FININE_LARGEST_GB", str(2 * largest / 1024**3))  # each file is below
    with pytest.raises(FinineError, match=r"saved has .* are read"):
        check_input(folder)


def test_the_fingerprint_sees_what_belongs_to_it_and_nothing_else(tmp_path):
    folder = save_splits(tmp_path / "saved", train=4, test=4)
    before = fingerprint_of(folder)
    (folder / "train" / "cache-12.arrow").write_bytes(b"nothing")
    assert fingerprint_of(folder) == before
    changed(folder / "test" / "dataset_info.json", description="other")
    assert fingerprint_of(folder) != before


def test_a_subset_keeps_files_schema_metadata_and_batches(tmp_path):
    folder = save_splits(tmp_path / "saved", train=10, test=6)
    keep = np.arange(16) % 4 > 0
    out, again = tmp_path / "out", tmp_path / "again"
    for place in (out, again):
        format_of(folder).write_subset(folder, keep, place)
    assert fingerprint_of(out) == fingerprint_of(again)
    start = 0
    for split, rows, batches in (("train", 10, [3, 3, 1]), ("test", 6, [3, 2])):
        file = f"{split}/data-00000-of-00001.arrow"
        before, after = opened(folder / file), opened(out / file)
        assert after.schema.equals(before.schema, check_metadata=True)
        kept = before.read_all().filter(pa.array(keep[start : start + rows]))
        found = after.read_all()
        assert found.equals(kept)
        assert [batch.num_rows for batch in found.to_batches()] == batches
        start += rows
        info = f"{split}/dataset_info.json"
        assert (out / info).read_bytes() == (folder / info).read_bytes()
        old, new = (json.loads((at / split / "state.json").read_text()) for at in (folder, out))
        assert new.pop("_fingerprint") != old.pop("_fingerprint")
        assert new == old
    assert (out / "dataset_dict.json").read_bytes() == (folder / "dataset_dict.json").read_bytes()


def test_with_every_row_kept_the_copy_is_the_same(tmp_path):
    folder = save_table(tmp_path / "saved", *numbers(10), shards=3)
    format_of(folder).write_subset(folder, np.ones(10, dtype=bool), tmp_path / "out")
    assert fingerprint_of(tmp_path / "out") == fingerprint_of(folder)


def test_a_corrected_label_is_copied_from_another_split(tmp_path):
    folder = save_splits(tmp_path / "saved", train=5, test=3)
    keep = np.array([True] * 7 + [False])
    out = tmp_path / "out"
    format_of(folder).write_subset(folder, keep, out, CopiedCells("label", {0: 5, 6: 3}))
    assert read_table(out).table["label"].to_pylist() == [
        "pos", "pos", "neg", "pos", "neg", "pos", "pos",
    ]  # fmt: skip
    assert opened(out / "test" / "data-00000-of-00001.arrow").schema.field("label").type == "int64"
    with pytest.raises(FinineError, match="no column 'split'"):
        format_of(folder).write_subset(folder, keep, out, CopiedCells("split", {0: 5}))


def test_a_table_that_loses_every_row_stays_with_its_columns(tmp_path):
    folder = save_table(tmp_path / "saved", *numbers(6), shards=2)
    keep = np.array([False] * 3 + [True] * 3)
    format_of(folder).write_subset(folder, keep, tmp_path / "out")
    assert len(read_table(tmp_path / "out").table) == 3
    format_of(folder).write_subset(folder, ~np.ones(6, dtype=bool), tmp_path / "none")
    assert opened(tmp_path / "none" / "data-00001-of-00002.arrow").schema.names[0] == "x"
    with pytest.raises(FinineError, match="none has no rows"):
        read_table(tmp_path / "none")


def test_another_number_of_rows_is_refused(tmp_path):
    folder = save_table(tmp_path / "saved", *numbers(6))
    with pytest.raises(FinineError, match="6 rows, but the decisions are about 5 rows"):
        format_of(folder).write_subset(folder, np.ones(5, dtype=bool), tmp_path / "out")
