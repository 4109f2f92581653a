"""The image of a row, as large as the details show it: from every kind of input, or not at all."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.saved_datasets import LABEL, save_table
from tests.trained import trained

SIDE, ROWS = 900, 12


def photographs():
    """Large dark and light images, each with a place of its own that is white."""
    found = []
    for row in range(ROWS):
        pixels = np.full((SIDE, SIDE, 3), 40 if row % 2 else 160, dtype=np.uint8)
        pixels[row * 60 : row * 60 + 60] = 255
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        found.append(stream.getvalue())
    return found


def in_folder(base):
    for row, content in enumerate(photographs()):
        place = base / "photos" / ("dark" if row % 2 else "light")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{row:02d}.png").write_bytes(content)
    return base / "photos"


def in_parquet(base):
    table = pa.table({"image": photographs(), "label": ["light", "dark"] * (ROWS // 2)})
    pq.write_table(table, base / "photos.parquet", row_group_size=5)
    return base / "photos.parquet"


def in_arrow(base, make=pa.ipc.new_file):
    table = pa.table({"image": photographs(), "label": ["light", "dark"] * (ROWS // 2)})
    with make(base / "photos.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=5)
    return base / "photos.arrow"


def in_stream(base):
    return in_arrow(base, pa.ipc.new_stream)


def in_saved_dataset(base):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    cells = [{"bytes": content, "path": None} for content in photographs()]
    table = pa.table({"image": pa.array(cells, kind), "label": pa.array([0, 1] * (ROWS // 2))})
    features = {"image": {"_type": "Image"}, "label": LABEL}
    return save_table(base / "photos", table, features, shards=3)


@pytest.mark.parametrize("make", [in_folder, in_parquet, in_arrow, in_stream, in_saved_dataset])
def test_the_image_itself_is_shown_from_every_kind_of_input(tmp_path, make):
    data = make(tmp_path)
    run = trained(
        data, label="label", image="image", home=tmp_path / "home", validation=0.25, epochs=1,
        batch_size=4,
    )  # fmt: skip
    # in a folder the classes lie one after the other: dark ones are the odd photographs
    photograph = [1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10] if data.suffix == "" else range(ROWS)
    if make is in_saved_dataset:
        photograph = range(ROWS)
    for row in (0, 6, 11):
        shown = Image.open(io.BytesIO(run.image(row)))
        assert shown.size == (640, 640)
        middle = (photograph[row] * 60 + 30) * 640 // SIDE
        assert np.asarray(shown.convert("L"))[middle].mean() > 240
    assert run.image(ROWS) is None
    if make is in_folder:
        first, second = sorted(data.rglob("*.png"))[:2]
        first.write_bytes(second.read_bytes())
    else:
        data.rename(tmp_path / "elsewhere")
    assert run.image(0) is None, "it is no longer what was learned from"
    assert len(run.thumbnails([0])) == 1
