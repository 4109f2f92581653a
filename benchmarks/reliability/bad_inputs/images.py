"""Bad inputs: images that are damaged, too large, or lie elsewhere; as folder, zip or column."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.reliability.bad_inputs.case import refused, written


def png(shade: int) -> bytes:
    """A small grey image."""
    stream = io.BytesIO()
    Image.new("L", (8, 8), shade).save(stream, "PNG")
    return stream.getvalue()


def claiming(side: int) -> bytes:
    """A PNG of a few bytes whose header claims side × side pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + content + chunk(b"IEND", b"")


def images(name: str, content: bytes) -> dict[str, bytes]:
    """Ten healthy images of two classes, and one more file."""
    healthy = {f"{'ab'[i % 2]}/{i}.png": png(20 * i) for i in range(10)}
    return {**healthy, name: content}


def in_folder(name: str, content: bytes) -> Callable[[Path], Path]:
    """A folder of classes with such a file."""

    def make(folder: Path) -> Path:
        for path, one in images(name, content).items():
            (folder / "data" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "data" / path).write_bytes(one)
        return folder / "data"

    return make


def in_zip(name: str, content: bytes, attributes: int = 0) -> Callable[[Path], Path]:
    """A zip of classes with such a file."""

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path, one in images(name, content).items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = attributes if path == name else 0
                archive.writestr(entry, one, zipfile.ZIP_DEFLATED)
        return folder / "data.zip"

    return make


def linked(folder: Path) -> Path:
    """A folder of classes in which an image is a link out of it."""
    (folder / "secret.png").write_bytes(png(9))
    data = in_folder("a/10.png", png(3))(folder)
    (data / "a" / "link.png").symlink_to(folder / "secret.png")
    return data


def named(path: str) -> str:
    """A CSV that names an image so."""
    return "image,label\n" + f"{path},a\n{path},b\n" * 10


LINK = 0o120777 << 16
AS_IMAGE = {"image": "image"}
CASES = (
    refused("a damaged image", in_folder("a/x.png", png(5)[:-25]), "'a/x.png': it is damaged"),
    refused("an image that is a text", in_folder("a/x.png", b"hello"), "'a/x.png': it is no PNG"),
    refused("an empty image", in_folder("a/x.png", b""), "'a/x.png': it is empty"),
    refused("a tiny file of huge pixels", in_folder("a/x.png", claiming(40_000)), "claims"),
    refused("a link out of the folder", linked, "symbolic link"),
    refused("a zip with ..", in_zip("../x.png", png(5)), "leads out of the folder"),
    refused("a zip with an absolute path", in_zip("/x/x.png", png(5)), "leads out of the folder"),
    refused("a zip with a link", in_zip("a/x.png", b"/etc/passwd", LINK), "symbolic link"),
    refused("a zip that unpacks to gigabytes", in_zip("a/x.png", bytes(300 << 20)), "no images do"),
    refused("paths that lead out", written(named("../x.png")), "leads out", options=AS_IMAGE),
    refused("images that are not there", written(named("x.png")), "no such file", options=AS_IMAGE),
)
