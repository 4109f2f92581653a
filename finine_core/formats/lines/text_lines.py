"""Which bytes of a text file are its lines?

Takes a file and its encoding, gives its physical lines as text together with the byte offset
reached after each, so that a reader of records knows the exact bytes every record came from. Lines
end at \\n, \\r\\n or \\r and nowhere else (not at U+2028 and its kin, which may stand inside a
field).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from finine_core.errors import FinineError
from finine_core.files import HASH_CHUNK
from finine_core.formats.lines.encoding import TextEncoding, first_undecodable, line_of


class Lines:
    """An iterator over physical lines (ends kept) that knows where in the file it is.

    Attributes:
        offset: bytes from the start of the file to the end of the last line given.
        number: how many lines were given so far; also the 1-based number of the last one.
        last: the last line given.
    """

    def __init__(self, stream: TextIO, path: Path, encoding: TextEncoding) -> None:
        self._stream = stream
        self._path = path
        self._encoding = encoding
        self._codec, self._bom = encoding.codec, encoding.bom
        self._one_byte = encoding.codec in ("cp1252", "latin-1")
        self._utf8 = encoding.codec == "utf-8"
        self.offset = encoding.bom
        self.number = 0
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._stream)
        except UnicodeDecodeError as error:  # it was met ahead of this line, in a whole block
            byte = first_undecodable(self._path, self._codec, self._bom)
            line = "" if byte is None else f" on line {line_of(self._path, self._encoding, byte)}"
            raise FinineError(
                f"{self._path.name}: byte {byte}{line} is not {self._codec} ({error.reason}).",
                "The file is damaged or cut off; save it as UTF-8.",
            ) from None
        self.number += 1
        if "\0" in line:
            raise FinineError(
                f"{self._path.name}: line {self.number} contains a NUL byte.",
                "It may be UTF-16 without a byte order mark, or not a text file; save it as UTF-8.",
            )
        # Strict decoding is one-to-one, so encoding again gives back the exact length.
        if self._one_byte or (self._utf8 and line.isascii()):
            self.offset += len(line)
        else:
            self.offset += len(line.encode(self._codec))
        self.last = line
        return line


@contextmanager
def open_lines(path: Path, encoding: TextEncoding) -> Iterator[Lines]:
    """Open a file as `Lines`, behind its byte order mark.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = path.write_bytes("é\\r\\nb\\rc".encode())
        >>> with open_lines(path, TextEncoding("utf-8")) as lines:
        ...     [(line, lines.offset) for line in lines]
        [('é\\r\\n', 4), ('b\\r', 6), ('c', 7)]
    """
    with path.open("rb") as raw:
        raw.seek(encoding.bom)
        # newline="" splits at \n, \r\n and \r and hands the ends through untouched.
        with io.TextIOWrapper(raw, encoding=encoding.codec, newline="") as stream:
            yield Lines(stream, path, encoding)


class Edit(NamedTuple):
    """The bytes [start, end) of a file, and what stands there instead; b"" takes them out."""

    start: int
    end: int
    instead: bytes = b""


def read_span(path: Path, start: int, end: int) -> bytes:
    """The bytes [start, end) of a file."""
    with path.open("rb") as stream:
        stream.seek(start)
        return stream.read(end - start)


def copy_edited(source: Path, edits: list[Edit], destination: Path) -> None:
    """Copy the bytes of `source` with the edits, which do not overlap and are in file order.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a").write_bytes(b"one,two,three")
        >>> copy_edited(folder / "a", [Edit(0, 4), Edit(4, 7, b"2")], folder / "b")
        >>> (folder / "b").read_bytes()
        b'2,three'
    """
    with source.open("rb") as reader, destination.open("wb") as writer:
        position = 0
        size = source.stat().st_size
        for start, end, instead in [*edits, Edit(size, size)]:
            remaining = start - position
            while remaining > 0:
                chunk = reader.read(min(remaining, HASH_CHUNK))
                if not chunk:
                    raise FinineError(
                        f"{source.name} became shorter while it was read.", "Try again."
                    )
                writer.write(chunk)
                remaining -= len(chunk)
            writer.write(instead)
            reader.seek(end)
            position = end
