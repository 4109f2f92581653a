"""Bad inputs: manifests for `finine apply` that are damaged, foreign, hostile or made for others.

Each lies beside the input it was made for, `data.csv`; applying it must write nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.reliability.bad_inputs.case import Case, accepted, refused, written
from benchmarks.reliability.bad_inputs.files import fifo, link_to
from finine_core.curation.manifest import SCHEMA_VERSION, config_sha256

DATA = b"x,label\n" + b"".join(b"%d,%c\n" % (i, b"ab"[i % 2]) for i in range(5))
CLEANED = b"x,label\n0,a\n2,a\n3,b\n"  # without rows 1 and 4
CONFIG = {"label": "label"}
NOTHING = hashlib.sha256(b"").hexdigest()


def _file(name: str, content: bytes, rows: int) -> dict[str, Any]:
    return {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "rows": rows}


def healthy() -> dict[str, Any]:
    """The manifest that takes rows 1 and 4 out of DATA."""
    return {
        "kind": "finine-manifest",
        "schema_version": SCHEMA_VERSION,
        "run_id": "run-1",
        "created_at": "2026-01-01T00:00:00Z",
        "input": {**_file("data.csv", DATA, 5), "bytes": len(DATA), "format": "CSV"},
        "outputs": {
            "cleaned": _file("cleaned.csv", CLEANED, 3),
            "removed": _file("removed.csv", b"", 2),
            "removed_scores": _file("removed_scores.csv", b"", 2),
        },
        "removed_rows": [1, 4],
        "decisions": {"counts": {}, "removed_by_reviewer": {}, "removed_by_reason": {}},
        "target": "self",
        "estimator": "gaussian",
        "config": CONFIG,
        "config_sha256": config_sha256(CONFIG),
        "seed": 0,
        "versions": {"finine": "0.1.0"},
    }


def beside_data(content: bytes) -> Callable[[Path], Path]:
    """A maker of the input and of a manifest with this content."""

    def make(folder: Path) -> Path:
        written(DATA)(folder)
        return written(content, "manifest.json")(folder)

    return make


def changed(*path: str | int, to: object) -> Callable[[Path], Path]:
    """A maker of a manifest in which one value is another."""

    def make(folder: Path) -> Path:
        content = healthy()
        place: Any = content
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to
        return beside_data(json.dumps(content).encode())(folder)

    return make


def odd(words: str, maker: Callable[[Path], Path], *said: str, **more: object) -> Case:
    """A manifest that must be refused."""
    return refused(f"manifest: {words}", maker, *said, manifest=True, **more)


def other_data(folder: Path) -> Path:
    """The manifest lies beside a file that was changed after the export."""
    path = beside_data(json.dumps(healthy()).encode())(folder)
    (folder / "data.csv").write_bytes(DATA + b"9,a\n")
    return path


def no_data(folder: Path) -> Path:
    """The manifest lies there alone."""
    return written(json.dumps(healthy()), "manifest.json")(folder)


def huge(folder: Path) -> Path:
    """A manifest of 5 GB."""
    path = beside_data(json.dumps(healthy()).encode())(folder)
    with path.open("ab") as stream:
        stream.truncate(5 * 1024**3)
    return path


CASES = [
    accepted("manifest: a healthy one", beside_data(json.dumps(healthy()).encode()), manifest=True),
    odd("an empty file", beside_data(b""), "manifest.json", "not JSON"),
    odd("cut off", beside_data(json.dumps(healthy()).encode()[:-30]), "damaged", "not JSON"),
    odd("not UTF-8", beside_data(b"\xff\xfe{}"), "damaged"),
    odd("a list", beside_data(b"[]"), "not a finine manifest"),
    odd("other JSON", beside_data(b'{"name": "x"}'), "not a finine manifest"),
    odd("nested 100,000 deep", beside_data(b"[" * 100_000), "damaged", "deep"),
    odd(
        "nested 900 deep inside", changed("config", to=json.loads("[" * 900 + "]" * 900)), "config"
    ),
    odd(
        "a key twice",
        beside_data(json.dumps(healthy()).replace('"seed": 0', '"seed": 0, "seed": 1').encode()),
        "'seed'",
        "twice",
    ),
    odd("of a newer schema", changed("schema_version", to=99), "schema 99", "Upgrade"),
    odd("a schema that is no number", changed("schema_version", to="3"), "schema_version"),
    odd("a schema that is true", changed("schema_version", to=True), "schema_version"),
    odd("a row beyond the file", changed("removed_rows", to=[1, 99]), "row 99", "5 rows"),
    odd("a row below 0", changed("removed_rows", to=[-1, 4]), "removed_rows"),
    odd("a row of 100 digits", changed("removed_rows", to=[1, 10**100]), "row", "5 rows"),
    odd("rows twice", changed("removed_rows", to=[1, 1]), "not ascending and distinct"),
    odd("a row that is a fraction", changed("removed_rows", to=[1, 2.5]), "removed_rows"),
    odd("a row that is text", changed("removed_rows", to=[1, "four"]), "removed_rows"),
    odd("NaN as a row", changed("removed_rows", to=[1, float("nan")]), "manifest.json"),
    odd("more rows than memory holds", changed("input", "rows", to=10**15), "damaged"),
    odd(
        "a path as output name",
        changed("outputs", "cleaned", "name", to="../../x"),
        "outputs.cleaned.name",
        "bare file name",
    ),
    odd("an absolute path as input name", changed("input", "name", to="/etc/passwd"), "input.name"),
    odd("an ANSI escape in a key", changed("\x1b[2J\n", to=1), "\\x1b[2J\\n"),
    odd("a hash that is none", changed("input", "sha256", to="abc"), "input.sha256"),
    odd("the hash of another input", changed("input", "sha256", to=NOTHING), "not the input"),
    odd(
        "the hash of another result",
        changed("outputs", "cleaned", "sha256", to=NOTHING),
        "nothing was written",
    ),
    odd("another format", changed("input", "format", to="Parquet"), "Parquet"),
    odd("a config with NaN", changed("config", to={"lr": float("nan")}), "manifest.json"),
    odd("a foreign key", changed("surprise", to=1), "surprise"),
    odd("the input was changed", other_data, "is not the input"),
    odd("the input is missing", no_data, "There is no file", "data.csv"),
    odd("a missing manifest", lambda folder: folder / "manifest.json", "manifest.json"),
    odd("a folder", lambda folder: folder, "folder"),
    odd("a named pipe", fifo("manifest.json"), "named pipe", alone=True),
    odd("/dev/zero", link_to("/dev/zero", "manifest.json"), "device", alone=True),
    odd("5 GB", huge, "5.0 GB", alone=True),
]
