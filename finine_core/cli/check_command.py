"""finine check."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from finine_core.cli.common import Json, cli, columns_of, fraction_or_text, print_json
from finine_core.cli.data_options import (
    Data,
    Features,
    Id,
    Ignore,
    Image,
    Label,
    SkipCorrupt,
    Task,
    Text,
    Validation,
    data_options,
)
from finine_core.errors import printable

if TYPE_CHECKING:
    from finine_core.api import Finding, Report


@cli.command("check")
def check_command(
    data: Data,
    label: Label = None,
    text: Text = None,
    features: Features = None,
    id: Id = None,
    ignore: Ignore = None,
    image: Image = None,
    skip_corrupt: SkipCorrupt = False,
    task: Task = "auto",
    validation: Validation = "0.2",
    seed: Annotated[int, typer.Option(help="Of the held-out draw, as in run.")] = 0,
    json: Json = False,
) -> None:
    """Say what is odd about a file before anything is trained: duplicates, leaks, slips.

    Warnings are no failure: the exit code is 0 unless the file or its columns cannot be used.
    """
    from finine_core import api

    report = api.check(
        **data_options(data, label, text, id),
        features=columns_of(features),
        ignore=columns_of(ignore),
        image=image,
        skip_corrupt=skip_corrupt,
        task=task,
        validation=fraction_or_text(validation),
        seed=seed,
    )
    if json:
        print_json({**asdict(report), "warnings": len(report.warnings)})
        return
    _print(report)


def _print(report: Report) -> None:
    for finding in report.findings:
        typer.echo(f"{finding.severity:<8} {printable(finding.problem)}")
        typer.echo(f"{'':<8} {printable(finding.mend)}")
        if finding.rows and finding.count < report.rows:
            typer.echo(f"{'':<8} {_rows(finding)}")
    for note in report.file_notes:
        typer.echo(f"{'reading':<8} {printable(note)}")
    if not report.findings:
        typer.echo("No problems found.")
    typer.echo(f"Looked for, in {report.rows:,} rows: {'; '.join(report.looked_for)}.")


def _rows(finding: Finding) -> str:
    """The first rows concerned; those of a second file, which count from -1, as they are there."""
    own = [str(row) for row in finding.rows if row >= 0]
    second = [str(-row - 1) for row in finding.rows if row < 0]
    parts = [f"rows {', '.join(own)}"] if own else []
    parts += [f"rows {', '.join(second)} of the validation file"] if second else []
    more = finding.count - len(finding.rows)
    return " and ".join(parts) + (f" and {more:,} more" if more > 0 else "")
