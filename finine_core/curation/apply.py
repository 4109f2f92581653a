"""Can the cleaned file be rebuilt from the input and the manifest alone?

`apply_manifest` takes both and writes the cleaned file, bit for bit the exported one: the input is
checked by its hash before, the result by its hash before it appears under its name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from finine_core.curation.export.names import check_apart, check_ending
from finine_core.curation.export.whole import written_whole
from finine_core.curation.manifest import read_manifest
from finine_core.errors import FinineError
from finine_core.files import make_folder
from finine_core.formats import format_of
from finine_core.formats.base import CELL_BYTES
from finine_core.formats.sources.input_file import largest_bytes
from finine_core.formats.sources.inputs import check_input, fingerprint_of
from finine_core.formats.sources.saved_layout import is_saved_dataset

LEAST_COLUMNS = 2  # a label, and what it is learned from


def apply_manifest(manifest: Path, data: Path, out: Path, *, overwrite: bool = False) -> None:
    """Write to `out` what `data` is with the removals and corrections of `manifest`.

    Args:
        manifest: a `manifest.json` that an export wrote.
        data: the same input file the export was made from, under any name of its format.
        out: the cleaned file to write.
        overwrite: whether a file at `out` may be replaced.

    Raises:
        FinineError: the manifest is damaged, `data` is another file, `out` is taken, or the result
            differs from the exported file (then nothing is written).
    """
    record = read_manifest(manifest)
    if record.input.rows * LEAST_COLUMNS * CELL_BYTES > largest_bytes():
        raise FinineError(
            f"{manifest} is damaged: no file that finine reads has {record.input.rows:,} rows.",
            "Export the run again.",
        )
    check_input(data)
    for taken in (data, manifest):
        if out.resolve() == taken.resolve() or (out.exists() and out.samefile(taken)):
            raise FinineError(f"The result would overwrite {taken}.", "Choose another name.")
    if out.exists() and not overwrite:
        raise FinineError(f"{out} exists already.", "Choose another name, or allow overwriting.")
    if is_saved_dataset(data):
        check_apart(out, data)
    found = fingerprint_of(data)
    if found != record.input.sha256:
        raise FinineError(
            f"{data} is not the input of this manifest: its SHA-256 is {found}, "
            f"the manifest was made for {record.input.sha256}.",
            f"Use the original {record.input.name!r}.",
        )
    file_format = format_of(data)
    if file_format.name != record.input.format:
        raise FinineError(
            f"{data} is named like a {file_format.name} file, the export read it as "
            f"{record.input.format}.",
            f"Rename it to {record.input.name!r}.",
        )
    check_ending(out, data)
    keep = np.ones(record.input.rows, dtype=np.bool_)
    keep[record.removed_rows] = False
    make_folder(out.parent)
    with written_whole(out, data) as temporary:
        file_format.write_subset(data, keep, temporary, record.copied)
        rebuilt = fingerprint_of(temporary)
        if rebuilt != record.outputs.cleaned.sha256:
            raise FinineError(
                f"The rebuilt file has SHA-256 {rebuilt}, the export had "
                f"{record.outputs.cleaned.sha256}; nothing was written.",
                f"Use the versions of the export: {_versions(record.versions)}.",
            )


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) or "unknown"
