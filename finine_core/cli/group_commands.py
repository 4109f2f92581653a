"""finine group, slices."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from finine_core.cli.common import Home, Json, RunId, Target, cli, numbers_of, print_json, say
from finine_core.influence.scores import INTERVAL

ALPHA = 0.05  # the false alarms at which a group's β is told
SIGNIFICANT = 0.1  # p- and q-values up to this one are called special in words


@cli.command()
def group(
    run: RunId,
    rows: Annotated[str | None, typer.Option(help="Row numbers, 3,17,…")] = None,
    where: Annotated[
        str | None, typer.Option(help="SQL condition, for example \"label = 'x'\".")
    ] = None,
    target: Target = None,
    refill: Annotated[
        bool,
        typer.Option(
            "--refill/--no-refill",
            help="Whether other rows fill the group's places; else its rows' μ are added up.",
        ),
    ] = True,
    home: Home = None,
    json: Json = False,
) -> None:
    """Influence of rows taken out together, on the validation set; no training is needed."""
    from finine_core import api

    found = api.open_run(run, home)
    numbers = numbers_of(rows, "--rows") if rows is not None else None
    if json:
        curve = found.group_curve(rows=numbers, where=where, target=target, refill=refill)
        print_json(
            {
                **_influence_json(curve.influence),
                "alpha": curve.alpha.tolist(),
                "beta": curve.beta.tolist(),
                "gaussian_beta": curve.gaussian_beta.tolist(),
            }
        )
        return
    one = found.group(rows=numbers, where=where, target=target, refill=refill)
    interval = f"{one.low:.3g} to {one.high:.3g}: {INTERVAL:.0%} interval"
    typer.echo(f"{one.rows} rows, μ = {one.mu:.3g} on target {one.target} ({interval})")
    typer.echo(_verdict(one))
    typer.echo(
        f"A tester with {ALPHA:.0%} false alarms would miss whether the group was trained on with"
        f" probability {one.beta(ALPHA):.1%}."
    )
    if one.large:
        typer.echo(
            "So large a group changes where training goes, which this first-order account does not"
            " see: mark it and verify."
        )
    if one.p_value is not None:
        typer.echo(
            "A random group of this size would differ as much from the other rows with probability"
            f" {one.p_value:.2g} (if the group was not chosen by μ)."
        )


@cli.command()
def slices(run: RunId, target: Target = None, home: Home = None, json: Json = False) -> None:
    """Influence of every value of every column with few values, the most harmful first."""
    from finine_core import api

    opened = api.open_run(run, home)
    found = opened.slices(target)
    if json:
        print_json(
            {
                "slices": [
                    {
                        "column": one.column,
                        "value": one.value,
                        "where": opened.condition_of(one),
                        **_influence_json(one.influence),
                        "q_value": one.q_value,
                    }
                    for one in found
                ]
            }
        )
        return
    if not found:
        say("No column has few values with enough rows each.")
    for one in found:
        part = one.influence
        interval = f"{part.low:.3g} to {part.high:.3g}"
        typer.echo(
            f"μ {part.mu:>8.3g}  ({interval:>18})  q {one.q_value:<8.2g}  {part.rows:>7} rows"
            f"  {one.column} = {'(missing)' if one.value is None else one.value}"
            f"{'' if one.q_value <= SIGNIFICANT else '  (like a random group)'}"
            f"{'  (large: verify)' if part.large else ''}"
        )


def _verdict(one: Any) -> str:
    """In words whether the group helps or hurts."""
    against = "a random group of the same size" if one.refilled else "no group"
    if one.refilled and one.p_value is not None and one.p_value > SIGNIFICANT:
        return "No more harm or help than a random group of this size would have by chance."
    if one.low <= 0 <= one.high:
        return "Whether it helps or hurts cannot be told: its interval holds 0."
    does, way = ("hurts", "lowers") if one.mu < 0 else ("helps", "raises")
    return f"The group {does}: taking it out rather than {against} {way} the validation loss."


def _influence_json(one: Any) -> dict[str, Any]:
    return {
        "target": one.target,
        "rows": one.rows,
        "mu": one.mu,
        "mu_low": one.low,
        "mu_high": one.high,
        "p_value": one.p_value,
        "large": one.large,
        "beta_at_5_percent": one.beta(ALPHA),
        "refilled": one.refilled,
    }
