"""finine export, apply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.cli.flags import spread
from finine_core.cli.selection_flags import SelectionFlags

Moved = Annotated[Path | None, typer.Option(help="Where the input file is now, when it was moved.")]


@cli.command()
def export(
    run: RunId,
    out: Annotated[Path, typer.Option(help="The folder to write into, in the input's format.")],
    data: Moved = None,
    spreadsheet_safe: Annotated[
        bool,
        typer.Option(
            "--spreadsheet-safe",
            help="Write a copy, too, in which no cell runs as a formula in a spreadsheet.",
        ),
    ] = False,
    tree: Annotated[
        str | None,
        typer.Option(
            help="Of a folder or zip of images: copy or link (hard links) those that are kept into "
            "OUT/images, by class."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an export.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write the cleaned data, the removed rows, the corrected labels, and a manifest."""
    from finine_core import api

    found = api.open_run(run, home)
    result = found.export(
        out, data=data, spreadsheet_safe=spreadsheet_safe, tree=tree, overwrite=overwrite
    )
    files = {
        "cleaned": str(result.cleaned),
        "removed": str(result.removed),
        "removed_scores": str(result.removed_scores),
        "corrected_labels": str(result.corrected_labels),
        "spreadsheet": str(result.spreadsheet) if result.spreadsheet else None,
        "manifest": str(result.manifest),
    }
    if json:
        print_json(
            {
                "out": str(result.out),
                **files,
                "rows_before": result.rows_before,
                "rows_after": result.rows_after,
                "rows_removed": result.rows_removed,
                "labels_corrected": result.labels_corrected,
                "neutralised_cells": result.neutralised,
            }
        )
        return
    labels = "label" if result.labels_corrected == 1 else "labels"
    typer.echo(
        f"{result.rows_after} rows kept, {result.rows_removed} removed, "
        f"{result.labels_corrected} {labels} corrected"
    )
    for path in result.files():
        typer.echo(str(path))
    if result.spreadsheet:
        say(f"{result.spreadsheet.name}: an apostrophe stands before {_cells(result.neutralised)}")
    elif formulas := found.formula_cells():
        say(
            f"{_cells(formulas)} of the input would run in a spreadsheet; "
            "--spreadsheet-safe writes a copy that is safe to open there"
        )


def _cells(count: int) -> str:
    return f"{count:,} {'cell that begins' if count == 1 else 'cells that begin'} like a formula"


@cli.command()
def apply(
    manifest: Annotated[Path, typer.Argument(help="manifest.json of an export.")],
    data: Annotated[Path, typer.Option(help="The original file.")],
    out: Annotated[Path, typer.Option(help="The cleaned file to write.")],
    tree: Annotated[
        str | None,
        typer.Option(help="Copy or link the images of the list into `images` beside OUT."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT.")] = False,
    json: Json = False,
    home: Home = None,  # noqa: ARG001  every command takes --home; this one needs none
) -> None:
    """Rebuild a cleaned file, bit for bit, from the original and a manifest."""
    from finine_core import api

    api.apply(manifest, data, out, tree=tree, overwrite=overwrite)
    if json:
        print_json({"out": str(out), "manifest": str(manifest)})
    else:
        typer.echo(str(out))


@cli.command()
@spread
def rows(
    run: RunId,
    out: Annotated[Path, typer.Option(help="The file to write, in the input's format.")],
    chosen: SelectionFlags,
    data: Moved = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write some rows, byte for byte as they stand in the input, to a file of their own."""
    from finine_core import api

    found = api.open_run(run, home)
    count = found.write_rows(out, **chosen.options(), data=data, overwrite=overwrite)
    if json:
        print_json({"out": str(out), "rows": count})
        return
    typer.echo(f"{count} rows in {out}")
