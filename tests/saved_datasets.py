"""Writes folders as `save_to_disk` of the library `datasets` does, with pyarrow alone.

The layout (files, JSON, schema metadata, Arrow streams of several batches) was taken from folders
that datasets 5.2.0 wrote; that version also loaded finine's exports of such folders again, with the
rows, features and class names expected, see docs/formats.md.
"""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

CLASSES = ["neg", "pos"]
LABEL = {"names": CLASSES, "_type": "ClassLabel"}


def save_table(folder: Path, table: pa.Table, features: dict, shards: int = 1, **state) -> Path:
    """One saved Dataset; `state` adds to state.json or replaces what is there."""
    folder.mkdir(parents=True)
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    table = table.replace_schema_metadata(about)
    names = [f"data-{shard:05d}-of-{shards:05d}.arrow" for shard in range(shards)]
    places = np.array_split(np.arange(len(table)), shards)
    for name, rows in zip(names, places, strict=True):
        with pa.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table.take(pa.array(rows)), max_chunksize=4)
    described = {"citation": "", "description": "", "features": features, "homepage": ""}
    (folder / "dataset_info.json").write_text(json.dumps(described, indent=2))
    recorded = {
        "_data_files": [{"filename": name} for name in names],
        "_fingerprint": "e5ef5353aab013d2",
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }
    (folder / "state.json").write_text(json.dumps({**recorded, **state}, indent=2, sort_keys=True))
    return folder


def numbers(rows: int, start: int = 0) -> tuple[pa.Table, dict]:
    """Rows that two classes of a number are learned from, with a nested column beside."""
    codes = np.arange(start, start + rows) % 2
    table = pa.table(
        {
            "x": pa.array(codes + np.arange(start, start + rows) / 1000, pa.float32()),
            "tags": pa.array([[f"t{row}"] for row in range(start, start + rows)]),
            "label": pa.array(codes, pa.int64()),
        }
    )
    features = {
        "x": {"dtype": "float32", "_type": "Value"},
        "tags": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
        "label": LABEL,
    }
    return table, features


def save_splits(folder: Path, **rows: int) -> Path:
    """A saved DatasetDict with so many rows in each split."""
    folder.mkdir(parents=True)
    start = 0
    for name, count in rows.items():
        save_table(folder / name, *numbers(count, start))
        start += count
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(rows)}))
    return folder


def images(rows: int) -> tuple[pa.Table, dict]:
    """Dark and light images of 8 × 8 pixels, as struct{bytes, path}."""
    random = np.random.default_rng(0)
    cells = []
    for row in range(rows):
        shade = 20 if row % 2 else 180
        stream = io.BytesIO()
        pixels = random.integers(shade, shade + 50, (8, 8)).astype(np.uint8)
        Image.fromarray(pixels).save(stream, "PNG")
        cells.append({"bytes": stream.getvalue(), "path": None})
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(cells, kind), "label": pa.array(np.arange(rows) % 2)})
    return table, {"image": {"_type": "Image"}, "label": LABEL}
