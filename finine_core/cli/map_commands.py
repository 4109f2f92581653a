"""finine neighbours, map."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.errors import FinineError
from finine_core.runs.map import NEIGHBOURS

if TYPE_CHECKING:
    from finine_core.runs.map.job import MapStatus

POLL_SECONDS = 0.5


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


@cli.command(name="map")
def make_map(run: RunId, home: Home = None, json: Json = False) -> None:
    """Make the UMAP of a run, in a process of its own, and wait for it; Ctrl-C stops it."""
    from finine_core import api
    from finine_core.runs.map.job import MapState

    found = api.open_run(run, home)
    ours, said = found.start_map(), ""
    try:
        while (status := found.map_status()).state is MapState.RUNNING:
            said = _show_progress(status, said)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        if ours:
            found.stop_map()
        say("\nStopped." if ours else "\nIt goes on: it was started elsewhere.")
        raise typer.Exit(130) from None
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    if status.problem is not None:
        raise status.problem
    if status.state is not MapState.DONE:
        raise FinineError(f"The map was {status.state}.", f"Again: finine map {found.run_id}")
    flat = found.projection("umap")
    if json:
        print_json({"run": found.run_id, "made": ours, "rows": len(flat)})
        return
    typer.echo(flat.to_csv(index=False, lineterminator="\n", float_format="%.6g"), nl=False)


def _show_progress(status: MapStatus, said: str) -> str:
    line = f"map · {status.phase}"
    if status.total:
        line += f" · {status.done}/{status.total}"
    if status.eta_seconds is not None:
        line += f" · {status.eta_seconds:.0f} s left"
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    elif status.phase != said:
        say(line)
    return status.phase
