"""finine check."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from finine_core.cli.common import Json, cli, print_json
from finine_core.cli.flags import spread
from finine_core.cli.run_flags import DataFlags
from finine_core.errors import printable

if TYPE_CHECKING:
    from finine_core.api import Finding, Report


@cli.command("check")
@spread
def check_command(flags: DataFlags, json: Json = False) -> None:
    """Say what is odd about a file before anything is trained: duplicates, leaks, slips.

    Warnings are no failure: the exit code is 0 unless the file or its columns cannot be used.
    """
    from finine_core import api

    report = api.check(**flags.options())
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
