"""How do the files of an export travel as one? Packed into a zip whose bytes depend on them only.

Takes a folder that `export_run` has written; every file is held against the manifest before.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from finine_core.curation.export.trees import TREE_NAME
from finine_core.curation.manifest import MANIFEST_NAME, read_manifest
from finine_core.errors import FinineError
from finine_core.files import write_atomically
from finine_core.formats.sources.inputs import fingerprint_of

ZIP_NAME = "export.zip"
# Every file in a zip needs a time; a fixed one (the earliest zip knows) makes equal exports equal.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def zip_export(out: Path) -> Path:
    """Pack the files of an export into `out/export.zip`, with its tree of images if it has one.

    Equal exports become equal bytes.

    Raises:
        FinineError: `out` holds no complete export, or a file changed since the export.
    """
    files = read_manifest(out / MANIFEST_NAME).outputs.files()
    for file in files:
        path = out / file.name
        found = fingerprint_of(path) if path.exists() else "no file"
        if found != file.sha256:
            raise FinineError(
                f"{path} is not the exported file: {found}, exported was {file.sha256}.",
                "Export the run again.",
            )
    with (
        write_atomically(out / ZIP_NAME) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        written = [name for file in files for name in _files_of(out, file.name)]
        for name in [*written, MANIFEST_NAME, *_files_of(out, TREE_NAME)]:
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16  # readable by all once unpacked
            with (out / name).open("rb") as stream, archive.open(entry, "w") as packed:
                while chunk := stream.read(1 << 20):
                    packed.write(chunk)
    return out / ZIP_NAME


def _files_of(out: Path, name: str) -> list[str]:
    """An output itself, or all files of one that is a folder, by their paths in the export."""
    if (out / name).is_file():
        return [name]
    below = sorted(one for one in (out / name).rglob("*") if one.is_file())
    return [one.relative_to(out).as_posix() for one in below]
