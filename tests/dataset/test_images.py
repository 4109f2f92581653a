"""Images come in many forms and are read as a person sees them; what is no image is named."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from finine_core.dataset import check_dataset, load_dataset
from finine_core.encoders import encode
from finine_core.errors import FinineError
from finine_core.formats import read_table
from finine_core.formats.images import decoding
from finine_core.formats.images.decoding import BadImage, pixels_of, read_header
from finine_core.formats.sources.inputs import fingerprint_of

SIDE = 12


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def square(shade: int, side: int = SIDE) -> bytes:
    pixels = np.full((side, side), shade, np.uint8)
    pixels[0, 0] = 255 - shade
    return encoded(Image.fromarray(pixels))


def tree(folder: Path, per_class: int = 6) -> Path:
    """A folder of dark and light images."""
    for name, base in (("dark", 10), ("light", 200)):
        (folder / name).mkdir(parents=True)
        for place in range(per_class):
            (folder / name / f"{place}.png").write_bytes(square(base + place))
    return folder


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.rglob("*.png")):
            archive.write(one, one.relative_to(folder.parent).as_posix())
    return path


# --- the four ways in ---


def test_a_folder_of_classes_is_a_table_in_the_order_of_its_paths(tmp_path: Path) -> None:
    folder = tree(tmp_path / "shades")
    (folder / "readme.txt").write_text("not an image")
    (folder / ".DS_Store").write_text("")
    raw = read_table(folder)
    assert raw.table.column_names == ["image", "label"]
    assert raw.table.column("image").to_pylist()[:2] == ["dark/0.png", "dark/1.png"]
    assert set(raw.table.column("label").to_pylist()) == {"dark", "light"}
    assert raw.notes == ("1 file is left out: no image, or not in the folder of a class.",)
    dataset = load_dataset(folder, label="label", validation=1 / 3)
    assert dataset.roles.image == "image"
    assert dataset.train.pixels is not None
    assert dataset.train.pixels.shape == (8, 1, SIDE, SIDE)


def test_every_way_in_gives_the_same_pixels(tmp_path: Path) -> None:
    folder = tree(tmp_path / "shades")
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))
    labels = [name.split("/")[0] for name in names]
    (folder / "list.csv").write_text(
        "file,y\n" + "".join(f"{n},{y}\n" for n, y in zip(names, labels, strict=True))
    )
    contents = [(folder / name).read_bytes() for name in names]
    pq.write_table(pa.table({"image": contents, "y": labels}), tmp_path / "bytes.parquet")
    pictures = [{"bytes": one, "path": None} for one in contents]
    pq.write_table(pa.table({"image": pictures, "y": labels}), tmp_path / "hugging_face.parquet")
    of_folder = load_dataset(folder, label="label", validation=0).train.pixels
    for path, label in (
        (zipped(folder, tmp_path / "shades.zip"), "label"),
        (folder / "list.csv", "y"),
        (tmp_path / "bytes.parquet", "y"),
        (tmp_path / "hugging_face.parquet", "y"),
    ):
        found = load_dataset(path, label=label, validation=0)
        assert found.train.pixels is not None
        assert np.array_equal(found.train.pixels, of_folder), path


def test_a_folder_of_parts_gives_a_split_column(tmp_path: Path) -> None:
    tree(tmp_path / "data" / "train")
    tree(tmp_path / "data" / "test", per_class=3)
    dataset = load_dataset(tmp_path / "data", label="label", validation="column:split")
    assert (len(dataset.train), len(dataset.validation)) == (12, 6)
    assert dataset.classes == ("dark", "light")


def test_the_fingerprint_of_a_folder_tells_of_content_and_names_alike(tmp_path: Path) -> None:
    folder = tree(tmp_path / "shades")
    first = fingerprint_of(folder)
    assert fingerprint_of(folder) == first
    (folder / "dark" / "0.png").rename(folder / "light" / "x.png")
    moved = fingerprint_of(folder)
    (folder / "light" / "x.png").write_bytes(square(99))
    assert len({first, moved, fingerprint_of(folder)}) == 3


# --- what an image may look like ---


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"])
def test_every_format_shows_the_same_grey(kind: str) -> None:
    grey = encoded(Image.new("RGB", (16, 16), (100, 100, 100)), kind)
    assert abs(int(pixels_of(grey, (8, 8), grey=True).mean()) - 100) <= 2


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("1", (4, 4), 1), 255),
        (Image.new("LA", (4, 4), (0, 0)), 255),  # wholly transparent: white
        (Image.new("RGBA", (4, 4), (0, 0, 0, 128)), 127),
        (Image.new("P", (4, 4), 0), 0),
        (Image.fromarray(np.full((4, 4), 0x8000, np.uint16)), 128),
    ],
    ids=["black and white", "grey and clear", "half clear", "palette", "16 bits"],
)
def test_modes_are_read_as_a_screen_shows_them(image: Image.Image, expected: int) -> None:
    content = encoded(image)
    assert abs(int(pixels_of(content, (4, 4), grey=True).mean()) - expected) <= 1


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    image = Image.fromarray(np.repeat([[0, 255]], 4, axis=0).astype(np.uint8)).resize((32, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    content = encoded(image, "JPEG", exif=exif, quality=95)
    header = read_header(content)
    assert (header.width, header.height) == (16, 32)
    upright = pixels_of(content, (16, 32), grey=True)[0]
    assert upright[2].mean() < 60 < 200 < upright[-3].mean()


def test_mixed_sizes_are_stretched_to_the_most_common_and_it_is_told(tmp_path: Path) -> None:
    folder = tree(tmp_path / "shades")
    (folder / "dark" / "wide.png").write_bytes(encoded(Image.new("RGB", (90, 30), "red")))
    dataset = load_dataset(folder, label="label", validation=0)
    assert dataset.train.pixels is not None
    assert dataset.train.pixels.shape == (13, 3, SIDE, SIDE)  # one has colours, so all have
    assert any("1 of 13 have another size" in note for note in dataset.notes)


def test_pixels_are_standardised_by_the_training_rows(tmp_path: Path) -> None:
    dataset = load_dataset(tree(tmp_path / "shades"), label="label", validation=1 / 3)
    found = encode(dataset, inputs="pixels")
    assert found.train_x.shape == (8, 1, SIDE, SIDE)
    assert found.train_x.mean() == pytest.approx(0, abs=1e-5)
    assert found.train_x.std() == pytest.approx(1, abs=1e-5)
    columns = encode(dataset, inputs="columns")
    assert np.array_equal(columns.train_x, found.train_x.reshape(8, -1))


def test_images_that_look_the_same_are_found_whatever_their_names(tmp_path: Path) -> None:
    folder = tree(tmp_path / "shades")
    (folder / "light" / "copy.png").write_bytes((folder / "dark" / "3.png").read_bytes())
    report = check_dataset(load_dataset(folder, label="label", validation=0))
    assert "conflicting_duplicates" in {finding.kind for finding in report.findings}
    assert "leakage" not in {finding.kind for finding in report.findings}


# --- what is refused ---


def test_damaged_images_are_all_named_and_left_out_only_on_request(tmp_path: Path) -> None:
    folder = tree(tmp_path / "shades")
    (folder / "dark" / "broken.png").write_bytes(square(5)[:-25])
    (folder / "light" / "text.jpg").write_text("no image at all")
    with pytest.raises(FinineError, match="2 images cannot be read") as told:
        load_dataset(folder, label="label")
    assert "'dark/broken.png': it is damaged (" in told.value.problem
    assert "'light/text.jpg': it is no PNG" in told.value.problem
    dataset = load_dataset(folder, label="label", validation=0, skip_corrupt=True)
    names = dataset.train.table.column("image").to_pylist()
    assert len(names) == 12
    assert len(dataset.table) == 14
    assert not {"dark/broken.png", "light/text.jpg"} & set(names)
    assert any("2 damaged images are left out" in note for note in dataset.notes)
    check_dataset(dataset)


def test_an_image_that_claims_too_many_pixels_is_not_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "MOST_PIXELS", 100)
    with pytest.raises(BadImage, match="claims 12 × 12 pixels; up to 100"):
        read_header(square(5))


@pytest.mark.parametrize("path", ["../outside.png", "/etc/passwd", "a/../../b.png", "C:\\x.png"])
def test_a_table_cannot_name_images_outside_its_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "list.csv").write_text(f"image,y\n{path},a\n{path},b\n" * 5)
    with pytest.raises(FinineError, match="leads out of the folder"):
        load_dataset(tmp_path / "list.csv", label="y", image="image")


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder = tree(tmp_path / "shades")
    secret = tmp_path / "secret.png"
    secret.write_bytes(square(7))
    (folder / "list.csv").write_text("image,y\ndark/link.png,a\nlight/1.png,b\n" * 5)
    (folder / "dark" / "link.png").symlink_to(secret)
    with pytest.raises(FinineError, match=r"'dark/link.png' is a symbolic link"):
        read_table(folder)
    with pytest.raises(FinineError, match="symbolic link"):
        load_dataset(folder / "list.csv", label="y", image="image")


@pytest.mark.parametrize("name", ["../evil/1.png", "/evil/1.png", "a\\..\\..\\1.png"])
def test_a_zip_cannot_name_files_outside_itself(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, square(5))
    with pytest.raises(FinineError, match="leads out of the folder"):
        read_table(tmp_path / "a.zip")


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", bytes(300 << 20))
    with pytest.raises(FinineError, match="times its size: no images do"):
        read_table(path)


def test_a_zip_with_a_link_or_a_doubled_name_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a/1.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(FinineError, match="symbolic link"):
        read_table(tmp_path / "link.zip")
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        archive.writestr("a/1.png", square(1))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a/1.png", square(2))
    with pytest.raises(FinineError, match="twice"):
        read_table(tmp_path / "twice.zip")


def test_a_folder_or_zip_without_classes_says_how_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(square(1))
    with pytest.raises(FinineError, match="one folder of images per class"):
        read_table(tmp_path)
    with zipfile.ZipFile(tmp_path / "table.zip", "w") as archive:
        archive.writestr("rows.csv", "x,y\n1,2\n")
    with pytest.raises(FinineError, match=r"no folders with images.*one folder per class"):
        read_table(tmp_path / "table.zip")
