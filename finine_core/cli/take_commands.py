"""finine export, apply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json


@cli.command()
def export(
    run: RunId,
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    data: Annotated[
        Path | None, typer.Option(help="Where the input file is now, when it was moved.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an export.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write the cleaned data, the removed rows with their scores, and a manifest."""
    from finine_core import api

    result = api.open_run(run, home).export(out, data=data, overwrite=overwrite)
    files = {
        "cleaned": str(result.cleaned),
        "removed": str(result.removed),
        "removed_scores": str(result.removed_scores),
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
            }
        )
        return
    typer.echo(f"{result.rows_after} rows kept, {result.rows_removed} removed")
    for path in files.values():
        typer.echo(path)


@cli.command()
def apply(
    manifest: Annotated[Path, typer.Argument(help="manifest.json of an export.")],
    data: Annotated[Path, typer.Option(help="The original file.")],
    out: Annotated[Path, typer.Option(help="The cleaned file to write.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT.")] = False,
    json: Json = False,
    home: Home = None,  # noqa: ARG001  every command takes --home; this one needs none
) -> None:
    """Rebuild a cleaned file, bit for bit, from the original and a manifest."""
    from finine_core import api

    api.apply(manifest, data, out, overwrite=overwrite)
    if json:
        print_json({"out": str(out), "manifest": str(manifest)})
    else:
        typer.echo(str(out))
