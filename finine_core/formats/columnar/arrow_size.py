"""How large is an Arrow file once it is unpacked, and how is it packed?

A few kilobytes can hold 10⁹ zeros. Takes an Arrow file or stream and reads the heads of its
messages only: each tells its rows and where its buffers lie, and a packed buffer begins with its
size when unpacked. Nothing is unpacked here.

The heads are FlatBuffers (a table of offsets, see arrow.apache.org/docs/format/Columnar.html); the
four fields needed are read from them directly.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

# Places of fields in the tables of Arrow's Message.fbs.
HEADER_TYPE, HEADER = 1, 2
DICTIONARY_BATCH, RECORD_BATCH = 2, 3  # of the union MessageHeader
DICTIONARY_DATA = 1  # the record batch inside a dictionary batch
LENGTH, BUFFERS, COMPRESSION = 0, 2, 3
CODEC = 0
CODECS = {0: "lz4", 1: "zstd"}
BUFFER = "<qq"  # its place and its length
DICTIONARIES, BATCHES = 2, 3  # of a file's footer
BLOCK = "<qi4xq"  # where a message is, and how long its head and its body are
FOOTER_END = 10  # the footer's length in 4 bytes, then "ARROW1"
NOT_PACKED = -1  # instead of a size: this buffer is as it is


@dataclass(frozen=True)
class Batch:
    """What a batch of an Arrow file declares.

    Attributes:
        rows: of a dictionary batch, its different values.
        size: bytes of its buffers when unpacked.
        codec: how they are packed: 'lz4', 'zstd' or None.
        of_rows: whether it holds rows, and not a dictionary.
    """

    rows: int
    size: int
    codec: str | None
    of_rows: bool


def batches_in(messages: Iterable[pa.ipc.Message]) -> Iterator[Batch]:
    """What each batch declares, in their order in the file.

    Raises:
        ValueError, pa.ArrowException: a head is damaged.

    Examples:
        >>> table, out = pa.table({"x": [0] * 1000}), pa.BufferOutputStream()
        >>> packed = pa.ipc.IpcWriteOptions(compression="zstd")
        >>> with pa.ipc.new_stream(out, table.schema, options=packed) as writer:
        ...     writer.write_table(table)
        >>> list(batches_in(pa.ipc.MessageReader.open_stream(out.getvalue())))
        [Batch(rows=1000, size=8000, codec='zstd', of_rows=True)]
    """
    for message in messages:
        try:
            batch = _batch(bytes(message.metadata), message.body)
        except (struct.error, IndexError) as error:
            raise ValueError(f"the head of a batch is damaged: {error}") from None
        if batch is not None:
            yield batch


def messages_of(content: pa.Buffer) -> Iterator[pa.ipc.Message]:
    """The messages of an Arrow file, where its footer says that they lie.

    Raises:
        ValueError, pa.ArrowException: the footer is damaged.
    """
    end = content.size - FOOTER_END
    try:
        (length,) = struct.unpack("<i", _slice(content, end, 4))
        footer = _Table.root(_slice(content, end - length, length))
        blocks = [*footer.structs(DICTIONARIES, BLOCK), *footer.structs(BATCHES, BLOCK)]
    except (struct.error, IndexError) as error:
        raise ValueError(f"the footer is damaged: {error}") from None
    for start, head, body in blocks:
        if min(start, head, body) < 0 or start + head + body > content.size:
            raise ValueError("a batch lies outside of the file")
        yield pa.ipc.read_message(content.slice(start, head + body))


def _batch(head: bytes, body: pa.Buffer | None) -> Batch | None:
    table = _Table.root(head)
    kind = table.number(HEADER_TYPE, "<B")
    if kind not in (DICTIONARY_BATCH, RECORD_BATCH):
        return None
    batch = table.table(HEADER)
    if batch is not None and kind == DICTIONARY_BATCH:
        batch = batch.table(DICTIONARY_DATA)
    if batch is None:
        raise ValueError("the head of a batch is damaged")
    compression = batch.table(COMPRESSION)
    codec = None if compression is None else CODECS.get(compression.number(CODEC, "<b"))
    size = 0
    for offset, length in batch.structs(BUFFERS, BUFFER):
        unpacked = NOT_PACKED
        if codec is not None and length > 0:
            (unpacked,) = struct.unpack_from("<q", _slice(body, offset, 8))
        size += length if unpacked == NOT_PACKED else unpacked
    return Batch(batch.number(LENGTH, "<q"), size, codec, kind == RECORD_BATCH)


def _slice(body: pa.Buffer | None, offset: int, length: int) -> bytes:
    if body is None or offset < 0 or offset + length > body.size:
        raise ValueError("a buffer lies outside of the file")
    return bytes(body.slice(offset, length))


@dataclass(frozen=True)
class _Table:
    """A table of a FlatBuffer: its content, and where the table lies in it."""

    content: bytes
    place: int

    @classmethod
    def root(cls, content: bytes) -> _Table:
        return cls(content, struct.unpack_from("<I", content)[0])

    def number(self, field: int, kind: str) -> int:
        where = self._field(field)
        return 0 if where is None else int(struct.unpack_from(kind, self.content, where)[0])

    def table(self, field: int) -> _Table | None:
        where = self._field(field)
        return None if where is None else _Table(self.content, self._followed(where))

    def structs(self, field: int, kind: str) -> list[tuple[int, ...]]:
        where = self._field(field)
        if where is None:
            return []
        start = self._followed(where)
        (count,) = struct.unpack_from("<I", self.content, start)
        length = count * struct.calcsize(kind)
        part = self.content[start + 4 : start + 4 + length]
        if len(part) < length:
            raise ValueError("a list is cut off")
        return list(struct.iter_unpack(kind, part))

    def _field(self, field: int) -> int | None:
        (back,) = struct.unpack_from("<i", self.content, self.place)
        fields = self.place - back
        (length,) = struct.unpack_from("<H", self.content, fields)
        entry = 4 + 2 * field
        if entry + 2 > length:
            return None  # written by an earlier version, which did not have it
        (offset,) = struct.unpack_from("<H", self.content, fields + entry)
        return self.place + offset if offset else None

    def _followed(self, where: int) -> int:
        return where + int(struct.unpack_from("<I", self.content, where)[0])
