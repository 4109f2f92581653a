"""finine run, show, cancel, resume."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from finine_core.cli.common import Home, Json, RunId, cli, print_json, say
from finine_core.cli.flags import spread
from finine_core.cli.run_flags import RunFlags
from finine_core.errors import FinineError, printable
from finine_core.measures import MEASURES, measured
from finine_core.runs.options import HOW_CHOSEN


@cli.command("run")
@spread
def run_command(
    flags: RunFlags,
    name: Annotated[str, typer.Option(help="A name for people [default: the file's].")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, and how long it takes.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Train once with f-INE recording; the last line printed is the run id."""
    from finine_core import api

    options = flags.options()
    if dry_run:
        _tell(api.plan(home=home, **options), json)
        return
    if flags.folds > 1:  # the price, before anything starts
        plan = api.plan(home=home, **options)
        say(f"{plan.folds_words} Takes {plan.estimate.words} on this machine.")
    started = api.run(home=home, name=name, block=False, **options)
    say(f"run {started.run_id} in {started.home}")
    _follow(started, json)


@cli.command()
def show(run: RunId, home: Home = None, json: Json = False) -> None:
    """Show one run: state, progress, settings, results."""
    from finine_core import api
    from finine_core.runs.tried import tried_words

    found = api.open_run(run, home)
    record, about = found.record(), summary(found)
    if json:
        kept = ("config", "resolved", "tried", "dataset", "results", "fingerprint", "versions")
        print_json({**about, **{key: record.get(key) for key in kept}})
        return
    for key, value in about.items():
        if value not in (None, ""):
            told = ", ".join(value) if isinstance(value, list) else str(value)
            typer.echo(f"{key:<20} {printable(told)}")
    for key, value in (record.get("resolved") or {}).items():
        if key not in ("targets", *HOW_CHOSEN):
            typer.echo(f"{key:<20} {value}")
    if found.folds > 1 and record.get("results"):
        words = f"{found.scored:,} rows have a μ; model and figures are of the first training"
        typer.echo(f"{'folds':<20} {found.folds}: {words}")
    if tried := tried_words(record):
        typer.echo(f"{'tried':<20} {printable(tried)}")
    for note in (record.get("dataset") or {}).get("notes", []):
        typer.echo(f"{'note':<20} {printable(note)}")


@cli.command()
def cancel(run: RunId, home: Home = None, json: Json = False) -> None:
    """Stop a run that is going on; it can be resumed."""
    from finine_core import api

    found = api.open_run(run, home)
    status = found.cancel()
    if json:
        print_json(summary(found))
    else:
        typer.echo(f"{found.run_id} {status.state}")


@cli.command()
def resume(run: RunId, home: Home = None, json: Json = False) -> None:
    """Go on with a run that was cancelled, interrupted or failed."""
    from finine_core import api

    found = api.open_run(run, home)
    found.resume()
    _follow(found, json)


def _tell(plan: Any, json: bool) -> None:
    """What a run would do."""
    from finine_core.runs.tried import epochs_words, model_words

    label = plan.config.label
    told = {
        "data": plan.config.data,
        "label": label if isinstance(label, str) else list(label),
        "classes": list(plan.classes),
        "rows": plan.rows,
        "train_rows": plan.train_rows,
        "validation_rows": plan.validation_rows,
        "held_out": dict(plan.held_out),
        **plan.resolved.model_dump(mode="json"),
        "record_epochs": plan.config.record_epochs,
        "auxiliary": plan.config.auxiliary,
        "folds": plan.config.folds,
    }
    time = plan.estimate
    said = {"model": model_words(plan.resolved), "epochs": epochs_words(plan.resolved)}
    if json:
        seconds = {"seconds": time.seconds, "low": time.low, "high": time.high, "runs": time.runs}
        print_json({**told, "notes": list(plan.notes), "estimate": seconds})
        return
    told["held_out"] = [f"{name} {value}" for name, value in plan.held_out.items()]
    if plan.config.folds > 1:
        say(plan.folds_words)
    for key, value in {**told, **said}.items():
        if key in HOW_CHOSEN or value == []:
            continue
        told_value = ", ".join(value) if isinstance(value, list) else str(value)
        typer.echo(f"{key:<20} {printable(told_value)}")
    for note in plan.notes:
        typer.echo(f"{'note':<20} {printable(note)}")
    typer.echo(f"{'time':<20} {time.words} on this machine ({time.basis})")
    say("Nothing was started.")


def _follow(run: Any, json: bool) -> None:
    """Show progress until the run is over, then its id (or one JSON object) on stdout."""
    from finine_core.runs import State

    try:
        status = run.wait(_show_progress)
    except KeyboardInterrupt:
        say(f"\nIt goes on in the background. Stop it with: finine cancel {run.run_id}")
        raise typer.Exit(130) from None
    if sys.stderr.isatty():
        say("")
    if json:
        print_json(summary(run))
    if status.state is not State.DONE:
        raise FinineError(f"Run {run.run_id} {status.state.verb}: {status.message}")
    if not json:
        typer.echo(run.run_id)


def _show_progress(status: Any) -> None:
    from finine_core.runs.jobs.progress import EMBEDDING, TRAINING, part_words

    parts = [str(status.phase or status.state)]
    if status.ahead:
        parts.append(f"waiting for {status.ahead} run{'s' if status.ahead > 1 else ''} before it")
    if status.phase in TRAINING and status.steps:
        parts[0] += part_words(status.part, status.parts)
        parts.append(f"epoch {status.epoch}/{status.epochs}, step {status.step}/{status.steps}")
        if status.part == 1 and status.loss is not None:
            parts.append(f"loss {status.loss:.4f}")
        measure = status.measure
        if status.part == 1 and status.quality is not None:
            parts.append(f"{measure.words} {measure.text(status.quality)}")
        if status.part == 1 and status.validation_quality is not None:
            parts.append(f"validation {measure.words} {measure.text(status.validation_quality)}")
    elif status.phase == EMBEDDING and status.steps:
        parts.append(f"{status.step}/{status.steps}")
    if status.eta_seconds is not None:
        parts.append(f"{status.eta_seconds:.0f} s left")
    line = " · ".join(parts)
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    else:
        say(line)


def _beside(results: Mapping[str, Any]) -> list[str]:
    """Further measures on the held-out rows, such as `validation_macro_f1`."""
    return [name for one in MEASURES if (name := f"validation_{one}") in results]


def summary(run: Any) -> dict[str, Any]:
    """One run as `show` and `runs` print it."""
    record, status = run.record(), run.status()
    results = record["results"] or {}
    dataset = record.get("dataset") or {}
    resolved = record["resolved"] or {}
    measure, quality = measured(results, "validation_")
    return {
        "run_id": run.run_id,
        "name": record["name"],
        "home": str(run.home),
        "state": str(status.state),
        "message": status.message,
        "created_at": record["created_at"],
        "data": record["config"]["data"],
        "rows": dataset.get("rows"),
        "train_rows": dataset.get("train_rows"),
        "validation_rows": dataset.get("validation_rows"),
        "targets": resolved.get("targets", list(record["config"]["targets"])),
        "phase": status.phase,
        "part": status.part if status.parts > 1 else None,
        "parts": status.parts if status.parts > 1 else None,
        "step": status.step,
        "steps": status.steps,
        "eta_seconds": status.eta_seconds,
        "seconds_train": results.get("seconds_train"),
        "seconds_record": results.get("seconds_record"),
        f"train_{measure.name}": measured(results, "train_")[1],
        f"validation_{measure.name}": quality,
        **{name: results[name] for name in _beside(results)},
    }
