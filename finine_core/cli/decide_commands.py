"""finine mark, undo, redo, decisions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.cli.flags import spread
from finine_core.cli.selection_flags import SelectionFlags
from finine_core.errors import FinineError


class Decision(StrEnum):
    """What may be decided on a row; clear takes a decision away."""

    DELETE = "delete"
    KEEP = "keep"
    REVIEW = "review"
    RELABEL = "relabel"
    CLEAR = "clear"


Reviewer = Annotated[str, typer.Option(help="Who decides [default: the login name].")]


@cli.command()
@spread
def mark(
    run: RunId,
    decision: Annotated[
        Decision,
        typer.Option("--as", "--decision", help="delete, keep, review, relabel or clear."),
    ],
    chosen: SelectionFlags,
    label: Annotated[str | None, typer.Option(help="With relabel: the class it should be.")] = None,
    suggested: Annotated[
        bool,
        typer.Option("--suggested", help="With relabel: to the label that is suggested for each."),
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; kept in the log and the export.")] = "",
    reviewer: Reviewer = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be marked.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Decide on rows; one command is one event that `undo` takes back."""
    from finine_core import api

    found, which = api.open_run(run, home), chosen.options()
    if suggested and (decision is not Decision.RELABEL or label is not None or dry_run):
        raise FinineError(
            "--suggested takes each row's own label, with --as relabel and nothing else.",
            "Leave --label and --dry-run out, or leave --suggested out.",
        )
    if dry_run:
        found.check_decision(decision.value, label)
        rows = found.select(**which)
    if chosen.fdr is not None:  # what is promised, before anything is written
        say(found.discoveries(chosen.fdr, chosen.target).words)
    if decision in (Decision.DELETE, Decision.RELABEL) and chosen.rows is None:
        for one in found.cautions():  # read before many rows are decided on, not after
            say(f"Note: {one.words}")
    if dry_run:
        if json:
            about = {"decision": decision.value, "label": label}
            print_json({"rows": rows.tolist(), **about, "dry_run": True})
        else:
            what = _decided(decision.value, label)
            typer.echo(f"would mark {len(rows)} rows as {what}; nothing was written")
        return
    if suggested:
        events = found.correct(**which, reason=reason, reviewer=reviewer)
        count = sum(event.rows for event in events)
        if json:
            print_json({"events": [_event_json(event) for event in events]})
        else:
            say_back = "one undo a label takes them back"
            typer.echo(f"corrected {count} labels to those suggested; {say_back}")
        return
    event = found.mark(
        **which,
        decision=decision.value,
        label=label,
        reason=reason,
        reviewer=reviewer,
    )
    _print_event(event, json, f"marked {event.rows} rows as {_decided(decision.value, label)}")


@cli.command()
def undo(run: RunId, reviewer: Reviewer = "", home: Home = None, json: Json = False) -> None:
    """Take the last decision back."""
    from finine_core import api

    event = api.open_run(run, home).undo(reviewer)
    _print_event(event, json, "undone" if event else "nothing to undo")


@cli.command()
def redo(run: RunId, reviewer: Reviewer = "", home: Home = None, json: Json = False) -> None:
    """Bring the last undone decision back."""
    from finine_core import api

    event = api.open_run(run, home).redo(reviewer)
    _print_event(event, json, "redone" if event else "nothing to redo")


@cli.command()
def decisions(run: RunId, home: Home = None, json: Json = False) -> None:
    """The log of decisions, oldest first, and what is in force now."""
    from finine_core import api

    found = api.open_run(run, home)
    events, counts = found.decisions(), found.log.counts()
    if json:
        print_json({"events": [_event_json(one) for one in events], "counts": counts})
        return
    for one in events:
        state = "" if one.active or one.kind != "mark" else "  (undone)"
        what = f"of event {one.of_event}"
        if one.kind == "mark":
            what = f"{_decided(one.decision or '', one.label)} {one.rows} rows"
        why = f"  {one.reason}" if one.reason else ""
        typer.echo(f"{one.event_id:>5}  {one.at}  {one.reviewer}  {one.kind} {what}{why}{state}")
    in_force = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    typer.echo(f"in force: {in_force or 'nothing'}")


def _decided(decision: str, label: str | None) -> str:
    """A decision with the label it sets, if it does."""
    return decision if label is None else f"{decision} to {label!r}"


def _print_event(event: Any, json: bool, words: str) -> None:
    if json:
        print_json({"event": _event_json(event) if event else None})
        return
    detail = f" (event {event.event_id}: {event.decision} {event.rows} rows)" if event else ""
    typer.echo(f"{words}{detail}")


def _event_json(event: Any) -> dict[str, Any]:
    names = (
        "event_id",
        "at",
        "reviewer",
        "kind",
        "decision",
        "label",
        "reason",
        "selection",
        "rows",
        "of_event",
        "active",
    )
    return {name: getattr(event, name) for name in names}
