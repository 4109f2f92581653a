"""Bad inputs: Parquet files that are damaged, hostile, or hold types of other worlds."""

from __future__ import annotations

import datetime
import decimal
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.reliability.bad_inputs.case import Case, accepted, refused

LABEL = pa.array([*"ab"] * 10)
NUMBERS = pa.array([i + 0.5 for i in range(20)])
ZEROS = 1_000_000_000


def table(x: pa.Array, **more: pa.Array) -> pa.Table:
    """A column, a healthy one, and a label."""
    return pa.table({"x": x, "z": NUMBERS, **more, "label": LABEL})


def stored(content: pa.Table, **options: object) -> Callable[[Path], Path]:
    """A maker of a Parquet file."""

    def make(folder: Path) -> Path:
        pq.write_table(content, folder / "data.parquet", **options)
        return folder / "data.parquet"

    return make


def damaged(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path], Path]:
    """A maker of a Parquet file whose bytes are then changed."""

    def make(folder: Path) -> Path:
        path = stored(table(NUMBERS), write_page_checksum=True)(folder)
        path.write_bytes(change(bytearray(path.read_bytes())))
        return path

    return make


def flipped(start: int, end: int) -> Callable[[bytearray], bytearray]:
    """A change that turns all bits of some bytes around; negative places count from the end."""

    def change(content: bytearray) -> bytearray:
        place = slice(start, end if end else None)
        content[place] = bytes(byte ^ 0xFF for byte in content[place])
        return content

    return change


def zeros(folder: Path) -> Path:
    """10⁹ zeros in two columns: some kB on disk, 16 GB in memory."""
    path = folder / "data.parquet"
    chunk = 10_000_000
    one = pa.array(np.zeros(chunk, np.int64))
    labels = pa.DictionaryArray.from_arrays(pa.array(np.zeros(chunk, np.int32)), ["a", "b"])
    content = pa.table({"x": one, "label": labels})
    with pq.ParquetWriter(path, content.schema, compression="zstd") as writer:
        for _ in range(ZEROS // chunk):
            writer.write_table(content, row_group_size=chunk)
    return path


def long_text(folder: Path) -> Path:
    """One text of 10 MB, 2,000 times over by a dictionary: 20 GB."""
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(2000, np.int32)), ["w" * 10_000_000])
    labels = pa.array(["a", "b"] * 1000)
    pq.write_table(pa.table({"text": texts, "label": labels}), folder / "data.parquet",
                   compression="zstd", dictionary_pagesize_limit=2**30)  # fmt: skip
    return folder / "data.parquet"


def long_list(folder: Path) -> Path:
    """A list of 3 × 10⁸ zeros in one cell."""
    values = pa.array(np.zeros(300_000_000, np.int8))
    lists = pa.ListArray.from_arrays(pa.array([0, *[len(values)] * 20], pa.int32()), values)
    pq.write_table(table(lists), folder / "data.parquet", compression="zstd")
    return folder / "data.parquet"


def wrong_count(folder: Path) -> Path:
    """A footer that declares 2⁶² rows in place of 20."""
    path = stored(table(NUMBERS))(folder)
    content = bytearray(path.read_bytes())
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    footer = bytes(content[start:-8])
    # the number of rows is field 3 of the footer: a zigzag varint behind the byte 0x16
    place = footer.index(b"\x16\x28")
    big = b"\x16" + b"\xfe" * 8 + b"\x7f"
    changed = footer[:place] + big + footer[place + 2 :]
    path.write_bytes(content[:start] + changed + len(changed).to_bytes(4, "little") + b"PAR1")
    return path


def fuzzed(folder: Path) -> Path:
    """A footer found by fuzzing: asked for its details, pyarrow ends the process that asks."""
    found = Path(__file__).parent / "damaged_footer.parquet"
    return Path(shutil.copyfile(found, folder / "data.parquet"))


def kind(words: str, values: pa.Array, *said: str, **more: object) -> Case:
    """A column of this kind is accepted."""
    return accepted(words, stored(table(values)), *said, **more)


TWENTY = range(20)
DAY = datetime.datetime(2024, 1, 31, 12, 0)
CASES = [
    refused("a damaged footer that ends the process", fuzzed, "cannot be read", alone=True),
    refused("zero bytes named .parquet", damaged(lambda _: b""), "data.parquet", "empty"),
    refused(
        "Parquet cut in half", damaged(lambda c: c[: len(c) // 2]), "cannot be read as Parquet"
    ),
    refused("Parquet without its last byte", damaged(lambda c: c[:-1]), "cannot be read"),
    refused("Parquet without its first bytes", damaged(lambda c: c[100:]), "cannot be read"),
    refused("only the magic of Parquet", damaged(lambda _: b"PAR1PAR1"), "cannot be read"),
    refused("a damaged footer", damaged(flipped(-120, -40)), "cannot be read"),
    refused("a damaged page", damaged(flipped(40, 80)), "cannot be read"),
    refused(
        "a footer longer than the file",
        damaged(lambda c: c[:-8] + b"\xff\xff\xff\x7fPAR1"),
        "cannot be read",
    ),
    refused("an encrypted footer", damaged(lambda c: b"PARE" + c[4:-4] + b"PARE"), "encrypted"),
    refused("a footer that declares 2⁶² rows", wrong_count, "rows", alone=True),
    refused("zero rows", stored(table(NUMBERS).slice(0, 0)), "no rows"),
    refused("no columns", stored(pa.table({})), "no"),
    refused(
        "column names used twice",
        stored(pa.table([NUMBERS, NUMBERS, LABEL], names=["x", "x", "label"])),
        "'x' is used 2 times",
    ),
    refused(
        "a column without a name",
        stored(pa.table([NUMBERS, LABEL], names=["", "label"])),
        "column 1 of 2 has no name",
    ),
    refused("a Parquet bomb: 10⁹ zeros", zeros, "1,000,000,000 rows", "limit", alone=True),
    refused("a Parquet bomb: one text 2,000 times", long_text, "'text'", "limit", alone=True),
    refused(
        "a Parquet bomb: a list of 3 × 10⁸", long_list, "'x.list.element'", "limit", alone=True
    ),
    refused(
        "infinity in Parquet",
        stored(table(pa.array([float("inf")] + [1.0] * 19))),
        "'x'",
        "row 0",
        "inf",
    ),
    refused(
        "decimals beyond ±1e30",
        stored(
            table(
                pa.array(
                    [decimal.Decimal(10) ** 35 * (i + 1) for i in TWENTY], pa.decimal128(38, 0)
                )
            )
        ),
        "'x'",
        "row 0",
    ),
    kind("NaN in Parquet", pa.array([float("nan")] + [1.0] * 19), "NaN in 1 row"),
    kind(
        "integers beyond 63 bits",
        pa.array([2**63 + i for i in TWENTY], pa.uint64()),
        "more than 63 bits",
    ),
    kind("half floats", pa.array(np.arange(20, dtype=np.float16))),
    kind(
        "decimals", pa.array([decimal.Decimal(i) for i in TWENTY], pa.decimal128(9, 2)), "decimals"
    ),
    kind("dictionary columns", pa.array([*"pq"] * 10).dictionary_encode()),
    kind("timestamps", pa.array([DAY] * 20, pa.timestamp("ns"))),
    kind("timestamps of the year 290,000", pa.array([2**62] * 20, pa.timestamp("us"))),
    kind("timestamps with a zone", pa.array([DAY] * 20, pa.timestamp("us", "Europe/Berlin"))),
    kind(
        "timestamps of a zone that does not exist",
        pa.array([DAY] * 20, pa.timestamp("us", "Mars/Phobos")),
    ),
    kind("dates in Parquet", pa.array([DAY.date()] * 20)),
    kind("times of day", pa.array([datetime.time(1, 2)] * 20)),
    kind("durations", pa.array([datetime.timedelta(days=1)] * 20)),
    kind("bytes that are no text", pa.array([b"\xff\xfe\x00"] * 20)),
    kind("bytes of fixed width", pa.array([b"\xff\xfe"] * 20, pa.binary(2))),
    kind("lists", pa.array([[1, 2], None] * 10)),
    kind("structures", pa.array([{"a": 1, "b": {"c": "x"}}] * 20)),
    kind("maps", pa.array([[("k", 1)]] * 20, pa.map_(pa.string(), pa.int64()))),
    kind("lists of bytes", pa.array([[b"\xff"]] * 20)),
    refused(
        "structures with dates out of range",
        stored(table(pa.array([{"t": 2**62}] * 20, pa.struct([("t", pa.timestamp("us"))])))),
        "'x'",
        "date",
    ),
    kind("a null column", pa.nulls(20)),
    kind("large strings", pa.array([*"pq"] * 10, pa.large_string())),
    refused(
        "a null column as label",
        stored(pa.table({"x": NUMBERS, "label": pa.nulls(20)})),
        "no value in 20 of 20",
    ),
    accepted("a list as label", stored(pa.table({"x": NUMBERS, "label": [[1], [2]] * 10}))),
    refused(
        "bytes as label",
        stored(pa.table({"x": NUMBERS, "label": [b"a", b"b"] * 10})),
        "'label'",
        "binary",
    ),
    refused(
        "bytes as feature",
        stored(table(pa.array([b"a", b"b"] * 10))),
        "'x'",
        "binary",
        options={"features": ("x",)},
    ),
    refused(
        "strings that are not UTF-8",
        stored(table(pa.array([b"ok", b"\xff\xfe"] * 10).view(pa.string()))),
        "'x'",
        "row 1",
        "not UTF-8",
    ),
]
