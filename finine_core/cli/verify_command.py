"""finine verify."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.errors import FinineError
from finine_core.verification import DEFAULT_REPEATS

if TYPE_CHECKING:
    from finine_core.verification import Verification, VerifyProgress


@cli.command()
def verify(
    run: RunId,
    repeats: Annotated[int, typer.Option(help="Retrainings of each kind.")] = DEFAULT_REPEATS,
    processes: Annotated[
        int | None, typer.Option(help="How many train at once [default: one per core].")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the retrainings; not the run's seed.")] = 0,
    show: Annotated[
        bool, typer.Option("--show", help="Only show what was found last; train nothing.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Retrain without the deleted rows and with the corrected labels: what do they really do?"""
    from finine_core import api

    found = api.open_run(run, home)
    if show:
        stored = found.verification()
        if stored is None:
            raise FinineError(
                f"These marks of run {found.run_id} were not verified yet.",
                f"Verify them with: finine verify {found.run_id}",
            )
        _print(stored, json)
        return
    seen: list[VerifyProgress] = []

    def follow(progress: VerifyProgress) -> None:
        seen.append(progress)
        _show_progress(progress)

    try:
        result = found.verify(repeats=repeats, seed=seed, processes=processes, on_progress=follow)
    except KeyboardInterrupt:
        done = f"{seen[-1].done} of {seen[-1].total} trainings are" if seen else "Nothing is"
        say(f"\nStopped. {done} kept; the same command goes on from there.")
        raise typer.Exit(130) from None
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    _print(result, json)


def _print(result: Verification, json: bool) -> None:
    from finine_core.verification import headline, sentences

    if json:
        print_json(
            {**result.model_dump(mode="json"), "conclusion": [headline(result), *sentences(result)]}
        )
        return
    for sentence in (headline(result), *sentences(result)):
        typer.echo(sentence)


def _show_progress(progress: VerifyProgress) -> None:
    line = f"verifying · training {progress.done}/{progress.total}"
    if progress.eta_seconds is not None:
        line += f" · {progress.eta_seconds:.0f} s left"
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    else:
        say(line)
