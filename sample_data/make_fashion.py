"""Make the `fashion` sample: real images of clothes, some of whose labels we changed on purpose.

Takes the training files of Fashion-MNIST (the Debian package dataset-fashion-mnist has them), keeps
the first 200 images of each class as PNG, gives a tenth of each class the label that it is most
easily taken for, and writes `fashion.parquet` (what a run reads) and `fashion_injected_flips.csv`
(the answer, which no run reads). The errors are INJECTED.

    python sample_data/make_fashion.py
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from finine_core.errors import FinineError
from finine_core.files import make_folder, write_atomically
from finine_sample_data.writing import write_csv

SOURCE = Path("/usr/share/datasets/fashion-mnist")
CLASSES = (
    "T-shirt", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
# What a person in a hurry may take each for. Named by us beforehand, not found by a model.
TAKEN_FOR = {
    "T-shirt": "Shirt", "Trouser": "Dress", "Pullover": "Coat", "Dress": "Coat", "Coat": "Pullover",
    "Sandal": "Sneaker", "Shirt": "T-shirt", "Sneaker": "Ankle boot", "Bag": "Shirt",
    "Ankle boot": "Sneaker",
}  # fmt: skip
OF_EACH_CLASS = 200  # together a megabyte, and a run of some minutes
FLIPPED_SHARE = 0.10  # one in ten: common for label errors
SEED = 0  # any number would do; fixed so that everyone gets the same flips
HEADER = {"images": 16, "labels": 8}  # bytes before the content of the two kinds of file


def read_source(folder: Path, part: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28) and class codes (n,), both uint8.

    Raises:
        FinineError: the files are not there.
    """
    found = []
    for kind, dimensions in (("images", 3), ("labels", 1)):
        path = folder / f"{part}-{kind}-idx{dimensions}-ubyte.gz"
        if not path.is_file():
            raise FinineError(
                f"There is no {path}.", "Install the Debian package dataset-fashion-mnist."
            )
        found.append(np.frombuffer(gzip.decompress(path.read_bytes())[HEADER[kind] :], np.uint8))
    return found[0].reshape(-1, 28, 28), found[1]


def drawn_flips(labels: np.ndarray, share: float = FLIPPED_SHARE, seed: int = SEED) -> np.ndarray:
    """Which rows get a wrong label, (n,) bool: `share` of each class, every subset equally likely.

    Rows are ordered by a hash of seed and place and the first ones taken: a uniform draw without a
    random generator, whose stream may change with its library.

    Examples:
        >>> drawn_flips(np.repeat([0, 1], 20)).reshape(2, 20).sum(axis=1).tolist()
        [2, 2]
    """
    flipped = np.zeros(len(labels), dtype=bool)
    for code in np.unique(labels):
        rows = np.flatnonzero(labels == code).tolist()
        rows.sort(key=lambda row: hashlib.sha256(f"{seed}:{row}".encode()).digest())
        flipped[rows[: round(share * len(rows))]] = True
    return flipped


def wrong_labels(labels: np.ndarray, flipped: np.ndarray) -> np.ndarray:
    """The class codes with those of the flipped rows changed, by TAKEN_FOR."""
    other = np.array([CLASSES.index(TAKEN_FOR[name]) for name in CLASSES])
    return np.where(flipped, other[labels], labels)


def png(pixels: np.ndarray) -> bytes:
    """A grey image (height, width) as the bytes of a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def make(folder: Path, source: Path = SOURCE) -> None:
    """Write `fashion.parquet` and `fashion_injected_flips.csv` into `folder`."""
    make_folder(folder)
    images, labels = read_source(source)
    first = [np.flatnonzero(labels == code)[:OF_EACH_CLASS] for code in range(len(CLASSES))]
    rows = np.sort(np.concatenate(first))
    labels = labels[rows]
    flipped = drawn_flips(labels)
    ids = [f"train-{row:05d}" for row in rows]
    given = [CLASSES[code] for code in wrong_labels(labels, flipped)]
    table = pa.table(
        {
            "item_id": ids,
            "image": pa.array([png(images[row]) for row in rows], pa.binary()),
            "label": given,
        }
    )
    with write_atomically(folder / "fashion.parquet") as temporary:
        pq.write_table(table, temporary, compression="none", use_dictionary=["label"])
    write_csv(
        folder / "fashion_injected_flips.csv",
        ["item_id", "true_label", "flipped"],
        (
            [row_id, CLASSES[code], "true" if wrong else "false"]
            for row_id, code, wrong in zip(ids, labels, flipped, strict=True)
        ),
    )


def main(arguments: list[str] | None = None) -> int:
    """Make the sample from the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make sample_data/fashion.")
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder of the four files")
    parser.add_argument(
        "--into", type=Path, default=Path(__file__).parent / "fashion", help="folder to write"
    )
    given = parser.parse_args(arguments)
    make(given.into, given.source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
