"""Which bytes of a text file are its lines, and in which encoding are they?

Takes a file, gives its physical lines as text together with the byte offset reached after each,
so that a reader of records knows the exact bytes every record came from. Lines end at \\n, \\r\\n
or \\r and nowhere else (not at U+2028 and its kin, which may stand inside a field).
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

from finine_core.errors import FinineError
from finine_core.files import HASH_CHUNK

UTF16_CODECS = ("utf-16-le", "utf-16-be")
# The five bytes Windows-1252 leaves undefined; a file that has one is read as Latin-1.
NOT_IN_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")


@dataclass(frozen=True)
class TextEncoding:
    """How a file's bytes become text.

    Attributes:
        codec: the Python codec, without byte order mark handling.
        bom: length of the byte order mark in bytes, 0 without one.
        first_not_utf8: offset of the first byte that is not UTF-8, where cp1252 or Latin-1 was
            assumed because of it; None otherwise.
    """

    codec: str
    bom: int = 0
    first_not_utf8: int | None = None

    def note(self, where: str) -> str:
        """The sentence for a person about an assumed encoding; `where` names the place."""
        return (
            f"The file is not UTF-8 (first at byte {self.first_not_utf8}, {where}); "
            f"it was read as {self.codec}. If letters look wrong, save it as UTF-8."
        )


def detect_encoding(path: Path) -> TextEncoding:
    """Find the encoding: a byte order mark decides, else strict UTF-8, else cp1252 or Latin-1.

    Raises:
        FinineError: the file has a UTF-8 mark but is not UTF-8, or is UTF-32.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = path.write_bytes("naïve".encode("cp1252"))
        >>> detect_encoding(path)
        TextEncoding(codec='cp1252', bom=0, first_not_utf8=2)
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise FinineError(f"{path.name} is UTF-32, which is not supported.", "Save it as UTF-8.")
    if head.startswith(codecs.BOM_UTF16_LE):
        return TextEncoding("utf-16-le", bom=2)
    if head.startswith(codecs.BOM_UTF16_BE):
        return TextEncoding("utf-16-be", bom=2)
    bom = 3 if head.startswith(codecs.BOM_UTF8) else 0
    offending = _first_not_utf8(path)
    if offending is None:
        return TextEncoding("utf-8", bom)
    if bom:
        raise FinineError(
            f"{path.name} begins with the UTF-8 byte order mark, but byte {offending} is not "
            "UTF-8.",
            "Save the whole file as UTF-8.",
        )
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(HASH_CHUNK), b""):
            if any(byte in chunk for byte in NOT_IN_CP1252):
                return TextEncoding("latin-1", first_not_utf8=offending)
    return TextEncoding("cp1252", first_not_utf8=offending)


def _first_not_utf8(path: Path) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    consumed = 0
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(HASH_CHUNK)
            pending = len(decoder.getstate()[0])  # bytes of a character cut by the chunk's end
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return consumed - pending + error.start
            if not chunk:
                return None
            consumed += len(chunk)


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
        self._codec = encoding.codec
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
        except UnicodeDecodeError as error:
            raise FinineError(
                f"{self._path.name}: after line {self.number} the bytes are not {self._codec} "
                f"({error.reason}).",
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
