"""finine doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from finine_core.cli.common import Home, Json, cli, print_json


@cli.command()
def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended; nothing of yours is deleted.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Say whether a home is sound: database, marks, states, files, queue and disk.

    The exit code is 0 when nothing is wrong (any more), and 1 when something is left.
    """
    from finine_core import api

    report = api.doctor(home, repair=repair)
    if json:
        findings = [
            {
                "check": one.check,
                "where": str(one.where),
                "problem": one.problem,
                "mend": one.mend,
                "mended": one.mended,
            }
            for one in report.findings
        ]
        print_json(
            {
                "home": str(report.home),
                "left": len(report.left),
                "findings": findings,
                "told": list(report.told),
            }
        )
    else:
        for one in report.findings:
            typer.echo(f"{'mended' if one.mended else 'found':<7} {one.check:<16} {one.problem}")
            typer.echo(f"{'':<24} {one.mend}")
            typer.echo(f"{'':<24} {one.where}")
        if not report.findings:
            typer.echo(f"Nothing is wrong with {report.home}.")
        for sentence in report.told:
            typer.echo(sentence)
        typer.echo(f"Looked for: {'; '.join(report.looked_for)}.")
    raise typer.Exit(1 if report.left else 0)
