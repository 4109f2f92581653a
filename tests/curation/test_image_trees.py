"""What an export of images gives: the list of those kept, and the images by their new classes."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from finine_core import api
from finine_core.curation.export import zip_export
from finine_core.errors import FinineError
from tests.trained import trained

SIDE = 8


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, api.Run]:
    """A folder of dark and light images, one of which is damaged, and a run on it."""
    base = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for name, shade in (("dark", 20), ("light", 180)):
        (base / "shades" / name).mkdir(parents=True)
        for place in range(12):
            pixels = random.integers(shade, shade + 50, (SIDE, SIDE)).astype(np.uint8)
            Image.fromarray(pixels).save(base / "shades" / name / f"{place:02d}.png")
    (base / "shades" / "light" / "broken.png").write_bytes(b"nothing")
    run = trained(
        base / "shades", label="label", home=base / "home", validation=0.25, epochs=2,
        batch_size=4, skip_corrupt=True,
    )  # fmt: skip
    run.mark(rows=[0], decision="delete")
    run.mark(rows=[1], decision="relabel", label="light")
    return base / "shades", run


def contents(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


def test_a_run_on_a_folder_scores_its_rows_and_keeps_thumbnails(
    finished: tuple[Path, api.Run],
) -> None:
    _, run = finished
    assert run.record()["resolved"]["model"] == "cnn"
    assert len(run.scores("self")) == 18
    assert run.has_images
    found = run.thumbnails([0, 5, 24])
    assert sorted(found) == [0, 5]  # row 24 is the damaged one
    assert found[0].startswith(b"\x89PNG")


@pytest.mark.parametrize("way", ["copy", "link"])
def test_the_tree_has_what_is_kept_in_the_folders_of_the_new_classes(
    finished: tuple[Path, api.Run], tmp_path: Path, way: str
) -> None:
    folder, run = finished
    before = contents(folder)
    result = run.export(tmp_path / "out", tree=way)
    listed = result.cleaned.read_text().splitlines()
    assert result.cleaned.name == "cleaned.csv"
    assert listed[0] == "image,label"
    assert len(listed) == 1 + 24
    assert "dark/01.png,light" in listed
    tree = contents(tmp_path / "out" / "images")
    assert len(tree) == 24
    assert "dark/00.png" not in tree
    assert tree["light/01-from-dark.png"] == before["dark/01.png"]  # light/01.png is another
    assert tree["light/01.png"] == before["light/01.png"]
    assert contents(folder) == before
    same = (tmp_path / "out" / "images" / "dark" / "02.png").samefile(folder / "dark" / "02.png")
    assert same == (way == "link")


def test_a_manifest_rebuilds_the_list_and_the_tree(
    finished: tuple[Path, api.Run], tmp_path: Path
) -> None:
    folder, run = finished
    result = run.export(tmp_path / "out", tree="copy")
    api.apply(result.manifest, folder, tmp_path / "again" / "list.csv", tree="copy")
    assert (tmp_path / "again" / "list.csv").read_bytes() == result.cleaned.read_bytes()
    assert contents(tmp_path / "again" / "images") == contents(tmp_path / "out" / "images")
    with zipfile.ZipFile(zip_export(tmp_path / "out")) as packed:
        assert "images/light/01-from-dark.png" in packed.namelist()


def test_an_export_never_writes_into_the_input(finished: tuple[Path, api.Run]) -> None:
    folder, run = finished
    with pytest.raises(FinineError, match="inside the input"):
        run.export(folder / "out")


def test_a_changed_image_is_noticed(finished: tuple[Path, api.Run], tmp_path: Path) -> None:
    folder, run = finished
    path = folder / "dark" / "05.png"
    original = path.read_bytes()
    path.write_bytes((folder / "dark" / "06.png").read_bytes())
    try:
        with pytest.raises(FinineError, match="is not the file of this run"):
            run.export(tmp_path / "out")
    finally:
        path.write_bytes(original)


def test_a_tree_never_takes_the_place_of_the_input_or_of_other_files(
    finished: tuple[Path, api.Run], tmp_path: Path
) -> None:
    original, run = finished
    for source, out in (("images", "."), ("images/pets", "."), ("shades", "shades/new")):
        folder = tmp_path / source.replace("/", "-") / source
        shutil.copytree(original, folder)
        before = contents(folder)
        place = (tmp_path / source.replace("/", "-") / out).resolve()
        for overwrite in (False, True):
            with pytest.raises(FinineError, match=r"would (replace|lie inside) the input"):
                run.export(place, data=folder, tree="copy", overwrite=overwrite)
        assert contents(folder) == before

    out = tmp_path / "out"
    run.export(out, tree="copy")
    (out / "images" / "holiday").mkdir()
    (out / "images" / "holiday" / "beach.png").write_bytes(b"mine")
    with pytest.raises(FinineError, match=r"holds holiday/beach\.png, which is no image of shades"):
        run.export(out, tree="copy", overwrite=True)
    assert (out / "images" / "holiday" / "beach.png").read_bytes() == b"mine"
    shutil.rmtree(out / "images" / "holiday")
    run.export(out, tree="copy", overwrite=True)
    assert len(contents(out / "images")) == 24


def test_a_tree_is_not_written_through_a_link_that_lies_in_its_folder(
    finished: tuple[Path, api.Run], tmp_path: Path
) -> None:
    _, run = finished
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / ".images-in-the-making").symlink_to(elsewhere)
    with pytest.raises(FinineError, match="images cannot be written"):
        run.export(out, tree="copy")
    assert not list(elsewhere.iterdir())
