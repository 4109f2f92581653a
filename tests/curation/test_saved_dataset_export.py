"""A run on a folder of the library `datasets`, and the export of it: a folder of the same kind."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from finine_core import api
from finine_core.curation.export import zip_export
from finine_core.errors import FinineError
from finine_core.formats import read_table
from finine_core.formats.sources.inputs import fingerprint_of
from tests.saved_datasets import save_splits
from tests.trained import trained


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, api.Run]:
    """A run on a folder with two splits, one row to be removed and one label corrected."""
    base = tmp_path_factory.mktemp("saved")
    folder = save_splits(base / "signs", train=24, test=8)
    run = trained(
        folder, label="label", home=base / "home", validation="column:split", epochs=2,
        batch_size=4,
    )  # fmt: skip
    run.mark(rows=[0], decision="delete")
    run.mark(rows=[1], decision="relabel", label="neg")
    return folder, run


def test_the_split_decides_what_is_trained_on(finished: tuple[Path, api.Run]) -> None:
    _, run = finished
    assert sorted(run.scores("self")["row_number"]) == list(range(24))
    assert run.record()["dataset"]["roles"]["label"] == "label"


def test_the_export_is_a_folder_again_and_its_zip_holds_it(
    finished: tuple[Path, api.Run], tmp_path: Path
) -> None:
    folder, run = finished
    before = fingerprint_of(folder)
    result = run.export(tmp_path / "out", spreadsheet_safe=True)
    assert result.cleaned == tmp_path / "out" / "cleaned"
    kept = read_table(result.cleaned).table
    old = read_table(folder).table
    assert kept["tags"].to_pylist() == old["tags"].to_pylist()[1:]
    assert kept["split"].to_pylist() == old["split"].to_pylist()[1:]
    assert kept["label"].to_pylist()[:3] == ["neg", "neg", "pos"]
    assert read_table(result.removed).table["tags"].to_pylist() == ['["t0"]']
    assert result.spreadsheet is not None
    assert "neg" in result.spreadsheet.read_text()
    with zipfile.ZipFile(zip_export(tmp_path / "out")) as packed:
        assert "cleaned/train/data-00000-of-00001.arrow" in packed.namelist()
        packed.extractall(tmp_path / "unpacked")
    assert fingerprint_of(tmp_path / "unpacked" / "cleaned") == fingerprint_of(result.cleaned)
    assert fingerprint_of(folder) == before
    changed = result.cleaned / "test" / "state.json"
    changed.write_text(changed.read_text() + " ")
    with pytest.raises(FinineError, match="is not the exported file"):
        zip_export(tmp_path / "out")


def test_the_manifest_rebuilds_the_folder(finished: tuple[Path, api.Run], tmp_path: Path) -> None:
    folder, run = finished
    result = run.export(tmp_path / "out")
    again = tmp_path / "again"
    api.apply(result.manifest, folder, again)
    assert fingerprint_of(again) == fingerprint_of(result.cleaned)
    with pytest.raises(FinineError, match="exists already"):
        api.apply(result.manifest, folder, again)
    api.apply(result.manifest, folder, again, overwrite=True)
    assert fingerprint_of(again) == fingerprint_of(result.cleaned)
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_nothing_else_is_ever_replaced(finished: tuple[Path, api.Run], tmp_path: Path) -> None:
    folder, run = finished
    result = run.export(tmp_path / "out")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter.txt").write_text("dear")
    with pytest.raises(FinineError, match="is no saved data set"):
        api.apply(result.manifest, folder, precious, overwrite=True)
    with pytest.raises(FinineError, match="would lie inside"):
        api.apply(result.manifest, folder, folder / "train" / "out")
    with pytest.raises(FinineError, match="would lie inside"):
        run.export(folder / "out")
    with pytest.raises(FinineError, match="would lie inside"):
        run.write_rows(folder / "out", rows=[3])
    every = tmp_path / "every"  # the input is one split of a larger data set
    shutil.copytree(folder, every / "cleaned")
    shutil.copytree(folder, every / "cleaned" / "mine")
    with pytest.raises(FinineError, match="would replace the input"):
        run.export(every, data=every / "cleaned" / "mine", overwrite=True)
    with pytest.raises(FinineError, match="would replace the input"):
        api.apply(result.manifest, every / "cleaned" / "mine", every / "cleaned", overwrite=True)
    with pytest.raises(FinineError, match="would replace the input"):
        run.write_rows(every / "cleaned", data=every / "cleaned" / "mine", rows=[3], overwrite=True)
    assert (every / "cleaned" / "mine" / "dataset_dict.json").exists()
    (precious / "cleaned").mkdir()
    (precious / "cleaned" / "a.txt").write_text("mine")
    with pytest.raises(FinineError, match="is no saved data set"):
        run.export(precious, overwrite=True)
    assert (precious / "letter.txt").read_text() == "dear"


def test_an_export_may_replace_an_earlier_one(
    finished: tuple[Path, api.Run], tmp_path: Path
) -> None:
    _, run = finished
    first = fingerprint_of(run.export(tmp_path / "out").cleaned)
    assert fingerprint_of(run.export(tmp_path / "out", overwrite=True).cleaned) == first


def test_some_rows_are_taken_away_as_a_folder(
    finished: tuple[Path, api.Run], tmp_path: Path
) -> None:
    _, run = finished
    assert run.write_rows(tmp_path / "some", rows=[3, 5]) == 2
    assert read_table(tmp_path / "some").table["tags"].to_pylist() == ['["t3"]', '["t5"]']
