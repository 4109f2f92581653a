"""finine neighbours."""

from __future__ import annotations

from typing import Annotated

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json
from finine_core.runs.map.embedding import NEIGHBOURS


@cli.command()
def neighbours(
    run: RunId,
    row: Annotated[int, typer.Argument(metavar="ROW", help="Row number of a training row.")],
    k: Annotated[int, typer.Option("-k", "--count", help="How many.")] = NEIGHBOURS,
    home: Home = None,
    json: Json = False,
) -> None:
    """The training rows that look most like a row to the trained model, the nearest first."""
    from finine_core import api

    found = api.open_run(run, home).neighbours(row, k)
    if json:
        print_json({"row_number": row, "neighbours": found.to_dict("records")})
        return
    typer.echo(found.to_csv(index=False, lineterminator="\n", float_format="%.6g"), nl=False)
