"""finine runs, rename, trash, restore, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.cli.run_commands import summary
from finine_core.errors import FinineError

TrashedId = Annotated[
    str, typer.Argument(metavar="RUN", help="Id of a run in the trash, its beginning, or 'latest'.")
]


@cli.command()
def runs(
    trash: Annotated[bool, typer.Option("--trash", help="Those in the trash.")] = False,
    search: Annotated[
        str, typer.Option(help="Only those with these words in name, file, label or state.")
    ] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """List the runs, newest first."""
    from finine_core import api

    lines = [one for one in api.lines(home, trashed=trash) if one.matches(search)]
    for one in lines:  # one damaged run must not hide the others
        if one.problem:
            say(f"{one.run_id}: {one.problem}")
    if json:
        readable = {one.run_id for one in lines if not one.problem}
        opened = [run for run in api.runs(home, trashed=trash) if run.run_id in readable]
        print_json({"runs": [summary(run) for run in opened]})
        return
    if not lines:
        say(_nothing(trash, search))
    for one in lines:
        if one.state is not None:
            rows = f"{one.rows or '?':>7} rows"
            data = Path(one.data).name
            shown = one.name if one.name == data else f"{one.name}  ({data})"
            typer.echo(f"{one.run_id}  {one.state:<11}  {rows}  {shown}")


def _nothing(trash: bool, search: str) -> str:
    if search:
        return f"No run has the words: {search}"
    if trash:
        return "The trash is empty."
    return "No runs yet. Start one with: finine run DATA --label COLUMN"


@cli.command()
def rename(
    run: RunId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    home: Home = None,
) -> None:
    """Call a run something else."""
    from finine_core import api

    found = api.open_run(run, home)
    found.rename(name)
    typer.echo(f"{found.run_id} {found.name}")


@cli.command()
def trash(run: RunId, home: Home = None) -> None:
    """Move a run to the trash; `finine restore` brings it back."""
    from finine_core import api

    found = api.open_run(run, home)
    found.trash()
    typer.echo(f"{found.run_id} is in the trash")
    say(f"Bring it back with: finine restore {found.run_id}")


@cli.command()
def restore(run: TrashedId, home: Home = None) -> None:
    """Bring a run back from the trash."""
    from finine_core import api

    found = api.open_run(run, home, trashed=True)
    found.restore()
    typer.echo(f"{found.run_id} is back")


@cli.command()
def delete(
    run: TrashedId,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, for good.")] = False,
    home: Home = None,
) -> None:
    """Delete a run in the trash for good: its scores and signals cannot be brought back."""
    from finine_core import api

    found = api.open_run(run, home, trashed=True)
    marked = sum(found.log.counts().values())
    if not yes:
        raise FinineError(
            f"Run {found.run_id} ({found.name}, {marked:,} marked rows) would be deleted for good.",
            "Say that you mean it with: --yes",
        )
    found.delete()
    typer.echo(f"{found.run_id} is deleted")
