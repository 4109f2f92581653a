"""finine scores, curve."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.cli.selection_flags import By, Group, Target, Top, Where
from finine_core.errors import FinineError
from finine_core.runs.advice import advice_words
from finine_core.runs.columns import BY_SUSPICION

ESTIMATOR_HELP = "carried or gaussian: how μ is estimated [default: as the run was scored]."


class ScoreFormat(StrEnum):
    """How scores are printed."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


@cli.command()
def scores(
    run: RunId,
    target: Target = None,
    estimator: Annotated[str | None, typer.Option(help=ESTIMATOR_HELP)] = None,
    where: Where = None,
    group: Group = None,
    top: Top = None,
    by: By = None,
    format: Annotated[ScoreFormat, typer.Option(help="csv, json or parquet.")] = ScoreFormat.CSV,
    out: Annotated[Path | None, typer.Option(help="A file instead of stdout.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """The ranked rows: rank 1 is the most suspicious."""
    from finine_core import api

    found = api.open_run(run, home)
    which = {"where": where, "group": group, "top": top, "by": by}
    table = found.scores(target, estimator=estimator, **which)  # type: ignore[arg-type]
    if by == BY_SUSPICION and (advice := found.advice()) is not None:
        say(advice_words(advice))
        for one in found.cautions():
            say(f"Note: {one.words}")
    kind = ScoreFormat.JSON if json else format
    if kind is ScoreFormat.PARQUET:
        if out is None:
            raise FinineError("Parquet cannot be printed.", "Add --out FILE.")
        content = table.to_parquet(index=False)
    elif kind is ScoreFormat.JSON:
        content = (
            table.to_json(orient="records", force_ascii=False, double_precision=15).encode() + b"\n"
        )
    else:
        content = table.to_csv(index=False, lineterminator="\n").encode()
    if out is None:
        typer.echo(content, nl=False)
        return
    from finine_core.files import make_folder, write_atomically
    from finine_core.paths import check_outside, named_path

    place = named_path(out)
    check_outside(place, found.home)
    make_folder(place.parent)
    with write_atomically(place) as temporary:
        temporary.write_bytes(content)
    say(f"{len(table)} rows written to {out}")


@cli.command()
def curve(
    run: RunId,
    row: Annotated[list[int], typer.Option("--row", help="Row number; repeat for more.")],
    target: Target = None,
    estimator: Annotated[str | None, typer.Option(help=ESTIMATOR_HELP)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Trade-off curves of rows: β (Type II error) at each α (Type I error).

    beta_low and beta_high are the band of β: where the curve lies if μ is at either end of its
    interval.
    """
    from finine_core import api

    found = api.open_run(run, home)
    curves = [found.curve(one, target, estimator=estimator) for one in row]
    if json:
        print_json(
            {
                "target": curves[0].target,
                "curves": [
                    {
                        "row_number": one.row_number,
                        "mu": one.mu,
                        "mu_low": one.mu_low,
                        "mu_high": one.mu_high,
                        "alpha": one.alpha.tolist(),
                        "beta": one.beta.tolist(),
                        "gaussian_beta": one.gaussian_beta.tolist(),
                        "beta_low": one.beta_low.tolist(),
                        "beta_high": one.beta_high.tolist(),
                    }
                    for one in curves
                ],
            }
        )
        return
    typer.echo("row_number,mu,alpha,beta,gaussian_beta,beta_low,beta_high")
    for one in curves:
        columns = (one.alpha, one.beta, one.gaussian_beta, one.beta_low, one.beta_high)
        for line in zip(*columns, strict=True):
            numbers = ",".join(f"{value:.6g}" for value in line)
            typer.echo(f"{one.row_number},{one.mu:.6g},{numbers}")
