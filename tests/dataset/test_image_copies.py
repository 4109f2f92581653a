"""Images saved again, made smaller or brighter are copies; images that only look alike are not."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

from finine_core.dataset import load_dataset
from finine_core.dataset.holding_out import image_copies as module
from finine_core.dataset.holding_out.image_copies import image_copies
from finine_core.formats import read_table
from finine_core.formats.images import read_pictures
from finine_sample_data import sample

COPIED = 60


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def as_jpeg(image: Image.Image) -> bytes:
    return saved(image, "JPEG", quality=85)


def smaller(image: Image.Image) -> bytes:
    return saved(image.resize((round(image.width * 0.9), round(image.height * 0.9))))


def brighter(image: Image.Image) -> bytes:
    return saved(image.point(lambda level: min(255, round(1.1 * level + 5))))


@pytest.fixture(scope="module")
def clothes() -> list[bytes]:
    return read_table(sample("fashion").path).table.column("image").to_pylist()[:800]


@pytest.fixture(scope="module")
def digits() -> list[bytes]:
    return [
        saved(Image.fromarray(np.round(one * 255 / 16).astype(np.uint8)))
        for one in load_digits().images[:800]
    ]


def pixels_of(images: list[bytes], tmp_path) -> np.ndarray:
    column = pa.chunked_array([pa.array(images, pa.binary())])
    return read_pictures(tmp_path / "images.parquet", column).pixels


@pytest.mark.parametrize("change", [as_jpeg, smaller, brighter], ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", ["clothes", "digits"])
def test_changed_copies_are_found_and_no_two_others_are_taken_for_copies(
    kind, change, request, tmp_path
):
    originals = request.getfixturevalue(kind)
    images = [Image.open(io.BytesIO(one)) for one in originals[:COPIED]]
    found = image_copies(pixels_of([*originals, *map(change, images)], tmp_path))
    assert len(np.unique(found[: len(originals)])) == len(originals), "no false pair"
    of_copies = found[len(originals) :]
    if (kind, change) == ("digits", smaller):  # 8 x 8 pixels at 7 x 7 are another picture
        assert len(np.unique(of_copies)) == COPIED
    else:
        assert (of_copies == found[:COPIED]).mean() >= 0.95
        assert np.isin(of_copies, found[COPIED : len(originals)]).sum() == 0


def test_pictures_that_a_hash_of_the_bare_file_confuses_are_told_apart(tmp_path):
    random = np.random.default_rng(0)
    deep = [
        saved(Image.fromarray(random.integers(0, 2**16, (28, 28)).astype(np.uint16)))
        for _ in range(4)
    ]
    assert len(np.unique(image_copies(pixels_of(deep, tmp_path)))) == 4
    drawn = []
    for k in range(4):  # black on nothing: its colours are all black
        image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
        ImageDraw.Draw(image).rectangle((8 * k, 4, 8 * k + 20, 12 * k + 16), fill=(0, 0, 0, 255))
        drawn.append(saved(image))
    assert len(np.unique(image_copies(pixels_of(drawn, tmp_path)))) == 4


def test_pictures_of_one_colour_are_copies_only_of_their_equals():
    flat = np.stack([np.full((1, 16, 16), level, np.uint8) for level in (10, 10, 12, 200)])
    assert image_copies(flat).tolist() == [0, 0, 1, 2]


def test_the_same_shape_in_other_colours_is_no_copy():
    pixels = np.zeros((2, 3, 32, 32), np.uint8)
    pixels[0, 0, 8:24, 8:24] = 255  # red
    pixels[1, 2, 8:24, 8:24] = 255  # blue
    assert image_copies(pixels).tolist() == [0, 1]


def test_damaged_images_are_nobodys_copy():
    pixels = np.zeros((3, 1, 8, 8), np.uint8)
    assert image_copies(pixels, np.array([False, False, True])).tolist() == [0, 1, 2]


def test_of_very_many_images_only_equal_ones_are_copies(monkeypatch):
    monkeypatch.setattr(module, "MOST_COMPARED", 3)
    one = np.random.default_rng(0).integers(0, 200, (4, 1, 16, 16)).astype(np.uint8)
    pixels = np.concatenate([one, one[:1], one[:1] + 20])
    assert image_copies(pixels).tolist() == [0, 1, 2, 3, 0, 4]
    monkeypatch.undo()
    assert image_copies(pixels).tolist() == [0, 1, 2, 3, 0, 0]


def test_copies_of_an_image_are_held_out_together_and_it_is_told(clothes, tmp_path):
    images = [Image.open(io.BytesIO(one)) for one in clothes[:30]]
    every = [*clothes[:200], *map(as_jpeg, images)]
    labels = ["a", "b"] * 100 + ["a", "b"] * 15
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"image": pa.array(every, pa.binary()), "label": labels}), path)
    dataset = load_dataset(path, label="label", image="image")
    held_out = set(dataset.validation.row_numbers.tolist())
    assert all((k in held_out) == (200 + k in held_out) for k in range(30))
    assert len(held_out) == 46
    assert dataset.held_out["copies_kept_together"] == 60
    assert "60 rows show the same image as another" in " ".join(dataset.notes)
    assert len(dataset.train.copies) == len(dataset.train)


def test_many_pictures_that_are_nearly_alike_take_little_memory():
    """As frames of one film: every pair is looked at, and all are copies."""
    import tracemalloc

    random = np.random.default_rng(0)
    frame = random.integers(0, 200, (1, 3, 32, 32))
    frames = (frame + random.integers(0, 3, (600, 3, 32, 32))).astype(np.uint8)
    tracemalloc.start()
    found = image_copies(frames)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(found.tolist())) == 1
    assert peak < 150e6, "gathered whole, the levels of these pairs are 2 GB"
