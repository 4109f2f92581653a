"""finine group, groups, slices."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.cli.flags import spread
from finine_core.cli.selection_flags import SelectionFlags, Target
from finine_core.errors import FinineError

ALPHA = 0.05  # the false alarms at which a group's β is told
VALIDATION = "validation"  # the target that groups are judged by
SIGNIFICANT = 0.1  # p- and q-values up to this one are called special in words


@cli.command()
@spread
def group(
    run: RunId,
    chosen: SelectionFlags,
    save: Annotated[
        str | None, typer.Option(metavar="NAME", help="Save these rows under a name.")
    ] = None,
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
    """Influence of rows taken out together, on the validation set; no training is needed.

    With --save the rows are kept under a name, also in a run that cannot tell their influence.
    """
    from finine_core import api

    found, which = api.open_run(run, home), chosen.options()
    saved: dict[str, Any] = {}
    if save is not None:
        known = chosen.target or (VALIDATION if VALIDATION in found.targets else None)
        kept = found.save_group(save, **{**which, "target": known})
        saved = {"group_id": kept.group_id, "name": kept.name}
        say(f"saved {kept.rows} rows as group '{kept.name}'")
        if VALIDATION not in found.targets and chosen.target is None:
            say("This run recorded no influence on validation rows, so the group's is not known.")
            if json:
                print_json({**saved, "rows": kept.rows})
            return
    if json:
        curve = found.group_curve(**which, refill=refill)
        print_json(
            {
                **saved,
                **_influence_json(curve.influence),
                "alpha": curve.alpha.tolist(),
                "beta": curve.beta.tolist(),
                "gaussian_beta": curve.gaussian_beta.tolist(),
                "beta_low": curve.beta_low.tolist(),
                "beta_high": curve.beta_high.tolist(),
            }
        )
        return
    one = found.group(**which, refill=refill)
    typer.echo(f"{one.rows} rows, μ = {one.mu:.3g} on target {one.target} ({_interval(one)})")
    typer.echo(_verdict(one))
    if one.left_out:
        typer.echo(one.left_out_words)
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
def groups(
    run: RunId,
    rename: Annotated[
        tuple[str, str] | None, typer.Option(metavar="NAME NEW", help="Rename a group.")
    ] = None,
    trash: Annotated[
        str | None, typer.Option(metavar="NAME", help="Take a group out of the list.")
    ] = None,
    restore: Annotated[
        str | None, typer.Option(metavar="NAME", help="Bring a group back from the trash.")
    ] = None,
    trashed: Annotated[bool, typer.Option("--trashed", help="List the trash instead.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """The groups that were saved, newest first, each with its influence on the validation set."""
    from finine_core import api

    found = api.open_run(run, home)
    saved = found.groups
    if rename is not None:
        saved.rename(saved.named(rename[0]).group_id, rename[1])
    if trash is not None:
        saved.trash(saved.named(trash).group_id)
    if restore is not None:
        saved.restore(saved.named(restore, trashed=True).group_id)
    lines = [(one, *_influence_of(found, one.group_id)) for one in saved.all(trashed=trashed)]
    if json:
        print_json(
            {
                "groups": [
                    {
                        "group_id": one.group_id,
                        "name": one.name,
                        "rows": one.rows,
                        "selection": one.selection,
                        "reviewer": one.reviewer,
                        "created_at": one.created_at,
                        "trashed": one.trashed,
                        "influence": None if part is None else _influence_json(part),
                        "why_none": why,
                    }
                    for one, part, why in lines
                ]
            }
        )
        return
    if not lines:
        say("The trash is empty." if trashed else "No group was saved yet: finine group --save.")
    for one, part, why in lines:
        typer.echo(
            f"{one.rows:>7} rows  {one.name}  (by {one.reviewer or 'unknown'}, {one.created_at})"
        )
        if part is None:
            typer.echo(f"{'':14}{why}")
            continue
        more = f" {part.left_out_words}" if part.left_out else ""
        typer.echo(f"{'':14}μ = {part.mu:.3g} ({_interval(part)}). {_verdict(part)}{more}")


def _influence_of(run: Any, group_id: int) -> tuple[Any, str]:
    """The influence of a saved group, or why there is none."""
    try:
        return run.group(rows=run.groups.rows_of(group_id).tolist()), ""
    except FinineError as error:
        return None, str(error)


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
    if opened.folds > 1:
        say("Told by the first training, of the rows that it learned from: those with fold <> 1.")
    for one in found:
        part = one.influence
        interval = f"{part.low:.3g} to {part.high:.3g}"
        typer.echo(
            f"μ {part.mu:>8.3g}  ({interval:>18})  q {one.q_value:<8.2g}  {part.rows:>7} rows"
            f"  {one.column} = {'(missing)' if one.value is None else one.value}"
            f"{'' if one.q_value <= SIGNIFICANT else '  (like a random group)'}"
            f"{'  (large: verify)' if part.large else ''}"
        )


def _interval(one: Any) -> str:
    from finine_core.influence.scores import INTERVAL

    return f"{one.low:.3g} to {one.high:.3g}: {INTERVAL:.0%} interval"


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
        "left_out": one.left_out,
        "mu": one.mu,
        "mu_low": one.low,
        "mu_high": one.high,
        "p_value": one.p_value,
        "large": one.large,
        "beta_at_5_percent": one.beta(ALPHA),
        "refilled": one.refilled,
    }
