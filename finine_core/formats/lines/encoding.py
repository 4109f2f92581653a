"""In which encoding is a text file?

A byte order mark decides, else strict UTF-8, else Windows-1252 or Latin-1. A file that is mostly
UTF-8 and has other bytes in between mixes encodings and is refused: read as anything, some of its
letters would be wrong.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from finine_core.errors import FinineError
from finine_core.files import HASH_CHUNK

# The five bytes Windows-1252 leaves undefined; a file that has one is read as Latin-1.
NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# What surrogateescape makes of bytes that are not UTF-8, and letters beyond ASCII.
_STRAY, _LETTERS = re.compile("[\udc80-\udcff]"), re.compile("[^\x00-\x7f\udc80-\udcff]")


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
        FinineError: the file has a UTF-8 mark but is not UTF-8, mixes UTF-8 with other bytes, or
            is UTF-32.

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
    offending = first_undecodable(path, "utf-8")
    if offending is None:
        return TextEncoding("utf-8", bom)
    letters, strays = _letters_and_strays(path)
    if bom or letters >= strays:
        raise _not_utf8(path, TextEncoding("utf-8", bom), offending, letters - bool(bom))
    codec = "cp1252"
    if any(NOT_IN_CP1252.search(chunk) for chunk in _chunks(path)):
        codec = "latin-1"
    return TextEncoding(codec, first_not_utf8=offending)


def first_undecodable(path: Path, codec: str, start: int = 0) -> int | None:
    """The offset of the first byte from `start` on that a strict codec refuses; None for none."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    consumed = start
    for chunk in chain(_chunks(path, start), [b""]):
        pending = len(decoder.getstate()[0])  # bytes of a letter cut by the chunk's end
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return consumed - pending + error.start
        consumed += len(chunk)
    return None


def line_of(path: Path, encoding: TextEncoding, byte: int) -> int:
    """The line, counted from 1, on which a byte of a file stands; all bytes before it decode."""
    decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
    ends = io.IncrementalNewlineDecoder(decoder, translate=True)
    line, left = 1, byte - encoding.bom
    for chunk in _chunks(path, encoding.bom):
        line += ends.decode(chunk[:left]).count("\n")
        left -= len(chunk)
        if left <= 0:
            break
    return line


def _letters_and_strays(path: Path) -> tuple[int, int]:
    """How many letters beyond ASCII are UTF-8, and how many bytes are not."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    letters = strays = 0
    for chunk in chain(_chunks(path), [b""]):
        text = decoder.decode(chunk, final=not chunk)
        if not text.isascii():
            letters += len(_LETTERS.findall(text))
            strays += len(_STRAY.findall(text))
    return letters, strays


def _not_utf8(path: Path, encoding: TextEncoding, byte: int, letters: int) -> FinineError:
    with path.open("rb") as stream:
        stream.seek(byte)
        value = stream.read(1)
    others = f", while {letters} other letters are" if letters else ""
    return FinineError(
        f"{path.name}: byte {byte} on line {line_of(path, encoding, byte)} (0x{value.hex()}, in "
        f"Windows-1252 {value.decode('cp1252', 'replace')!r}) is not UTF-8{others}: the file "
        "mixes encodings, or is damaged.",
        "Save the whole file as UTF-8.",
    )


def _chunks(path: Path, start: int = 0) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(start)
        while chunk := stream.read(HASH_CHUNK):
            yield chunk
